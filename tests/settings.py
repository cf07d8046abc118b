"""Settings of the test suite: made-up secrets, and otherwise the product's own."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "made-up-secret-key-of-the-test-suite-" + "x" * 30)
os.environ.setdefault("FIELD_KEYS", "t1:" + "5a" * 32)
os.environ.setdefault("CHECKPOINT_KEY", "7b" * 32)
os.environ.setdefault("DEMO", "1")
if "VAR_DIR" not in os.environ:
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="backoffice-tests-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and not os.environ["VAR_DIR"].endswith(f"/{worker}"):
    os.environ["VAR_DIR"] += f"/{worker}"  # tests that compare all files must not see a neighbour's

from backoffice.settings import *  # noqa: E402, F403
from backoffice.settings import STATIC_ROOT  # noqa: E402

LOOPBACK_ONLY = False  # callers come from all over the documentation's networks
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file and not memory: tests with threads and processes copy it, see tests/committed.py.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}  # noqa: F405

PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]  # the product's own is looked at in tests/signin
