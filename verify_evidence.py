#!/usr/bin/env python3
"""Checks a bundle of evidence on a machine without the product: one file, Python 3.9 or newer, nothing installed.

    python3 verify_evidence.py BUNDLE.zip [--public-key HEX] [--known CHECKPOINT]...

It computes every hash again and does not trust the bundle: each entry gives its leaf, the leaves of a batch give its
root, each batch carries the hash of the one before, signed checkpoints lie on the chain. Give --known with what a
witness kept (a file of JSON lines, or the line itself): only against it does a cut tail, or a history that was
rewritten as a whole, show. Give --public-key as you were told it by another way than the bundle.

Exit code 0: everything fits; 1: something does not, the first broken entry is named first; 2: bad input.
"""

import argparse
import hashlib
import io
import json
import os
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

LEAF, NODE, BATCH = b"\x00", b"\x01", b"\x02"
HEADER = ("v", "stream", "number", "first", "last", "sealed_at", "previous", "root")
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
ZEROS = "0" * 64
AT_MOST = 100
CHUNK_ROWS = 20_000
WORTH_TWO = 100_000


class BadInput(Exception):
    """What was given cannot be read at all."""


def canonical(value):
    return ENCODER.encode(value)


# --- the chain of batches -----------------------------------------------------------------------------------------


def batch_hash(batch):
    said = {
        name: batch.get(name) for name in ("v", "stream", "number", "first", "last", "sealed_at", "previous", "root")
    }
    return hashlib.sha256(BATCH + canonical(said).encode()).hexdigest()


def check_chain(batches, stream, first, last, points, report):
    """Walks all batches of the stream; returns those that hold the entries of the bundle, and where the chain ends."""
    number, sequence, previous, holding = 0, 0, ZEROS, []
    for batch in batches:
        wrong = [
            name
            for name, must_be in (
                ("stream", stream),
                ("number", number + 1),
                ("first", sequence + 1),
                ("previous", previous),
                ("hash", batch_hash(batch)),
            )
            if batch.get(name) != must_be
        ]
        if wrong:
            report(f"batch {number + 1} (from entry {sequence + 1}) does not fit the chain: {', '.join(wrong)} differs")
        number, sequence, previous = batch["number"], batch["last"], batch["hash"]
        for whose, point in points.pop(number, ()):
            differs = [name for name, value in (("hash", previous), ("sequence", sequence)) if point.get(name) != value]
            if differs:
                report(
                    f"batch {number} (entries {batch['first']} to {sequence}) is not what the {whose} checkpoint "
                    f"signed: {', '.join(differs)} differs; the history was rewritten"
                )
        if batch["last"] >= first and batch["first"] <= last:
            holding.append((number, batch["first"], sequence, batch["root"]))
    for number_known, left in sorted(points.items()):
        for whose, point in left:
            report(
                f"entry {sequence + 1} and all after it are gone: the {whose} checkpoint {number_known} reaches entry "
                f"{point.get('sequence')}, the chain ends at {sequence}; the tail was cut"
            )
    return holding, number, sequence


# --- entries ------------------------------------------------------------------------------------------------------


def root_of(leaves):
    sha256 = hashlib.sha256
    while len(leaves) > 1:
        odd = [leaves.pop()] if len(leaves) % 2 else []
        pairs = iter(leaves)
        leaves = [sha256(NODE + left + right).digest() for left, right in zip(pairs, pairs)] + odd
    return leaves[0]


def check_rows(lines, batches):
    """Whole batches with the lines of their entries: what is wrong with them, in order, and how many were read
    in full."""
    loads, sha256, problems, full = json.loads, hashlib.sha256, [], 0
    position = 0
    for number, first, last, root in batches:
        leaves, broken = [], False
        for sequence in range(first, last + 1):
            try:
                row = loads(lines[position])
                stored = bytes.fromhex(row["leaf"])
                at = row["sequence"]
            except (IndexError, ValueError, KeyError, TypeError):
                problems.append(f"entry {sequence} cannot be read, or is missing")
                return problems, full, False
            position += 1
            if at != sequence:
                problems.append(f"entry {sequence} is missing: the next one is numbered {at}")
                return problems, full, False
            leaf = stored
            content = row.get("content")
            if row.get("missing"):
                problems.append(f"entry {sequence} was removed: only its number and its hash are left")
            if content is not None:
                full += 1
                leaf = sha256(LEAF + sequence.to_bytes(8, "big") + content.encode()).digest()
                if leaf != stored:
                    broken = True
                    problems.append(f"entry {sequence}{_name(content)} was changed: its content is not what was sealed")
                else:
                    problems += check_values(sequence, content, row)
            leaves.append(leaf)
        if not broken and root_of(leaves).hex() != root:
            problems.append(
                f"entries {first} to {last} do not give the root of their batch {number}: "
                "one was changed, swapped or put in"
            )
    return problems, full, True


