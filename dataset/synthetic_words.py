"""What drawn signs say: Korean shop names and notices, English, numbers, prices, addresses."""

import string
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from dataset.sample_text import ENGLISH, KOREAN, SYLLABLES

Rng = np.random.Generator


def _read_signs() -> dict[str, list[str]]:
    """The words of Korean signs by their part in them, from the text file beside this module."""
    text = Path(__file__).with_name("synthetic_words_ko.txt").read_text(encoding="utf-8")
    signs: dict[str, list[str]] = {}
    for line in text.splitlines():
        part, *words = line.split()
        signs.setdefault(part, []).extend(words)
    return signs


_SIGNS = _read_signs()
_ENDINGS = ("com", "co.kr", "kr", "net", "org", "go.kr", "io")
# Numbers of consonants and vowels in Unicode's Hangul, the common ones; 0 is no final consonant.
_INITIALS, _VOWELS = (0, 2, 3, 5, 6, 7, 9, 11, 12, 14, 18), (0, 4, 6, 8, 13, 18, 20)
_FINALS = (0, 0, 0, 0, 1, 4, 8, 16, 17, 19, 21)
# Of prices: characters that fewer fonts have.
SIGNS = "₩€£"
# What every font can write.
LATIN_FALLBACK = "OPEN"


def draw_text(rng: Rng, hangul: bool) -> str:
    """One word as a sign has it; Hangul in most cases where that is allowed."""
    kinds, shares = (_KOREAN_KINDS, _KOREAN_SHARES) if hangul else (_KINDS, _SHARES)
    return kinds[int(np.searchsorted(shares, rng.random()))](rng)


def alphabet() -> frozenset[str]:
    """All characters that the fixed lists and the generators may write, Hangul of lists only."""
    words = (*chain.from_iterable(_SIGNS.values()), *KOREAN, *ENGLISH)
    return frozenset("".join(words) + string.printable.strip() + SIGNS)


def _one(rng: Rng, words: Sequence[str]) -> str:
    return words[int(rng.integers(len(words)))]


def _cased(rng: Rng, word: str) -> str:
    return (word.upper(), word.title(), word.lower())[int(rng.choice(3, p=(0.45, 0.3, 0.25)))]


def _english(rng: Rng) -> str:
    word = _cased(rng, _one(rng, ENGLISH))
    return word + _one(rng, "!:.,?") if rng.random() < 0.06 else word


def _invented(rng: Rng) -> str:
    return _cased(rng, "".join(_one(rng, SYLLABLES) for _ in range(rng.integers(1, 5))))


def _number(rng: Rng) -> str:
    return str(rng.integers(10 ** int(rng.integers(1, 7))))


def _price(rng: Rng) -> str:
    if rng.random() < 0.5:
        won = f"{100 * rng.integers(5, 1000):,}"
        return (f"{won}원", f"₩{won}", won)[rng.integers(3)]
    return f"{_one(rng, '$€£')}{rng.integers(1, 200)}{_one(rng, ['', '.00', '.50', '.99'])}"


def _plain_price(rng: Rng) -> str:
    return f"{_one(rng, ['$', '', 'S$'])}{rng.integers(1, 100)}.{rng.integers(100):02d}"


def _phone(rng: Rng) -> str:
    first = _one(rng, ["02", "031", "051", "010", "070", "1588", "+65"])
    last = f"{rng.integers(10_000):04d}"
    return f"{first}-{last}" if len(first) == 4 else f"{first}-{rng.integers(200, 9999)}-{last}"


def _time_or_date(rng: Rng) -> str:
    if rng.random() < 0.5:
        return f"{rng.integers(24)}:{rng.integers(60):02d}{_one(rng, ['', '', 'am', 'PM'])}"
    mark = _one(rng, "./-")
    return (
        f"{rng.integers(1990, 2031)}{mark}{rng.integers(1, 13):02d}{mark}{rng.integers(1, 29):02d}"
    )


def _address(rng: Rng) -> str:
    name = "".join(_one(rng, SYLLABLES) for _ in range(rng.integers(1, 4)))
    place = f"{name}.{_one(rng, _ENDINGS)}"
    return (f"www.{place}", f"info@{place}", place, f"@{name}", f"http://{place}")[rng.integers(5)]


def _code(rng: Rng) -> str:
    letters = "".join(_one(rng, string.ascii_uppercase) for _ in range(rng.integers(1, 4)))
    return f"{letters}{_one(rng, ['', '-', ' '])}{rng.integers(1, 10_000)}".replace(" ", "")


def _sign(rng: Rng) -> str:
    low, high = rng.integers(1, 40), rng.integers(1, 1000)
    return _one(
        rng,
        ("&", "1+1", "24h", "P", "(C)", "No.", f"{low}%", f"-{low}%", f"#{low}", f"{low}F",
         f"B{low % 7 + 1}", f"{high}m"),
    )  # fmt: skip


def _shop(rng: Rng) -> str:
    if rng.random() < 0.5:
        return _one(rng, _SIGNS["names"]) + _one(rng, _SIGNS["shops"])
    return _one(rng, _SIGNS["shops" if rng.random() < 0.6 else "names"])


def _korean(rng: Rng) -> str:
    return _one(rng, KOREAN if rng.random() < 0.5 else _SIGNS["nouns"])


def _korean_with_particle(rng: Rng) -> str:
    return _one(rng, _SIGNS["nouns"]) + _one(rng, _SIGNS["particles"])


def _korean_verb(rng: Rng) -> str:
    return _one(rng, _SIGNS["verbs"])


def _korean_place(rng: Rng) -> str:
    if rng.random() < 0.5:
        return f"{rng.integers(1, 500)}{_one(rng, _SIGNS['places'])}"
    return _one(rng, _SIGNS["names"]) + _one(rng, _SIGNS["places"])


def _korean_number(rng: Rng) -> str:
    return f"{rng.integers(1, 100)}{_one(rng, _SIGNS['counters'])}"


def _invented_hangul(rng: Rng) -> str:
    """Syllables that Korean could have: for the shapes of letters, the meaning does not matter."""
    letters = []
    for _ in range(rng.integers(1, 5)):
        first, vowel, last = (int(rng.choice(part)) for part in (_INITIALS, _VOWELS, _FINALS))
        letters.append(chr(0xAC00 + (first * 21 + vowel) * 28 + last))
    return "".join(letters)


Kind = Callable[[Rng], str]


def _table(*rows: tuple[Kind, float]) -> tuple[tuple[Kind, ...], np.ndarray]:
    """Kinds, and the running sums of their shares, the last of which is 1."""
    shares = np.cumsum([share for _, share in rows])
    return tuple(kind for kind, _ in rows), shares / shares[-1]


_KINDS, _SHARES = _table(
    (_english, 50), (_invented, 16), (_number, 9), (_plain_price, 5), (_phone, 4),
    (_time_or_date, 4), (_address, 3), (_code, 5), (_sign, 4),
)  # fmt: skip
_KOREAN_KINDS, _KOREAN_SHARES = _table(
    (_shop, 24), (_korean, 20), (_korean_with_particle, 9), (_korean_verb, 7), (_korean_place, 6),
    (_korean_number, 5), (_invented_hangul, 9), (_price, 6),
    (_number, 3), (_phone, 3), (_english, 8),
)  # fmt: skip
