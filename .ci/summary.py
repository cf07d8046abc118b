"""What the stages of .ci/run did: a line each, every reason for a skipped test, one line of sums at the end."""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

NO_TESTS = 5  # how pytest ends when it found none


def main(folder: Path, may_be_empty: set[str]) -> int:
    bad, sums, why = 0, Counter(), {}
    print("\n==== what ran")
    for line in (folder / "stages.tsv").read_text().splitlines():
        name, code, seconds = line.split("\t")
        counts, skipped = counted(folder / f"{name}.xml")
        sums += counts
        ran = counts["passed"] + counts["failed"]
        good = (int(code) == 0 and ran > 0) or (name in may_be_empty and int(code) in {0, NO_TESTS})
        bad += not good
        verdict = "ok" if good and ran else "empty, as listed" if good else ending(int(code), ran)
        print(f"{name:15} {verdict:22} {ran:5} tests, {counts['skipped']:3} skipped, {seconds:>4} s")
        if skipped:
            why[name] = skipped
    for name, reasons in why.items():
        for reason, count in sorted(reasons.items()):
            print(f"skipped in {name}: {count} x {reason}")
    failed = sums["failed"] or bad
    print(f"{sums['passed']} passed, {failed} failed, {sums['skipped']} skipped")
    return 1 if bad else 0


def ending(code: int, ran: int) -> str:
    if code == 124 or code == 137:
        return "FAILED: out of time"
    return "FAILED: no test ran" if code in {0, NO_TESTS} and not ran else f"FAILED: exit {code}"


def counted(report: Path) -> tuple[Counter[str], Counter[str]]:
    counts, reasons = Counter(), Counter()
    if not report.is_file():
        return counts, reasons
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by our own pytest
        skipped = case.find("skipped")
        if skipped is not None:
            reasons[skipped.get("message", "no reason given")] += 1
            counts["skipped"] += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        else:
            counts["passed"] += 1
    return counts, reasons


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), set(sys.argv[3:])))
