"""KAIST scene text: XML with boxes of words."""

from itertools import pairwise

import pytest

from dataset.labels import read_file
from dataset.readers.kaist import read_kaist
from tests.dataset.readers.json_reading import SQUARE, read_outlines
from tests.dataset.readers.reading import read_words

BOX = 'x="10" y="20" width="40" height="20"'
WORD = f'<word {BOX}><character {BOX} char="가"/><character {BOX} char="게"/></word>'


def document(words):
    about = '<imageName>간판 1.JPG</imageName><resolution x="640" y="480"/>'
    return f"<images><image>{about}<words>{words}</words></image></images>"


def write(tmp_path, content):
    path = tmp_path / "a.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_word_is_a_box_spelt_by_its_characters(tmp_path):
    path = write(tmp_path, document(WORD))

    (label,) = read_kaist(path)

    assert (label.image, label.size, label.problems) == ("간판 1.JPG", (480, 640), [])
    assert [(word.text, word.ignore, word.line) for word in label.words] == [("가게", False, 1)]
    assert read_outlines(read_kaist, path) == [SQUARE]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("declared", ["utf-8", "euc-kr", "utf-16"])
def test_the_text_is_read_in_every_encoding_whatever_the_file_says(tmp_path, encoding, declared):
    content = f'<?xml version="1.0" encoding="{declared}"?>' + document(WORD)

    (word,), problems = read_words(read_kaist, write(tmp_path, content.encode(encoding)))

    assert (word.text, problems) == ("가게", [])


@pytest.mark.parametrize(
    ("characters", "text"),
    [
        ("", ""),
        ('<character char="A"/><character/><character char="B"/>', "AB"),
        ('<character char="&"/><character char="&lt;"/><character char="&#44032;"/>', "&<가"),
        ('<character char="#"/>' * 3, "###"),
    ],
)
def test_characters_may_be_missing_or_signs_of_xml(tmp_path, characters, text):
    path = write(tmp_path, document(f"<word {BOX}>{characters}</word>"))

    (word,), problems = read_words(read_kaist, path)

    assert (word.text, word.ignore, problems) == (text, text == "###", [])


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ('x="1" y="2" width="3"', ("missing_key", 1, "height")),
        ('x="1" y="" width="3" height="4"', ("not_a_number", 1, "")),
        ('x="1" y="2" width="0" height="4"', ("zero_area", 1, "1,2,1,2,1,6,1,6")),
        ('x="1" y="2" width="inf" height="4"', ("not_finite", 1, "1,2,inf,2,inf,6,1,6")),
    ],
)
def test_a_word_that_is_no_box_is_reported(tmp_path, attributes, problem):
    words, problems = read_words(
        read_kaist, write(tmp_path, document(f"<word {attributes}/>{WORD}"))
    )

    assert [(word.text, word.line) for word in words] == [("가게", 2)]
    assert problems == [problem]


def test_several_images_may_stand_in_one_file(tmp_path):
    content = document(WORD).replace("</images>", "<image/></images>")

    labels = list(read_kaist(write(tmp_path, content)))

    assert [(label.image, len(label.words), label.size) for label in labels] == [
        ("간판 1.JPG", 1, (480, 640)),
        ("", 0, None),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "not_json"),
        ("<images><image>", "not_json"),
        ("<images/>", "missing_key"),
        ("{}", "not_json"),
        ("<!DOCTYPE a><images><image/></images>", "not_json"),
        ("<image/>" * 2, "not_json"),
    ],
)
def test_a_file_without_an_image_is_one_problem(tmp_path, content, problem):
    (label,) = read_file(read_kaist, write(tmp_path, content))

    assert ([found.kind for found in label.problems], label.words) == ([problem], ())


def test_entities_that_grow_without_end_are_refused_before_they_grow(tmp_path):
    names = "abcdefghijklmnop"
    entities = '<!ENTITY a "haha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    bomb = f"<!DOCTYPE images [{entities}]>" + document(
        f'<word {BOX}><character char="&p;"/></word>'
    )

    for content in (bomb.encode(), bomb.encode("utf-16")):
        (label,) = read_file(read_kaist, write(tmp_path, content))
        assert [(found.kind, found.detail) for found in label.problems] == [
            ("not_json", "<!DOCTYPE")
        ]
