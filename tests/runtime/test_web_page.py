"""Pages that stand alone."""

import pytest

from runtime.messages import set_language
from runtime.web_page import escaped, jpeg_uri, page, write_whole


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_page_names_its_language_and_keeps_its_title_from_being_markup(language):
    set_language(language)
    text = page("<b> & more", "<p>body</p>", "p{color:red}")

    assert text.startswith(f'<!DOCTYPE html><html lang="{language}">')
    assert "<title>&lt;b&gt; &amp; more</title>" in text
    assert text.index("font:") < text.index("p{color:red}") < text.index("<p>body</p>")


def test_quotes_cannot_end_an_attribute():
    assert escaped("a\"b'c") == "a&quot;b&#x27;c"


def test_a_picture_is_in_its_own_address():
    assert jpeg_uri(b"\xff\xd8\xff") == "data:image/jpeg;base64,/9j/"


def test_a_page_takes_the_place_of_the_old_one_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "page.html"
    for text in ("first", "second \udcff"):
        write_whole(path, text)

    assert path.read_text("utf-8") == "second \\udcff"
    assert list(path.parent.iterdir()) == [path]


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "page.html", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
