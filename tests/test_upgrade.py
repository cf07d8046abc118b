"""The code of a release runs on the schema of the next one, and a change of a table gives up waiting."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from controls import migrating
from tests.committed import CommittedDatabase

ROOT = Path(__file__).parents[1]
HARMLESS = 'migrations.AddField("person", "planted", models.TextField(null=True))'
BREAKING = 'migrations.AddField("person", "planted", models.TextField(default=""))'  # Django drops the default again
PLANTED = """from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("controls", "{last}")]
    operations = [{operation}]
"""


def upgraded(old: Path, new: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / ".ci" / "upgrade.py"), str(old), str(new)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def git(*command: str) -> str:
    done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """A copy of the product, to plant a migration in."""
    kept_out = shutil.ignore_patterns(".git", ".venv", "var", "*.pyc", "docs", "node_modules")
    return Path(shutil.copytree(ROOT, tmp_path / "next", ignore=kept_out, symlinks=True))


def plant(folder: Path, operation: str) -> None:
    migrations = folder / "controls" / "migrations"
    last = max(path.stem for path in migrations.glob("0*.py"))
    (migrations / "9999_planted.py").write_text(PLANTED.format(last=last, operation=operation))


@pytest.mark.large
@pytest.mark.parametrize(("operation", "code"), [(HARMLESS, 0), (BREAKING, 1)])
def test_a_migration_that_would_stop_the_former_release_is_found(next_release: Path, operation: str, code: int) -> None:
    plant(next_release, operation)
    done = upgraded(ROOT, next_release)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("bootstrap_staff first_admin first_officer failed" in done.stdout) == bool(code)


@pytest.fixture
def last_release(tmp_path: Path) -> Iterator[Path]:
    tag = git("describe", "--tags", "--abbrev=0", "--match", "v*")
    if not tag:
        pytest.skip("no release is tagged yet (v*): there is no former code to run on this schema")
    folder = tmp_path / "last"
    assert not subprocess.run(["git", "worktree", "add", "--detach", str(folder), tag], cwd=ROOT, timeout=60).returncode
    yield folder
    subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, timeout=60)


@pytest.mark.large
def test_the_last_release_runs_on_this_schema(last_release: Path) -> None:
    done = upgraded(last_release, ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("db")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer and its own time-out")
def test_a_migration_does_not_make_everybody_wait_behind_it(committed_db: CommittedDatabase, settings: Any) -> None:
    settings.MIGRATION_LOCK_SECONDS = 1
    with psycopg.connect(committed_db.url) as reader:
        reader.execute("SELECT 1 FROM controls_person")  # and stays in its transaction
        migrating.before("default", plan=[object()])
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE controls_person ADD COLUMN planted text")
    migrating.after("default")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