def check_values(sequence, content, row):
    """Values that were handed out are those that the entry commits to."""
    values = row.get("values")
    if values is None:
        return []
    try:
        committed = json.loads(content)["values"]
        wrong = sorted(set(committed) - set(values) - set(row.get("masked", ())))
        for name, value in values.items():
            text = canonical([value["old"], value["new"]])
            digest = hashlib.sha256(bytes.fromhex(value["salt"]) + text.encode()).hexdigest()
            if committed.get(name) != digest:
                wrong.append(name)
    except (ValueError, KeyError, TypeError, AttributeError):
        wrong = ["all"]
    if not wrong:
        return []
    return [f"entry {sequence}{_name(content)}: the value of {', '.join(wrong)} is not what was committed to"]


def _name(content):
    try:
        said = json.loads(content)
        return f" ({said['ref']}, {said['action']}, {said['at']})"
    except (ValueError, KeyError, TypeError):
        return ""


def slices(lines, holding):
    """Lines and the batches they belong to, as many at once as are worth a task."""
    batches, rows = [], 0
    for batch in holding:
        batches.append(batch)
        rows += batch[2] - batch[1] + 1
        if rows >= CHUNK_ROWS:
            yield list(islice(lines, rows)), batches
            batches, rows = [], 0
    if batches:
        yield list(islice(lines, rows)), batches


def check_entries(lines, holding, report):
    """Returns how many entries were checked and how many of them were read in full."""
    rows = holding[-1][2] - holding[0][1] + 1
    workers = min(os.cpu_count() or 1, 4) if rows >= WORTH_TWO else 1
    full = 0
    for problems, read, whole in spread(slices(lines, holding), workers):
        full += read
        for problem in problems:
            report(problem)
        if not whole:
            return rows, full
    if next(lines, None) is not None:
        report(f"after entry {holding[-1][2]} there are more than the batches hold: something was put in")
    return rows, full


def spread(tasks, workers):
    """Results in order; no more tasks under way than twice the workers, so that memory stays bounded."""
    if workers == 1:
        for task in tasks:
            yield check_rows(*task)
        return
    with ProcessPoolExecutor(workers) as pool:
        waiting = []
        for task in tasks:
            waiting.append(pool.submit(check_rows, *task))
            if len(waiting) >= 2 * workers:
                yield waiting.pop(0).result()
        for each in waiting:
            yield each.result()


# --- checkpoints: Ed25519 as in RFC 8032, section 5.1.7 -----------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(one, two):
    """Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode(data):
    """The point that 32 bytes stand for; None when they stand for none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verifies(key, message, signature):
    point, commitment = decode(key), decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or commitment is None or len(signature) != 64 or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    left = times(scalar, BASE)
    right = add(commitment, times(int.from_bytes(digest, "little") % ORDER, point))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def signed(point, keys):
    said = {name: point.get(name) for name in ("v", "type", "stream", "number", "sequence", "at", "hash")}
    return point.get("key") in keys and verifies(point.get("key"), said, point.get("signature"))


def verifies(key, said, signature):
    try:
        return ed25519_verifies(bytes.fromhex(key), canonical(said).encode(), bytes.fromhex(signature))
    except (TypeError, ValueError):
        return False


def with_handovers(keys, handovers):
    """The keys, and those that are tied to them by hand-overs that both the former and the new key signed."""
    keys, waiting = set(keys), [each for each in handovers if handed_over(each)]
    while True:
        tied = [each for each in waiting if (each["former"] in keys) != (each["key"] in keys)]
        if not tied:
            return keys
        keys |= {name for each in tied for name in (each["former"], each["key"])}


