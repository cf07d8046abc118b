"""Files in a bucket: through the protocol itself, against a server that speaks it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from moto.server import ThreadedMotoServer

from backoffice.bucket import in_bucket
from base import clock
from base.crypto import PIECE, Undecryptable
from base.storage import EncryptedStorage
from controls.models import LegalEntity
from kyc import files
from kyc.models import Document, Picture
from tests.kyc import making
from tests.kyc.test_api import opened, picture, send

MARK = b"MARKED CONTENT"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket, as its owner sees it; the environment says to store files there."""
    words = {"ENDPOINT": endpoint, "REGION": "eu-central-1", "ACCESS_KEY": "made-up", "SECRET_KEY": "made-up"}
    for name, value in {**words, "BUCKET": "documents"}.items():
        monkeypatch.setenv(f"MEDIA_{name}", value)
    keys = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up", "region_name": "eu-central-1"}
    owned = boto3.resource("s3", endpoint_url=endpoint, **keys).Bucket("documents")
    owned.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield owned
    owned.objects.all().delete()
    owned.delete()


@pytest.fixture
def storage(bucket: Any, settings: Any) -> EncryptedStorage:
    """Where the product stores files from here on."""
    there = {"BACKEND": "base.storage.EncryptedStorage", "OPTIONS": {"inner": in_bucket("documents")}}
    settings.STORAGES = settings.STORAGES | {"default": there}
    return default_storage  # type: ignore[return-value]


def objects(bucket: Any) -> dict[str, bytes]:
    return {each.key: each.get()["Body"].read() for each in bucket.objects.all()}


@pytest.mark.parametrize("size", [0, 1, PIECE, 3 * PIECE + 17, 9 * 1024 * 1024])  # the last goes there in parts
def test_what_was_stored_is_read_again(storage: EncryptedStorage, size: int) -> None:
    data = os.urandom(size)
    name = storage.save("passport.jpg", ContentFile(data))
    with storage.open(name) as file:
        assert file.read() == data
        file.seek(size // 2)
        assert file.read(5) == data[size // 2 : size // 2 + 5]
    assert storage.size(name) == size


def test_nothing_in_the_bucket_is_readable(storage: EncryptedStorage, bucket: Any) -> None:
    name = storage.save("kyc/passport-of-jane.jpg", ContentFile(MARK * 1000))
    ((key, there),) = objects(bucket).items()
    assert key == name
    assert "jane" not in key
    assert MARK not in there


def test_what_was_changed_in_the_bucket_does_not_open(storage: EncryptedStorage, bucket: Any) -> None:
    name = storage.save("kyc/x", ContentFile(MARK * 1000))
    there = bytearray(objects(bucket)[name])
    there[500] ^= 1
    bucket.put_object(Key=name, Body=bytes(there))
    with pytest.raises(Undecryptable):
        storage.open(name)


def test_a_file_that_is_not_there_says_so(storage: EncryptedStorage) -> None:
    assert not storage.exists("kyc/ab/cd")
    with pytest.raises(FileNotFoundError):
        storage.open("kyc/ab/cd")


def test_an_upload_lies_in_the_bucket_and_is_shown_from_there(
    storage: EncryptedStorage, bucket: Any, entity: LegalEntity, with_key: Callable[..., Client]
) -> None:
    program, data = with_key("applicant_intake"), picture()
    answer = send(program, opened(program), "passport", data)
    assert answer.status_code == 200, answer.content
    there, document = objects(bucket), Document.all_unrestricted.get()
    assert set(there) == {document.original_file, Picture.all_unrestricted.get().file}
    assert not [name for name, sealed in there.items() if data[:200] in sealed or b"JFIF" in sealed[:400]]
    assert files.read(document.original_file) == data


def test_a_refused_upload_leaves_nothing_in_the_bucket(
    storage: EncryptedStorage, bucket: Any, entity: LegalEntity, with_key: Callable[..., Client]
) -> None:
    program = with_key("applicant_intake")
    assert send(program, opened(program), "passport", picture(), side="back").status_code == 422
    assert objects(bucket) == {}


def test_lost_files_are_found_in_the_bucket(
    storage: EncryptedStorage, bucket: Any, entity: LegalEntity, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.collected(entity)
    lost = files.keep(b"its process died").file
    assert files.remove_lost() == 0
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert files.remove_lost() == 1
    assert lost not in objects(bucket)
    assert len(objects(bucket)) == 4


def test_ready_says_whether_the_bucket_can_be_used(
    db: None, storage: EncryptedStorage, bucket: Any, client: Client
) -> None:
    call_command("createcachetable", verbosity=0)
    assert client.get("/readyz").json()["parts"]["storage"] == {"ok": True}
    assert objects(bucket) == {}
    storage.inner.bucket_name = "of-somebody-else"  # type: ignore[attr-defined]
    storage.inner._bucket = None  # type: ignore[attr-defined]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["storage"]["ok"] is False


def test_the_environment_chooses_the_bucket(bucket: Any) -> None:
    code = (
        "import django; django.setup();"
        "from django.core.files.base import ContentFile;"
        "from django.core.files.storage import default_storage;"
        "print(default_storage.save('kyc/x', ContentFile(b'MARKED CONTENT')))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    ((name, there),) = objects(bucket).items()
    assert name == done.stdout.strip()
    assert MARK not in there
