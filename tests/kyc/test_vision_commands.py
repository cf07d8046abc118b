"""The commands outsiders call: one JSON object a line, nothing else, and an exit code that tells."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.kyc.test_intake import picture

KEYS = ["file", "document_type", "mrz", "fields", "quality", "reasons"]


def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, answers, and words for people, as the command line would give them."""
    out = io.StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return error.returncode, _answers(out.getvalue()), str(error)
    except SystemExit as end:
        return int(str(end.code)), _answers(out.getvalue()), ""
    return 0, _answers(out.getvalue()), ""


def _answers(lines: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


@pytest.mark.parametrize("command", ["read_document", "compare_faces"])
def test_a_missing_file_is_bad_input(command: str) -> None:
    code, answers, words = run(command, "/nowhere/a.jpg", "/nowhere/b.jpg")
    assert (code, answers) == (2, [])
    assert "/nowhere/a.jpg" in words


def test_a_file_that_is_not_accepted_is_checked_and_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"<!doctype html><script>alert(1)</script>")
    code, answers, _words = run("read_document", str(path))
    assert (code, list(answers[0])) == (1, KEYS)
    assert answers[0]["reasons"][0].startswith("file: This is a HTML page")


def test_a_broken_table_of_pairs_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("a,b\n")
    code, answers, words = run("evaluate_faces", str(tmp_path / "pairs.csv"), str(tmp_path))
    assert (code, answers) == (2, [])
    assert "pairs" in words


@pytest.mark.models
def test_a_picture_is_read_and_the_line_has_the_agreed_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(size=(700, 700)))
    command = [sys.executable, "manage.py", "read_document", str(path), str(path)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    answers = _answers(done.stdout)
    assert (done.returncode, [list(answer) for answer in answers]) == (0, [KEYS, KEYS])
    assert "no MRZ found" in answers[0]["reasons"]


@pytest.mark.models
def test_two_pictures_without_a_face_cannot_be_compared(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(picture(size=(700, 700)))
    code, answers, _words = run("compare_faces", str(path), str(path))
    assert (code, answers[0]["band"], answers[0]["boxes"]) == (0, "inconclusive", {"document": None, "selfie": None})
