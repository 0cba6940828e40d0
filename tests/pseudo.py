"""A language in which every translated text stands between ⟦ and ⟧, to find words that nobody can translate.

    with pseudo.language():
        page = client.get("/").content.decode()
    assert pseudo.unmarked(page) == []

What comes from the database needs no brackets (`words_of_the_database`), names and numbers need none either.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import translation
from django.utils.translation import trans_real

OURS = ("gallery", "classifier", "scraper", "styleart_site")
CODE = (
    "en"  # it takes the place of English, so that dates, numbers and texts of the database stay as they are
)
SEEN_IN = ("alt", "aria-label", "placeholder", "title", "data-title", "data-hint")
SILENT = {"script", "style", "code", "template", "datalist", "textarea"}
# The same in every language.
NAMES = [
    "StyleArt", "WikiArt", "Wikipedia", "MobileNetV2", "SVG", "PNG", "JPEG", "WebP", "AVIF", "GIF", "TIFF",
    "English", "Français", "Deutsch",
]  # fmt: skip


class Bracketed:
    """The catalogue of this language. A context, before the sign U+0004, is left out as in a real one."""

    def __init__(self, real: trans_real.DjangoTranslation) -> None:
        self._real = real

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, one: str, several: str, number: int) -> str:
        return self.gettext(one if number == 1 else several)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


@contextlib.contextmanager
def language() -> Iterator[None]:
    """Speak it instead of English."""
    real = trans_real.translation(CODE)
    trans_real._translations[CODE] = Bracketed(real)
    translation.activate(CODE)
    try:
        yield
    finally:
        trans_real._translations[CODE] = real
        translation.activate(CODE)


class Seen(HTMLParser):
    """What people see or hear of a page: `texts` of its nodes, in order, and `told` by attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.told: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._silent += tag in SILENT
        for name, value in attributes:
            is_words = name in SEEN_IN or (tag == "script" and name.startswith("data-"))
            is_button = tag == "input" and name == "value" and ("type", "submit") in attributes
            is_about = tag == "meta" and name == "content" and _describes(dict(attributes))
            if value and (is_words or is_button or is_about):
                self.told.append(value)

    def handle_endtag(self, tag):
        self._silent -= tag in SILENT

    def handle_data(self, data):
        if not self._silent:
            self.texts.append(data)


def _describes(meta: dict) -> bool:
    return meta.get("name") == "description" or meta.get("property", "") in {
        "og:title",
        "og:description",
        "og:image:alt",
    }


def unmarked(page: str, *, known: Iterable[str] = ()) -> list[str]:
    """Words of a page that stand outside of brackets; `known` comes on top of names and the database's words."""
    seen = Seen(page)
    known = [*NAMES, *known, *words_of_the_database()]
    left = [*_outside(seen.texts), *(rest for told in seen.told for rest in _outside([told]))]
    return [words for text in left if (words := _without(text, known))]


def _outside(texts: Iterable[str]) -> Iterator[str]:
    """What of each text is outside of brackets, which may open in one text and close in a later one."""
    depth = 0
    for text in texts:
        kept = ""
        for sign in text:
            depth += sign == "⟦"
            kept += sign if depth == 0 else ""
            depth -= sign == "⟧"
        yield kept
    assert depth == 0, "a text in brackets was cut"


def _without(text: str, known: list[str]) -> str:
    """What is left of a text without known words; empty where that has no word of two letters."""
    for words in sorted(known, key=len, reverse=True):
        text = text.replace(words, " ")
    left = " ".join(re.sub(r"https?://\S+|\S+@\S+", " ", text).split())
    return left if re.search(r"[^\W\d_]{2}", left) else ""


def words_of_the_database() -> set[str]:
    """All texts that rows of ours hold, but not names of styles, slugs, choices: pages put these into words."""
    found: set[str] = set()
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.concrete_fields:
                if _is_free_text(field):
                    found.update(_flat(model._base_manager.values_list(field.name, flat=True)))
    found |= {text.partition("@")[0] for text in found if "@" in text}  # how the menu calls an account
    return {line.strip() for text in found for line in (text, *text.splitlines()) if len(line.strip()) > 1}


def _is_free_text(field: models.Field) -> bool:
    kinds = (models.CharField, models.TextField, ArrayField)
    is_name_of_style = field.model.__name__ == "Style" and field.name == "name"
    return (
        isinstance(field, kinds)
        and not isinstance(field, models.SlugField)
        and not field.choices
        and not is_name_of_style
    )


def _flat(values: Iterable) -> Iterator[str]:
    for value in values:
        yield from (str(one or "") for one in (value if isinstance(value, list) else [value]))
