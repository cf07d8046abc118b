"""A new key for checkpoints: what the former one signed stays good, and only what both tied together counts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from base import clock
from base.canonical import canonical
from controls import bundle, entries, handover, sealing, witness
from controls.actor import Actor
from controls.models import AuditEntry, KeyHandover, Person

KEEPER = Actor.job("controls.keys")
SEALER = Actor.job("controls.sealer")
VERIFIER = Path(__file__).parents[2] / "verify_evidence.py"


def sealed_entry() -> None:
    person = Person(username="made_up", name="Made Up")
    entries.write(ref=uuid4(), by=SEALER, action="tests.done", record=person, changed={})
    sealing.seal(by=SEALER)


@pytest.fixture
def exchanged(db: None, settings: Any, tmp_path: Path) -> tuple[str, str]:
    """The former and the new public key; both have signed a checkpoint."""
    settings.WITNESS_FILE = str(tmp_path / "witness.jsonl")
    sealed_entry()
    former = witness.public_key()
    handover.hand_over(tmp_path / "new.key", by=KEEPER)
    settings.CHECKPOINT_KEY = (tmp_path / "new.key").read_text().strip()
    sealed_entry()
    return former, witness.public_key()


def verified(bundle_file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(VERIFIER), str(bundle_file), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_checkpoints_of_both_keys_are_ours(exchanged: tuple[str, str], settings: Any) -> None:
    points = witness.known(Path(settings.WITNESS_FILE).read_text())
    assert {point["key"] for point in points} == set(exchanged)
    assert all(witness.signed(point) for point in points)
    call_command("verify_audit", known=[settings.WITNESS_FILE])


def test_an_outsider_who_knows_either_key_is_led_to_the_other(
    exchanged: tuple[str, str], settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "evidence.zip"
    bundle.write(file, by=Actor.job("controls.export"))
    for key in exchanged:
        done = verified(file, "--public-key", key, "--known", settings.WITNESS_FILE)
        assert done.returncode == 0, done.stdout
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    assert verified(file, "--public-key", stranger).returncode == 1


@pytest.mark.parametrize("missing", ["by_former", "by_key"])
def test_a_hand_over_that_one_of_them_did_not_sign_adds_nothing(
    exchanged: tuple[str, str], settings: Any, tmp_path: Path, missing: str
) -> None:
    """Whoever can write into the database, but has one of the keys at most."""
    forger = Ed25519PrivateKey.generate()
    key = forger.public_key().public_bytes_raw().hex()
    ours = witness.public_key()
    pair = {"former": key, "key": ours} if missing == "by_key" else {"former": ours, "key": key}
    point = KeyHandover(at=clock.now(), **pair)
    words = canonical(witness.handover(point)).encode()
    point.by_former = point.by_key = forger.sign(words).hex()
    said = json.loads(witness.handover_line(point))
    namespace: dict[str, Any] = {"__name__": "verifier"}
    exec(compile(VERIFIER.read_text(), str(VERIFIER), "exec"), namespace)  # noqa: S102 - the very file
    assert namespace["with_handovers"]({ours}, [said]) == {ours}
    if not KeyHandover.objects.filter(key=point.key).exists():  # the table takes one a key
        point.save(force_insert=True)
    assert key not in witness.our_keys()


def test_an_interrupted_hand_over_goes_on_with_the_key_in_the_file(db: None, tmp_path: Path) -> None:
    file = tmp_path / "new.key"
    first = handover.hand_over(file, by=KEEPER)
    assert handover.hand_over(file, by=KEEPER) == first
    assert KeyHandover.objects.count() == 1
    assert AuditEntry.all_unrestricted.filter(action="controls.hand_over_key").count() == 1
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("db")
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no key")
    with pytest.raises(CommandError, match="holds no key"):
        call_command("rotate_keys", checkpoint=str(tmp_path / "notes"))
