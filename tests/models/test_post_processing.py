"""Words from logits: golden runs, a slow reference, and the cases in which the original fails."""

import json
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.post_processing import Detection, find_regions, find_text, usable_stride
from runtime.messages import UserError
from tests.conftest import golden

EVERYTHING = {"min_score": 0.0, "min_area": 0, "bbox_type": "rect", "pooling_size": 9}
# Published FAST moves words by up to a pixel of the network's input for these; this one does not.
EVEN_WINDOWS = (7, 11, 15)


def golden_runs(name: str) -> tuple[torch.Tensor, dict[str, Any]]:
    """Logits (N, 1, h, w) and the record of a golden case."""
    cases = json.loads(golden("postprocess.json").read_text())["cases"]
    logits = np.load(golden("postprocess.npz"))[f"{name}__logit0"].astype(np.float32)
    return torch.from_numpy(logits)[:, None], next(case for case in cases if case["name"] == name)


def sizes_of(case: dict[str, Any]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [(tuple(case["img_size"]), tuple(original)) for original in case["org_img_size"]]


def distance(found: np.ndarray, wanted: np.ndarray, bbox_type: str) -> float:
    """Largest difference of a coordinate; a rectangle may start at any corner."""
    if bbox_type == "rect":
        return min(np.abs(np.roll(found, turn, axis=0) - wanted).max() for turn in range(4))
    return np.abs(found - wanted).max() if found.shape == wanted.shape else np.inf


def blank(height: int = 20, width: int = 40) -> np.ndarray:
    return np.full((height, width), -5, np.float32)


def find_in(logits: np.ndarray, **settings: Any) -> list[Detection]:
    """Words of one image of logits (h, w) whose original is as large as the network's input."""
    size = (4 * logits.shape[0], 4 * logits.shape[1])
    return find_text(torch.from_numpy(logits)[None, None], [(size, size)], EVERYTHING | settings)[0]


CASES = [
    "no_text",
    "one_box",
    "touching_boxes",
    "many_boxes",
    "curved",
    "small_components",
    "image_border",
    "label_order",
    "holes_and_concave",
    "score_levels",
    "batch_of_two",
]


@pytest.mark.parametrize("name", CASES)
def test_words_their_order_and_scores_are_the_golden_ones(name):
    logits, case = golden_runs(name)
    sizes = [sizes_of(case)[0]] * len(logits)  # the original scales all by the first image's sizes
    for run in case["runs"]:
        exact = run["pooling_size"] not in EVEN_WINDOWS
        for found, wanted in zip(find_text(logits, sizes, run), run["results"], strict=True):
            assert len(found) == len(wanted["bboxes"])
            scores = [word.score for word in found]
            assert scores == pytest.approx(wanted["scores"], abs=1e-5 if exact else 2e-4)
            for word, box in zip(found, wanted["bboxes"], strict=True):
                box = np.array(box).reshape(-1, 2)
                if exact:
                    slack = 1 if run["bbox_type"] == "rect" else 0
                    assert distance(word.points, box, run["bbox_type"]) <= slack
                else:
                    assert moved_px(word.points, box, run["scales_xy"]) <= 2


def moved_px(found: np.ndarray, wanted: np.ndarray, scale: list[float]) -> float:
    """How far the sides of the upright bounding box moved, in pixels of the network's input."""
    moved = [found.min(axis=0) - wanted.min(axis=0), found.max(axis=0) - wanted.max(axis=0)]
    return float(np.max(np.abs(moved) / scale))


@pytest.mark.parametrize("name", CASES)
def test_grown_labels_are_the_golden_ones(name):
    logits, case = golden_runs(name)
    arrays = np.load(golden("postprocess.npz"))
    for pooling_size in (5, 9):
        if f"{name}__labels_pool{pooling_size}" not in arrays:
            continue
        settings = EVERYTHING | {"pooling_size": pooling_size}
        regions = find_regions(logits, sizes_of(case), settings)
        for image, wanted in zip(
            regions, arrays[f"{name}__labels_pool{pooling_size}"], strict=True
        ):
            labels = image.labels.repeat(np.diff(image.row_edges), axis=0)
            labels = labels.repeat(np.diff(image.column_edges), axis=1)
            np.testing.assert_array_equal(labels, wanted)


def test_a_word_that_fills_the_image_is_found():
    logits, case = golden_runs("all_foreground")
    for bbox_type in ("rect", "poly"):  # the original takes it for the background and finds nothing
        words = find_text(logits, sizes_of(case), EVERYTHING | {"bbox_type": bbox_type})[0]
        assert len(words) == 1
        assert {*map(tuple, words[0].points.tolist())} == {(0, 0), (383, 0), (383, 255), (0, 255)}


def test_each_image_of_a_batch_is_scaled_by_its_own_sizes():
    logits, case = golden_runs("batch_of_two")
    run = next(run for run in case["runs"] if run["bbox_type"] == "rect")
    sizes = sizes_of(case)
    assert sizes[0][1] != sizes[1][1]
    found = find_text(logits, sizes, run)
    for index, size in enumerate(sizes):
        alone = find_text(logits[index : index + 1], [size], run)[0]
        assert [word.points.tolist() for word in found[index]] == [
            word.points.tolist() for word in alone
        ]
    for word, box in zip(found[1], run["results"][1]["bboxes"], strict=True):
        twice = 2 * np.array(box).reshape(4, 2)  # the second original is twice as large
        assert distance(word.points, twice, "rect") <= 3


def slow_words(
    logits: np.ndarray,
    pooling_size: int,
    bbox_type: str,
    kernel_score: float = 0.5,
    kernel_stride: int = 4,
) -> list[tuple[np.ndarray, float]]:
    """Full-size maps, one mask a word: what find_text must equal, for any odd pooling size."""
    radius = pooling_size // 2
    if kernel_stride < 4:
        enlarged = 4 // kernel_stride * np.array(logits.shape[::-1])
        logits = cv2.resize(logits, enlarged, interpolation=cv2.INTER_LINEAR)
    inside = 1 / (1 + np.exp(-logits.astype(np.float64))) > kernel_score
    _, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    logits = np.where(inside, logits, -np.inf).astype(np.float32)
    maps = torch.from_numpy(np.stack([labels.astype(np.float32), logits]))[:, None]
    full = maps.repeat_interleave(kernel_stride, dim=2).repeat_interleave(kernel_stride, dim=3)
    grown = torch.nn.functional.max_pool2d(full, 2 * radius + 1, stride=1, padding=radius)
    labels, scores = grown[0, 0].numpy(), grown[1, 0].double().sigmoid().numpy()
    words = []
    for label in np.unique(labels[labels > 0]):
        mask = labels == label
        if bbox_type == "poly":
            contours, _ = cv2.findContours(
                mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
            )
            points = max(contours, key=cv2.contourArea)[:, 0]
        else:
            pixels = np.argwhere(mask)[:, ::-1].astype(np.int32)
            centre, (width, height), angle = cv2.minAreaRect(np.ascontiguousarray(pixels))
            stretch = (mask.sum() / (width * height)) ** 0.25 if width * height else 1
            points = cv2.boxPoints((centre, (width * stretch, height * stretch), angle))
        words.append((points.astype(np.int32), scores[mask].mean()))
    return words


@settings(max_examples=60, deadline=None)
@given(
    logits=hnp.arrays(
        np.float32, (9, 13), elements=st.integers(-40, 16).map(lambda n: (n + 0.5) / 4)
    ),
    pooling_size=st.sampled_from([1, 3, 5, 7, 9, 11, 13, 15, 17]),
    bbox_type=st.sampled_from(["rect", "poly"]),
    kernel_score=st.sampled_from([0.5, 0.3, 0.9]),
    kernel_stride=st.sampled_from([4, 2, 1]),
)
def test_words_are_those_of_the_slow_reference(
    logits, pooling_size, bbox_type, kernel_score, kernel_stride
):
    kernels = {"kernel_score": kernel_score, "kernel_stride": kernel_stride}
    found = find_in(logits, pooling_size=pooling_size, bbox_type=bbox_type, **kernels)
    wanted = slow_words(logits, pooling_size, bbox_type, **kernels)
    assert len(found) == len(wanted)
    for word, (points, score) in zip(found, wanted, strict=True):
        assert distance(word.points, points, bbox_type) <= (bbox_type == "rect")
        assert word.score == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("pooling_size", [5, 7, 9, 11, 13, 15])
def test_a_word_grows_evenly_to_all_sides_by_half_the_pooling_size(pooling_size):
    logits = blank()
    logits[8:12, 10:20] = 5  # pixels 40..79 by 32..47
    (word,) = find_in(logits, pooling_size=pooling_size, bbox_type="poly")
    radius = pooling_size // 2
    assert word.points.min(axis=0).tolist() == [40 - radius, 32 - radius]
    assert word.points.max(axis=0).tolist() == [79 + radius, 47 + radius]


def test_neighbours_joined_by_doubtful_pixels_come_apart_with_a_higher_kernel_score():
    logits = blank()
    logits[8:12, 5:20] = 4
    logits[8:12, 12] = 1  # probability 0.73
    assert len(find_in(logits)) == 1
    first, second = find_in(logits, kernel_score=0.75, bbox_type="poly")
    assert first.points[:, 0].tolist() != second.points[:, 0].tolist()
    assert len(find_in(logits, kernel_score=0.73)) == 1


def test_kernels_of_very_large_images_are_looked_for_in_larger_pixels():
    settings = {"kernel_stride": 1}
    assert usable_stride((4000, 4000), settings) == 1
    assert usable_stride((4000, 4004), settings) == 2
    assert usable_stride((10_000, 10_000), settings) == 4
    assert usable_stride((100_000, 10_000), {}) == 4


def test_a_gap_narrower_than_a_pixel_of_the_network_shows_with_a_smaller_stride():
    logits = blank()
    # Seen in stretches of 4 pixels the two touch at a corner; between the pixels' middles they
    # do not, as the other two corners weigh as much.
    logits[5:8, 5:10] = 4
    logits[8:11, 10:15] = 4
    assert len(find_in(logits)) == 1
    assert len(find_in(logits, kernel_stride=1, pooling_size=1)) == 2


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_a_word_stays_in_its_place_whatever_the_stride_of_its_kernel(stride):
    logits = blank()
    logits[8:12, 10:20] = 5  # pixels 40..79 by 32..47
    (word,) = find_in(logits, kernel_stride=stride, pooling_size=1, bbox_type="poly")
    assert (word.points.min(axis=0) + word.points.max(axis=0)).tolist() == [40 + 79, 32 + 47]


@pytest.mark.parametrize("mirrored", [False, True])
def test_of_a_word_cut_in_two_the_larger_piece_is_outlined(mirrored):
    # A bar along the upper border, and below it a later word that grows right across it.
    logits = blank()
    logits[0, 0:30] = 5
    logits[2, 5:8] = 5
    if mirrored:
        logits = np.ascontiguousarray(logits[:, ::-1])
    bar, _ = find_in(logits, pooling_size=17, bbox_type="poly")
    x = (bar.points[:, 0].min(), bar.points[:, 0].max())
    # The later word covers cells 3..9, the bar cells 0..31: the larger piece is cells 10..31.
    assert x == ((32, 119) if mirrored else (40, 127))


def test_words_below_the_least_area_or_score_are_dropped():
    logits = blank()
    logits[5, 5] = 2  # grows to 12 x 12 pixels, mean probability sigmoid(2) = 0.8808
    assert len(find_in(logits, min_area=144, min_score=0.880)) == 1
    assert not find_in(logits, min_area=145)
    assert not find_in(logits, min_score=0.881)


def test_the_rectangle_is_scaled_half_way_to_the_area_of_the_word():
    logits = blank()
    logits[5, 5:15] = 5  # grown: pixels 16..63 by 16..27, so sides 47 and 11 for an area of 48 x 12
    (word,) = find_in(logits)
    stretch = (48 * 12 / (47 * 11)) ** 0.25
    half = np.array([47, 11]) * stretch / 2
    corners = np.array([39.5, 21.5]) + half * [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    assert distance(word.points, corners.astype(int), "rect") == 0


def test_coordinates_are_truncated_towards_zero():
    logits = blank()
    logits[0, 0] = 5  # grown to pixels 0..7: stretched, the corner is at -0.24
    (word,) = find_in(logits)
    assert word.points.min() == 0
    assert word.points.dtype == np.int32


def test_an_empty_batch_and_an_image_without_text_have_no_words():
    assert find_text(torch.zeros(0, 5, 8, 8), [], EVERYTHING) == []
    assert find_in(blank()) == []


def test_a_word_of_one_pixel_does_not_divide_by_its_area():
    words = find_text(torch.ones(1, 1, 1, 1), [((1, 1), (1, 1))], EVERYTHING | {"pooling_size": 1})
    assert words[0][0].points.tolist() == [[0, 0]] * 4


def test_logits_that_are_not_numbers_are_background():
    logits = blank()
    logits[3:6, 3:9] = 5
    logits[4, 5], logits[0, 0], logits[5, 8] = np.nan, np.nan, np.inf
    (word,) = find_in(logits)
    assert 0.99 < word.score <= 1


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str
)
def test_logits_of_any_float_type_and_with_gradients_are_taken(dtype):
    logits = torch.from_numpy(blank())[None, None].to(dtype)
    logits[..., 5:9, 5:20] = 4
    sizes = [((80, 160), (80, 160))]
    (word,) = find_text(logits.requires_grad_(), sizes, EVERYTHING)[0]
    assert word.score == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-6)


