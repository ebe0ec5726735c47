"""The words of many images in a few arrays."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.labels import Word
from dataset.packed_words import PackedWords, WordPacker


def word(text: str, points: int = 4) -> Word:
    outline = np.arange(2 * points, dtype=np.float32).reshape(points, 2) + len(text)
    marks = {"d": True, "e": False}
    return Word(outline, text, text == "###", len(text), marks.get(text[:1]))


def unpacked(words: PackedWords) -> list[list[Word]]:
    return [
        [words.word(number) for number in words.of_image(image)]
        for image in range(words.num_images)
    ]


def same(first: list[list[Word]], second: list[list[Word]]) -> bool:
    def fields(image: list[Word]) -> list[tuple]:
        return [(w.points.tolist(), w.text, w.ignore, w.line, w.is_difficult) for w in image]

    return list(map(fields, first)) == list(map(fields, second))


TEXTS = st.text(max_size=5) | st.sampled_from(["###", "difficult", "easy"])
WORDS = st.builds(word, TEXTS, st.integers(3, 9))
IMAGES = st.lists(st.lists(WORDS, max_size=4), max_size=6)


@given(images=IMAGES)
@settings(max_examples=60, deadline=None)
def test_words_come_out_as_they_went_in(images):
    assert same(unpacked(PackedWords.pack(images)), images)


@given(images=IMAGES, order=st.lists(st.integers(-1, 5), max_size=8))
@settings(max_examples=60, deadline=None)
def test_images_can_be_chosen_in_any_order_and_left_empty(images, order):
    order = [number for number in order if number < len(images)]

    chosen = PackedWords.pack(images).of_images(np.array(order, np.int64))

    assert same(unpacked(chosen), [images[n] if n >= 0 else [] for n in order])


@given(images=IMAGES, numbers=st.sets(st.integers(0, 30)))
@settings(max_examples=60, deadline=None)
def test_single_words_can_be_left_out(images, numbers):
    packed = PackedWords.pack(images)
    numbers = {number for number in numbers if number < len(packed)}
    numbered = iter(range(len(packed)))

    left = unpacked(packed.without(numbers))

    assert same(left, [[w for w in image if next(numbered) not in numbers] for image in images])


def test_an_image_may_come_in_pieces_and_in_any_order():
    packer = WordPacker()
    packer.add(1, [word("a"), word("b")])
    packer.add(0, [word("c")])
    packer.add(1, [word("d")])
    packer.num_images = 3

    texts = [[w.text for w in image] for image in unpacked(packer.packed())]

    assert texts == [["c"], ["a", "b", "d"], []]


def test_half_a_surrogate_pair_survives():
    assert PackedWords.pack([[word("\ud800")]]).word(0).text == "\ud800"
