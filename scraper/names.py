"""Read what WikiArt and file names write: names, titles, years, slugs."""

import html
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

PARTICLES = {"van", "von", "der", "den", "de", "di", "da", "del", "della", "dei", "degli", "du", "des",
             "do", "dos", "ter", "ten", "zu", "zur", "af", "of", "the", "y"}  # fmt: skip
SMALL_WORDS = {"a", "an", "and", "the", "of", "in", "on", "at", "to", "by", "with", "for", "from", "or",
               "de", "del", "la", "le", "les", "du", "des", "et", "à", "von", "der", "und"}  # fmt: skip
ROMAN_NUMERALS = {"ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xiii", "xiv", "xv", "xvi"}
TITLE_NOT_KNOWN = "Title not known"

# Letters that NFKD does not take apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# What no text of ours may hold: PostgreSQL refuses NUL, UTF-8 knows no halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_MARKUP = re.compile(r"\[/?(?:i|b|u|url|img|ul|li|br|p|quote)\b[^\[\]\n]{0,400}\]", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)\d{3,4}(?!\d)")
# WikiArt's painting slugs end in the year and, where that is not unique, in a number: "water-lilies-1919-4".
_YEAR_AT_END = re.compile(r"-(1[0-9]{3}|20[0-9]{2})(?:-\d{1,2})?$")


def clean(text: str | None) -> str:
    """Unescape entities (WikiArt escapes some twice), drop odd blanks, bring to NFC."""
    return " ".join(_unescaped(text).replace("`", "'").split())


def prose(text: str | None) -> str:
    """Clean a longer text: `[i]` and `[url href=…]` go, paragraphs stay, an empty line between them."""
    lines = (" ".join(line.split()) for line in _MARKUP.sub("", _unescaped(text)).splitlines())
    return "\n\n".join(line for line in lines if line)


def _unescaped(text: str | None) -> str:
    text = text or ""
    if text.isascii() and text.isprintable() and "&" not in text:
        return text
    for _ in range(4):  # WikiArt escapes twice at most
        if "&" not in text:
            break
        text = html.unescape(text)
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", text))


def listed(text: str | None) -> tuple[str, ...]:
    """The values of "Cubism, Abstract Art", each once."""
    return distinct((text or "").split(","))


def distinct(texts: list[str]) -> tuple[str, ...]:
    """Clean texts, each once, in their order; no empty ones."""
    return tuple(dict.fromkeys(filter(None, map(clean, texts))))


def place(text: str | None) -> str:
    """Part the town and the country that WikiArt glues together: "OsloNorway" is Oslo, Norway."""
    text = clean(text)
    ends = [
        at
        for at in range(1, len(text))
        if text[at].isupper() and text[at - 1].islower() and not re.search(r"\bMa?c$", text[:at])
    ]
    return f"{text[: ends[-1]]}, {text[ends[-1] :]}" if ends else text


