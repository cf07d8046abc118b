"""The key that signs checkpoints takes over from another. Both sign that it does: whoever trusts the former key is led
to the new one, and whoever trusts the new one accepts what the former one signed. Nothing is signed a second time.
"""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils.translation import gettext as _

from base import clock
from base.canonical import canonical
from base.errors import Invalid, NotPermitted
from controls import entries, witness
from controls.actor import Actor
from controls.models import KeyHandover


def hand_over(file: Path, *, by: Actor) -> dict[str, Any]:
    """Makes the new key, or takes the one that an interrupted attempt left in the file, and has both sign."""
    if not by.may("controls.rotate_keys"):
        raise NotPermitted(_("Your role does not allow this."))
    key = _key_in(file)
    point = KeyHandover(at=clock.now(), former=witness.public_key(), key=key.public_key().public_bytes_raw().hex())
    if point.key == point.former:
        raise Invalid(_("The file holds the key that signs already."), field="checkpoint")
    with transaction.atomic():
        if not KeyHandover.objects.filter(key=point.key).exists():
            words = witness.handover(point)
            point.by_former = witness.sign(words)["signature"]
            point.by_key = key.sign(canonical(words).encode()).hex()
            point.save(force_insert=True)
            facts = {"former": point.former, "key": point.key}
            entries.write(ref=uuid4(), by=by, action="controls.hand_over_key", record=point, changed={}, facts=facts)
    return {"former": point.former, "public_key": point.key, "private_key_file": str(file)}


def _key_in(file: Path) -> Ed25519PrivateKey:
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as written:
            written.write(Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
            written.flush()
            os.fsync(written.fileno())
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text(encoding="ascii").strip()))
    except ValueError as error:
        raise Invalid(_("The file is there and holds no key."), field="checkpoint") from error
