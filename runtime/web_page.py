"""Web pages that stand alone: their pictures are inside, and they ask for nothing elsewhere."""

import base64
import html
from pathlib import Path

from runtime import whole_files
from runtime.messages import chosen_language

_STYLE = """
body{font:15px/1.5 system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans CJK KR",sans-serif;
margin:2em auto;max-width:70em;padding:0 1em;color:#222}
h1{font-size:1.5em} h2{font-size:1.15em;margin:2em 0 .3em;border-top:1px solid #ccc;padding-top:1em}
table{border-collapse:collapse} td,th{padding:.2em .9em .2em 0;text-align:left}
td.n,th.n{text-align:right} figure{margin:0;overflow-wrap:anywhere}
img{max-width:100%} figcaption{font-size:.85em} code{font-size:.9em;overflow-wrap:anywhere}
p{margin:.3em 0} details{margin:.5em 0} li{overflow-wrap:anywhere}
"""


def page(title: str, body: str, style: str = "") -> str:
    """A whole page in the chosen language; ``style`` comes after the style of all pages."""
    return (
        f'<!DOCTYPE html><html lang="{chosen_language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{_STYLE}{style}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def escaped(words: object) -> str:
    """Words as text and not as markup, between tags and within quoted attributes."""
    return html.escape(str(words))


def jpeg_uri(jpeg: bytes) -> str:
    """The picture as an address that holds all of it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all; raises OSError."""
    # A file name that is not UTF-8 becomes an escape.
    whole_files.write_whole(path, text.encode("utf-8", "backslashreplace"))