def repaired(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 and then put in lower case: "grã©goire" is "grégoire".

    Pairs that cannot have come about otherwise are put right; all else is left alone.
    """
    text = unicodedata.normalize("NFC", text)
    return re.sub("[ÂÃâã][\x80-\xbf]", _repaired_pair, text).strip()


def _repaired_pair(match: re.Match) -> str:
    first, second = match[0]
    return bytes([ord(first.upper()), ord(second)]).decode().lower()


@lru_cache(maxsize=4096)  # the same few artists and styles, over and over
def slug_of(text: str) -> str:
    """Fold to lower-case ASCII letters, digits and single hyphens; empty if there is none in it."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def artist_from_slug(slug: str) -> str:
    """ "vincent-van-gogh" is Vincent van Gogh, "m.c.-escher" M.C. Escher."""
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", slug.replace("-", " "))
    named = [_name_word(words, place) for place in range(len(words))]
    name = " ".join(named).replace("' ", "'")
    return re.sub(r"(?<=\b\w\.) (?=\w\.)", "", name)


def _name_word(words: list[str], place: int) -> str:
    word, is_inner = words[place], 0 < place < len(words) - 1
    if word in ROMAN_NUMERALS and place > 0:
        return word.upper()
    if word in PARTICLES and is_inner:
        return word
    if len(word) == 1:
        # Not an initial but a half: Georgia O'Keeffe, Allan D'Arcangelo.
        return word.upper() + ("'" if word in "od" and is_inner and len(words[place - 1]) > 1 else ".")
    return "'".join(part[:1].upper() + part[1:] for part in word.split("'"))


@lru_cache(maxsize=4096)
def artist_name(name: str, slug: str) -> str:
    """Bring "Monet Claude " into the order that the slug shows: Claude Monet.

    Without a name it is read from the slug.
    """
    words = clean(name).split()
    for start in range(len(words)):
        turned = " ".join(words[start:] + words[:start])
        if slug_of(turned) == slug_of(slug):
            return turned
    return " ".join(words) or artist_from_slug(slug)


def title_and_year(slug: str) -> tuple[str, int | None]:
    """ "the-artist-s-house-1912" is The Artist's House, 1912. What a file name has lost stays lost."""
    slug = re.sub(r"\(\d+\)$", "", slug.replace("_", "-"))
    if re.fullmatch(r"not-detected-\d+", slug):  # what WikiArt calls a title in no alphabet it knows
        return TITLE_NOT_KNOWN, None
    match = _YEAR_AT_END.search(slug)
    year = int(match[1]) if match and int(match[1]) <= date.today().year else None
    words = (slug[: match.start()] if year else slug).split("-")
    return title_of_words(
        " ".join(_title_word(word, place) for place, word in enumerate(words) if word)
    ), year


def _title_word(word: str, place: int) -> str:
    if word in ROMAN_NUMERALS:
        return word.upper()
    return word if place and word in SMALL_WORDS else word[:1].upper() + word[1:]


def title(text: str | None) -> str:
    """Clean a title as WikiArt gives it; TITLE_NOT_KNOWN where it gives none."""
    text = clean(text)
    return TITLE_NOT_KNOWN if not text or re.fullmatch(r"not detected \d+", text, re.IGNORECASE) else text


def title_of_words(text: str) -> str:
    """Give back the apostrophes that file names lose: "Woman S Likeness" is Woman's Likeness."""
    text = re.sub(r"(?<=\w) S\b", "'s", title(text))
    text = re.sub(
        r"\b(don|can|won|isn|doesn|didn|couldn|wouldn|wasn) t\b", r"\1't", text, flags=re.IGNORECASE
    )
    text = re.sub(r"(?<=\w )D (?=[AEIOUH][a-z])", "d'", text)
    return re.sub(r"\b([DL]) (?=[AEIOUH][a-z])", r"\1'", text)


def year_of(value: str | int | None) -> int | None:
    """The first year in 1888, "c.1488" or "1920-1930"; None for "XX cent.", "0001" and the like."""
    match = _YEAR.search(str(value)) if value is not None else None
    year = int(match[0]) if match else 0
    return year if 100 <= year <= date.today().year else None


def life_years(facts: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Years of birth and death from WikiArt's `birthDay`, `birthDayAsString` and so on."""
    birth, death = _life_year(facts, "birthDay"), _life_year(facts, "deathDay")
    if birth and death and death < birth:  # one of them is wrong, and nobody says which
        return None, None
    return birth, death


def _life_year(facts: Mapping[str, Any], field: str) -> int | None:
    """The text counts, because the number is sometimes wrong by 1,895 years; 0001 says "no date"."""
    if year := year_of(facts.get(f"{field}AsString")):
        return year
    match = re.fullmatch(r"/Date\((-?\d{1,15})\)/", str(facts.get(field) or ""))
    try:
        year = (date(1970, 1, 1) + timedelta(milliseconds=int(match[1]))).year if match else 0
    except OverflowError:
        return None
    return year_of(year) if year > 1000 else None
