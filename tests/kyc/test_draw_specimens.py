"""The command that draws specimens for anybody."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from kyc import specimen


def test_every_file_it_names_is_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kyc.management.commands.draw_specimens.cases", lambda: specimen.cases()[:1])
    output = StringIO()
    call_command("draw_specimens", str(tmp_path), people=1, stdout=output)
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert len(lines) == 9
    for line in lines:
        with Image.open(line["file"]) as picture:
            picture.load()
    assert sorted(line["file"] for line in lines) == sorted(str(path) for path in tmp_path.rglob("*.*"))


def test_a_file_in_place_of_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CommandError, match="taken is a file") as refusal:
        call_command("draw_specimens", str(tmp_path / "taken"))
    assert refusal.value.returncode == 2


def test_more_people_than_there_are_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="0 to 36"):
        call_command("draw_specimens", str(tmp_path), people=37)
    assert list(tmp_path.iterdir()) == []
