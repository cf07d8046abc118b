"""The measure itself is measured: made-up distances give figures that can be counted by hand."""

import json
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from base.errors import Invalid
from kyc.vision import evaluation
from kyc.vision.evaluation import Pair, Scored

FACES = Path(settings.BASE_DIR).parent / "shared" / "data" / "faces"


def scored(same: list[float], different: list[float]) -> list[Scored]:
    return [Scored(True, one, "0") for one in same] + [Scored(False, one, "0") for one in different]


def test_pairs_that_separate_are_all_right() -> None:
    figures = evaluation.figures(scored([0.3, 0.4] * 10, [0.8, 0.9] * 10))
    assert (figures["accuracy"], figures["bands"]["match"]["tar"], figures["bands"]["match"]["far"]) == (1.0, 1.0, 0.0)


def test_a_pair_without_a_face_counts_as_not_the_same() -> None:
    figures = evaluation.figures(scored([0.3] * 19 + [float("inf")], [0.9] * 20))
    assert (figures["no_face"], figures["accuracy"]) == (1, 39 / 40)


def test_accepts_are_counted_at_the_bands() -> None:
    figures = evaluation.figures(scored([0.45, 0.55, 0.7, 0.4], [0.49, 0.7, 0.8, 0.9]))
    assert figures["bands"]["match"]["tar"] == 0.5
    assert figures["bands"]["match"]["far"] == 0.25
    assert figures["bands"]["review"]["tar"] == 0.75


def test_the_interval_is_wilsons() -> None:
    assert evaluation.wilson(81, 263) == [0.2553, 0.3662]  # the worked example of Newcombe (1998), method 3


def test_a_fold_is_never_judged_by_its_own_threshold() -> None:
    rows = [Scored(True, 0.5, "1")] * 5 + [Scored(False, 0.6, "1")] * 5
    rows += [Scored(True, 0.7, "2")] * 5 + [Scored(False, 0.8, "2")] * 5
    assert evaluation.figures(rows)["accuracy"] == 0.5


def test_pairs_are_read_with_and_without_folds(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("img1,img2,same\na/1.jpg,a/2.jpg,1\n")
    assert evaluation.read_pairs(path) == [Pair("a/1.jpg", "a/2.jpg", True, "0")]


@pytest.mark.parametrize(("text", "field"), [("one,two\n1,2\n", "pairs"), ("img1,img2,same\n", "pairs")])
def test_a_table_of_another_shape_is_refused(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    with pytest.raises(Invalid) as refusal:
        evaluation.read_pairs(path)
    assert refusal.value.field == field


def test_a_picture_that_is_not_in_the_tar_is_named(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "faces.tar", "w"):
        pass
    with pytest.raises(Invalid, match=r"a/1\.jpg"):
        evaluation.embed(["a/1.jpg"], tmp_path / "faces.tar", 1)


@pytest.mark.large
@pytest.mark.skipif(not FACES.exists(), reason="the labelled pairs of ../shared/data are absent")
def test_the_whole_protocol_reaches_its_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    pictures = next(FACES.glob("*.tar"))
    call_command("evaluate_faces", str(FACES / "pairsDevTest.csv"), str(pictures), "--at-least", "0.955")
    assert json.loads(capsys.readouterr().out)["pairs"] == 1000
