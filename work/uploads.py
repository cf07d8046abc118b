"""Large uploads, which do not fit into memory: a temporary file, sealed under a key that only this process has."""

import os
import tempfile
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.utils.translation import gettext as _

from base.errors import Invalid
from work import files, reading


class SealedUpload(UploadedFile):  # type: ignore[type-arg]
    """Written once and read once, piece by piece; what lies on the disk says nothing, and is gone with the process."""

    def __init__(self, name: str) -> None:
        super().__init__(tempfile.TemporaryFile(), name=name)  # noqa: SIM115 - closed with the upload
        self.key, self.lengths = AESGCM(AESGCM.generate_key(256)), list[int]()

    def add(self, piece: bytes) -> None:
        sealed = self.key.encrypt(len(self.lengths).to_bytes(12, "big"), piece, None)
        self.file.write(sealed)  # type: ignore[union-attr]
        self.lengths.append(len(sealed))

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        self.file.seek(0, os.SEEK_SET)  # type: ignore[union-attr]
        for number, length in enumerate(self.lengths):
            yield self.key.decrypt(number.to_bytes(12, "big"), self.file.read(length), None)  # type: ignore[union-attr]


class SealedUploads(FileUploadHandler):
    """Takes the place of Django's own for one request."""

    chunk_size = 1024 * 1024

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self.at_most, self.too_large = at_most, False

    def new_file(self, field_name: Any, file_name: Any, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        self.upload = SealedUpload(str(file_name))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self.at_most:
            raise StopUpload(connection_reset=True)
        self.upload.add(raw_data)

    def file_complete(self, file_size: int) -> SealedUpload:
        self.upload.size = file_size
        return self.upload


def keep(upload: Any, at_most: int) -> tuple[files.Kept, reading.Shape, int]:
    """The file in the storage, what it is made of, and about how many lines it has."""
    if not upload.size:
        raise Invalid(_("The file is empty."), field="file")
    if upload.size > at_most:
        raise Invalid(_("The file is too large."), field="file", code="too_large")
    sniffer = reading.Sniffer()
    kept = files.keep(_sniffed(upload, sniffer))
    try:
        shape = sniffer.shape()
    except Invalid:
        files.drop(kept.file)
        raise
    return kept, shape, sniffer.newlines if shape.format != "xlsx" else 0


def _sniffed(upload: Any, sniffer: reading.Sniffer) -> Iterator[bytes]:
    for piece in upload.chunks():
        sniffer.feed(piece)
        yield piece