@pytest.mark.cuda
def test_logits_on_a_gpu_give_the_same_words():
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU")
    logits, case = golden_runs("many_boxes")
    here = find_text(logits, sizes_of(case), EVERYTHING)[0]
    there = find_text(logits.cuda(), sizes_of(case), EVERYTHING)[0]
    assert [word.points.tolist() for word in here] == [word.points.tolist() for word in there]


def test_embedding_channels_play_no_part():
    logits = torch.from_numpy(blank())[None, None].repeat(1, 5, 1, 1)
    logits[:, 1:] = 7
    assert find_text(logits, [((80, 160), (80, 160))], EVERYTHING) == [[]]


def test_inputs_that_are_no_multiple_of_four_keep_words_where_they_are():
    logits = blank(23, 30)  # of an input of 90 x 118: rounded up, as the network does
    logits[10:13, 10:20] = 5
    (word,) = find_text(torch.from_numpy(logits)[None, None], [((90, 118), (90, 118))], EVERYTHING)[
        0
    ]
    low, high = word.points.min(axis=0), word.points.max(axis=0)
    assert np.abs(low - [39 - 4, 39 - 4]).max() <= 5
    assert np.abs(high - [79 + 4, 51 + 4]).max() <= 5


def test_many_more_words_than_sixteen_bits_count_are_kept_apart():
    logits = blank(400, 700)
    logits[::2, ::2] = 5  # 200 * 350 single pixels, of which no two touch
    words = find_in(logits, pooling_size=1)
    assert len(words) == 70000


def test_an_unknown_kind_of_box_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="rect, poly"):
        find_in(blank(), bbox_type="circle")
