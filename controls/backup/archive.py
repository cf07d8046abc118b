"""An archive: a tar inside a parcel (base.parcels). It holds the database in parts, the stored files as they lie (still
encrypted), and last the manifest: what there must be, signed with the key that signs checkpoints, since anybody who
knows the public key can close a parcel.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from base.canonical import canonical
from base.parcels import Closing, Damaged, Opening
from controls import witness

PART = 4 * 1024 * 1024
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files"
LONGEST_MANIFEST = 1024 * 1024
NAME = re.compile(rf"{DATABASE}/\d{{8}}|{FILES}/[\w-][\w.-]*(/[\w-][\w.-]*)*|{re.escape(MANIFEST)}")
Manifest = dict[str, Any]


class Told:
    """Passes bytes through, counts them, and knows their digest."""

    def __init__(self, file: Any) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        return self._told(self.file.read(size))

    def write(self, data: bytes) -> int:
        self.file.write(self._told(data))
        return len(data)

    def _told(self, data: bytes) -> bytes:
        self.digest.update(data)
        self.size += len(data)
        return data


class Contents:
    """The digest over names, sizes and digests of all that an archive holds, in order, and its sums."""

    def __init__(self) -> None:
        self.digest, self.files, self.database = hashlib.sha256(), 0, 0

    def add(self, name: str, told: Told) -> None:
        self.digest.update(canonical([name, told.size, told.digest.hexdigest()]).encode() + b"\n")
        if name.startswith(f"{DATABASE}/"):
            self.database += told.size
        else:
            self.files += 1

    def said(self) -> Manifest:
        return {"contents": self.digest.hexdigest(), "files": self.files, "database_bytes": self.database}


class Packing:
    """Write parts and files, then `finish` with the manifest."""

    def __init__(self, out: Any, public: str) -> None:
        self.parcel, self.contents, self.parts = Closing(out, public), Contents(), 0
        self.tar = tarfile.open(  # noqa: SIM115 - `finish` closes it
            fileobj=cast(IO[bytes], self.parcel), mode="w|", format=tarfile.PAX_FORMAT
        )

    def part(self, data: bytes) -> None:
        self.parts += 1
        self.file(f"{DATABASE}/{self.parts:08}", io.BytesIO(data), len(data))

    def file(self, name: str, content: Any, size: int) -> None:
        told = Told(content)
        self._add(name, told, size)
        self.contents.add(name, told)

    def finish(self, manifest: Manifest) -> None:
        said = {**manifest, **self.contents.said()}
        text = canonical({"manifest": said, **witness.sign(said)}).encode()
        self._add(MANIFEST, io.BytesIO(text), len(text))
        self.tar.close()
        self.parcel.finish()

    def _add(self, name: str, content: Any, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self.tar.addfile(entry, content)
        cast(Any, self.tar).members = []  # it would remember each: memory stays bounded


def unpack(sealed: Any, private: str, folder: Path) -> Manifest:
    """Puts the database and the files into an empty folder and returns the manifest, once every byte has been proven:
    not changed, not cut, nothing left out, and signed by a key of ours. Raises Damaged or NotOurs."""
    parcel, contents, manifest = Opening(sealed, private), Contents(), None
    try:
        with tarfile.open(fileobj=cast(IO[bytes], parcel), mode="r|") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() and NAME.fullmatch(entry.name) else None
                if content is None or manifest is not None:
                    raise Damaged("the archive holds what no archive holds")
                cast(Any, tar).members = []
                if entry.name == MANIFEST:
                    manifest = content.read(LONGEST_MANIFEST)
                else:
                    contents.add(entry.name, _put(content, entry.name, folder))
        while parcel.read(PART):
            pass  # to the end: only there it is known that nothing was cut off
    except (tarfile.TarError, EOFError) as error:
        raise Damaged("the archive is damaged or cut") from error
    return _proven(manifest, contents)


def _put(content: Any, name: str, folder: Path) -> Told:
    """Parts of the database become one file again."""
    is_part = name.startswith(f"{DATABASE}/")
    path = folder / (DATABASE if is_part else name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = Told(content)
    with path.open("ab" if is_part else "xb") as file:
        while data := told.read(PART):
            file.write(data)
    return told


def _proven(text: bytes | None, contents: Contents) -> Manifest:
    try:
        said = json.loads(text or b"")
        manifest: Manifest = said["manifest"]
        differs = {name for name, value in contents.said().items() if manifest[name] != value}
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged("the archive has no manifest that can be read") from error
    if not witness.signed_by(manifest, said, witness.named_keys()):
        raise Damaged("the manifest is not signed by CHECKPOINT_KEY or a key of CHECKPOINT_FORMER_KEYS")
    if differs:
        raise Damaged("the archive does not hold what its manifest says: " + ", ".join(sorted(differs)))
    return manifest


def chunks(file: Any) -> Iterator[bytes]:
    while data := file.read(PART):
        yield data