def handed_over(said):
    words = {name: said.get(name) for name in ("v", "type", "at", "former", "key")}
    if words["type"] != "handover":
        return False
    return verifies(said.get("former"), words, said.get("by_former")) and verifies(
        said.get("key"), words, said.get("by_key")
    )


def by_number(checkpoints, keys, report):
    """Checkpoints by the batch they speak of, less those whose signature is not the key's."""
    points = {}
    for whose, point in checkpoints:
        if signed(point, keys):
            points.setdefault(point["number"], []).append((whose, point))
        else:
            report(f"the {whose} checkpoint {point.get('number')} is not signed by the key it must be signed by")
    return points


# --- input and output ---------------------------------------------------------------------------------------------


def read_known(given):
    try:
        text = given
        if not given.lstrip().startswith("{"):
            with open(given, encoding="utf-8") as file:
                text = file.read()
        points = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise BadInput(f"--known {given[:60]}: {error}") from error
    if not points or not all(isinstance(each, dict) and isinstance(each.get("number"), int) for each in points):
        raise BadInput(f"--known {given[:60]}: no checkpoint in it")
    return points


def parsed(lines, name):
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise BadInput(f"{name}, line {number}: {error}") from error


class Report:
    """Says what is wrong, at most a hundred things, and counts."""

    def __init__(self):
        self.count = 0

    def __call__(self, text):
        self.count += 1
        if self.count <= AT_MOST:
            print("BROKEN  " + text, flush=True)


def check(archive, known, public_key):
    report, manifest = Report(), json.loads(archive.read("manifest.json"))
    if manifest.get("format") != "evidence-bundle" or manifest.get("version") != 1:
        raise BadInput("not a bundle of evidence of version 1")
    stream, first, last = manifest["stream"], manifest["first_sequence"], manifest["last_sequence"]

    def lines(name):
        return io.TextIOWrapper(archive.open(name), encoding="utf-8", newline="\n")

    own = list(parsed(lines("checkpoints.jsonl"), "checkpoints.jsonl"))
    theirs = [point for point in known if point.get("stream") == stream]
    keys = {public_key} if public_key else {point.get("key") for point in own + theirs}
    if "handovers.jsonl" in archive.namelist():
        keys = with_handovers(keys, parsed(lines("handovers.jsonl"), "handovers.jsonl"))
    points = by_number([("known", each) for each in theirs] + [("bundle's", each) for each in own], keys, report)
    batches = parsed(lines("batches.jsonl"), "batches.jsonl")
    holding, number, end = check_chain(batches, stream, first, last, points, report)
    if not holding or holding[0][1] != first or holding[-1][2] != last:
        report(f"entries {first} to {last} are promised; the chain of batches does not hold them")
    rows, full = check_entries(lines("entries.jsonl"), holding, report) if holding else (0, 0)
    print(
        f"Stream {stream}: entries {first} to {last}; {rows} checked, {full} of them readable, the others bare hashes."
    )
    print(f"The chain has {number} batches and ends at entry {end}; exported {manifest.get('exported_at')}.")
    if not theirs:
        print("Note: without --known, a cut tail or a history rewritten as a whole cannot be told.")
    if not public_key:
        print("Note: without --public-key, signatures were checked against the key that the bundle itself names.")
    print("ALL FITS." if not report.count else f"NOT AS IT WAS SEALED: {report.count} findings.")
    return 1 if report.count else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", help="the file that export_audit wrote")
    parser.add_argument(
        "--known", action="append", default=[], metavar="CHECKPOINT", help="a file of JSON lines, or a line"
    )
    parser.add_argument("--public-key", metavar="HEX", help="the key that checkpoints must be signed with")
    given = parser.parse_args()
    try:
        if given.public_key and decode(bytes.fromhex(given.public_key)) is None:
            raise BadInput("--public-key is not an Ed25519 key")
        known = [point for each in given.known for point in read_known(each)]
        with zipfile.ZipFile(given.bundle) as archive:
            return check(archive, known, given.public_key)
    except (BadInput, OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        print(f"BAD INPUT  {type(error).__name__}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
