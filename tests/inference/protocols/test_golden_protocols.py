"""Total-Text, CTW1500 and MSRA-TD500 against the golden results of the data sets' own programs."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dataset.labels import Word
from inference.protocols.overlaps import Overlaps
from inference.scoring import Score, score
from inference.submission import read_submission, read_truths, score_submission
from runtime.messages import UserError
from tests.conftest import golden

PROTOCOLS = {"tt": "total_text", "ctw": "ctw1500", "msra": "msra_td500"}


@pytest.fixture(scope="module", params=PROTOCOLS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(kind, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp(kind)
    with zipfile.ZipFile(golden(f"eval_{kind}_files.zip")) as files:
        files.extractall(folder)
    return folder


def results(kind: str) -> dict:
    return json.loads(golden(f"eval_{kind}.json").read_text())


def assert_as_golden(found: Score, wanted: dict, note: str = "") -> None:
    """Where the original ends with a division by zero, what it does not say counts as 0 here."""
    for figure in ("precision", "recall", "hmean"):
        assert getattr(found, figure) == pytest.approx(wanted[figure] or 0, abs=1e-9), note
    recall_credit = sum(image.recall_credit for image in found.images)
    precision_credit = sum(image.precision_credit for image in found.images)
    credits = (recall_credit, precision_credit)
    if "npos" in wanted:
        assert credits == (wanted["tp"], wanted["tp"]), note
        counts = wanted["npos"], wanted["tp"] + wanted["fp"]
    elif "ta" in wanted:
        assert credits == (wanted["tp"], wanted["tp"]), note
        counts = wanted["tp"] + wanted["fp"], wanted["ta"]
    else:
        sums = [wanted[f"global_accumulative_{side}"] for side in ("recall", "precision")]
        assert credits == pytest.approx(sums, abs=1e-9), note
        counts = wanted["total_num_gt"], wanted["total_num_det"]
    assert (found.num_truths, found.num_detections) == counts, note


def test_the_whole_set_scores_as_in_the_original(kind, folder):
    found = score_submission(folder / "det", folder / "gt", PROTOCOLS[kind])
    assert len(found.images) == 16
    assert_as_golden(found, results(kind)["result"])


def test_each_image_scores_as_in_the_original(kind, folder):
    polygons = read_submission(folder / "det", PROTOCOLS[kind])
    words = read_truths(folder / "gt", PROTOCOLS[kind])
    for stem, wanted in results(kind)["per_image"].items():
        found = score([polygons[stem]], [words[stem]], PROTOCOLS[kind])
        assert_as_golden(found, wanted, stem)


def test_the_shares_of_words_and_detections_are_those_of_the_original(folder, kind):
    if kind != "tt":
        assert "sigma" not in next(iter(results(kind)["per_image"].values()))
        return
    polygons = read_submission(folder / "det", "total_text")
    words = read_truths(folder / "gt", "total_text")
    for stem, wanted in results(kind)["per_image"].items():
        counted = [word for word in words[stem] if not word.is_difficult]
        image = score([polygons[stem]], [words[stem]], "total_text").images[0]
        found = [p for d, p in enumerate(polygons[stem]) if d not in image.dropped]
        overlaps = Overlaps(found, counted)
        common = [[overlaps.common(w, d) for d in range(len(found))] for w in range(len(counted))]
        table = np.array(common, float).reshape(len(counted), len(found))
        sigma = np.array(wanted["sigma"], float).reshape(table.shape)
        tau = np.array(wanted["tau"], float).reshape(table.shape)
        np.testing.assert_allclose(table / overlaps.word_areas[:, None], sigma, rtol=1e-9)
        np.testing.assert_allclose(table / overlaps.found_areas, tau, rtol=1e-9)


def total_text_words(texts: list[dict]) -> list[Word]:
    """As the reader gives them: the orientation decides for the scoring, the text for training."""
    return [
        Word(np.array(text["points"], np.float32), text["text"], text["text"] == "#", 1,
             text["orientation"] == "#")
        for text in texts
    ]  # fmt: skip


def write(folder: Path, files: dict[str, str], suffix: str) -> Path:
    folder.mkdir()
    for stem, text in files.items():
        (folder / f"{stem}{suffix}").write_text(text)
    return folder


def test_edge_cases_score_as_in_the_original(kind, tmp_path):
    cases = results(kind)["edge_cases"]
    assert len(cases) == {"tt": 14, "ctw": 7, "msra": 8}[kind]
    for number, case in enumerate(cases):
        here = tmp_path / str(number)
        here.mkdir()
        found = write(here / "det", case["det_files"], ".txt")
        if case["note"].startswith("two-point detection"):
            with pytest.raises(UserError, match=r"img1\.txt"):
                read_submission(found, PROTOCOLS[kind])
            continue
        if kind == "tt":
            polygons = read_submission(found, "total_text")
            words = [total_text_words(case["gt"][stem]) for stem in polygons]
            result = score(list(polygons.values()), words, "total_text")
        else:
            truths = write(here / "gt", case["gt"], {"ctw": ".txt", "msra": ".gt"}[kind])
            result = score_submission(found, truths, PROTOCOLS[kind])
        if case["note"].startswith("zero-area detection"):
            assert (result.precision, result.recall) == (0.5, 1)
        else:
            assert_as_golden(result, case["result"], case["note"])
