"""What the generated images say, and the fonts that say it.

Fonts come with matplotlib (DejaVu, STIX, Computer Modern); whatever the system has is added.
Matplotlib is imported where fonts are looked for: those who draw nothing need not wait for it.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

# Enough for variety; a desktop with thousands of fonts should not take minutes to look through.
MOST_SYSTEM_FONTS = 250
# Bundled with matplotlib under letters' code points, but drawing mathematical signs.
_SIGN_FONTS = ("cmex", "cmmi", "cmsy", "LastResort")
# Parts of the file names of fonts that are likely to hold Hangul: these are looked at first.
_KOREAN_NAMES = (
    "nanum", "malgun", "gothic", "batang", "gulim", "dotum", "cjk", "kr", "apple", "un", "baek",
)  # fmt: skip

SYLLABLES = (
    "ba", "co", "da", "el", "fi", "go", "ha", "in", "jo", "ka", "lu", "mo", "na", "or", "pa", "qui",
    "ro", "sa", "ta", "um", "va", "wo", "xi", "yo", "za",
)  # fmt: skip


def _read_words(language: str) -> list[str]:
    """The words of shop fronts and street signs, from the text file beside this module."""
    path = Path(__file__).with_name(f"sample_words_{language}.txt")
    return path.read_text(encoding="utf-8").split()


ENGLISH, KOREAN = _read_words("en"), _read_words("ko")


@dataclass(frozen=True)
class Font:
    """A font file and whether it has Hangul; every font here has Latin letters and digits."""

    path: str
    hangul: bool


@lru_cache(maxsize=4)
def find_fonts(files: tuple[Path, ...] | None = None) -> tuple[Font, ...]:
    """The usable fonts of matplotlib and of this system, in an order that stays the same.

    files: looked at instead of those.
    """
    if files is None:
        import matplotlib
        from matplotlib import font_manager

        bundled = sorted(Path(matplotlib.get_data_path(), "fonts", "ttf").glob("*.ttf"))
        system = sorted(map(Path, font_manager.findSystemFonts()), key=_korean_first)
        files = (*bundled, *system[:MOST_SYSTEM_FONTS])
    names = {path.name: path for path in reversed(files)}
    fonts = (_examine(path) for path in reversed(names.values()))
    return tuple(font for font in fonts if font is not None)


def _korean_first(path: Path) -> tuple[bool, str]:
    return not any(part in path.name.lower() for part in _KOREAN_NAMES), str(path)


def charmap(path: Path) -> frozenset[int]:
    """The code points that a font file has glyphs for; none where FreeType cannot read it."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


def _examine(path: Path) -> Font | None:
    if path.name.startswith(_SIGN_FONTS):
        return None
    characters = charmap(path)
    if not all(ord(letter) in characters for letter in string.ascii_letters + string.digits):
        return None
    return Font(str(path), hangul=all(ord(letter) in characters for letter in "가힣뷁"))


def draw_word(rng: np.random.Generator, hangul: bool) -> str:
    """A word as signs have it: a name, a number, a price; Hangul two times in three if allowed.

    Never with a comma: a label file could not tell ``12,500`` from one more point.
    """
    if hangul and rng.random() < 2 / 3:
        return str(rng.choice(KOREAN))
    kind = _KINDS[int(rng.choice(len(_KINDS), p=_SHARES))]
    return kind(rng)


def _english(rng: np.random.Generator) -> str:
    return _cased(rng, str(rng.choice(ENGLISH)))


def _invented(rng: np.random.Generator) -> str:
    return _cased(rng, "".join(rng.choice(SYLLABLES, size=rng.integers(1, 5))))


def _cased(rng: np.random.Generator, word: str) -> str:
    return (word.upper(), word.title(), word.lower())[rng.choice(3, p=(0.5, 0.3, 0.2))]


def _number(rng: np.random.Generator) -> str:
    low, high = ((1, 100), (100, 10_000), (10_000, 10_000_000))[rng.integers(3)]
    return str(rng.integers(low, high))


def _price(rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        return f"{rng.choice(['$', ''])}{rng.integers(1, 100)}.{rng.integers(100):02d}"
    return f"{rng.integers(1, 1000)}00"


def _phone_or_time(rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        return f"{rng.integers(24)}:{rng.integers(60):02d}"
    return f"{rng.integers(100, 1000)}-{rng.integers(1000, 10_000)}"


def _code(rng: np.random.Generator) -> str:
    letters = "".join(rng.choice(list(string.ascii_uppercase), size=rng.integers(1, 3)))
    return f"{letters}{rng.choice(['', '-'])}{rng.integers(1, 1000)}"


def _share(rng: np.random.Generator) -> str:
    return f"{rng.integers(1, 100)}%"


_KINDS: tuple[Callable[[np.random.Generator], str], ...] = (
    _english, _invented, _number, _price, _phone_or_time, _code, _share,
)  # fmt: skip
_SHARES = (0.56, 0.14, 0.1, 0.06, 0.05, 0.06, 0.03)
