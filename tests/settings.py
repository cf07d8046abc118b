"""Settings of the test suite: made-up secrets, and otherwise the product's own."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "made-up-secret-key-of-the-test-suite-" + "x" * 30)
os.environ.setdefault("FIELD_KEYS", "t1:" + "5a" * 32)
os.environ.setdefault("CHECKPOINT_KEY", "7b" * 32)
os.environ.setdefault("DEMO", "1")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="backoffice-tests-"))

from backoffice.settings import *  # noqa: F403
from backoffice.settings import STATIC_ROOT

STATIC_ROOT.mkdir(parents=True, exist_ok=True)

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file and not memory: tests with threads and processes copy it, see tests/committed.py.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}  # noqa: F405

MEDIA_ROOT = tempfile.mkdtemp(prefix="backoffice-tests-media-")  # of this process alone: files are compared
PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]  # the product's own is looked at in tests/signin
