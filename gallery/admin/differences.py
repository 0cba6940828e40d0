"""Tell changes in words: field, before, after."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..changes import MODELS
from ..models import Artist, Artwork, Change, Style
from ..said import TEXTS, style_name

LONGEST = 120  # characters of a value
POINTERS = {"style": Style, "artist": Artist, "famous_artists": Artist, "came_from": Style}
LANGUAGES = dict(settings.LANGUAGES)
LISTED = {
    "famous_artists": gettext_lazy("famous artists"),
    "came_from": gettext_lazy("came from"),
    "known_works": gettext_lazy("known works"),
    "redirects": gettext_lazy("redirects"),
}
WORDS = {
    "is_published": {True: gettext_lazy("on display"), False: gettext_lazy("in store")},
    "rights": dict(Artwork.Rights.choices),
}


@dataclass(frozen=True)
class Difference:
    """One field of one change."""

    label: str
    before: str
    after: str


def tell(changes: Iterable[Change]) -> list[Change]:
    """Give each change its `.differences`; two queries for all of them."""
    changes = list(changes)
    names = _names(changes)
    for change in changes:
        change.differences = list(_differences(change, names))
    return changes


def _differences(change: Change, names: dict) -> Iterable[Difference]:
    if change.before is None or change.after is None:
        return
    for name in change.fields:
        if (language := name.removeprefix("made_from_")) != name:
            if not any(f"{text}_{language}" in change.fields for text in TEXTS):
                yield _looked_at_again(language)
            continue
        before, after = (_told(name, values.get(name), names) for values in (change.before, change.after))
        yield Difference(_label(change.model, name), before, after)


def _looked_at_again(language: str) -> Difference:
    """Somebody said that a translation still fits, though the English was changed."""
    name = _("translation (%s)") % LANGUAGES.get(language, language)
    return Difference(name, _("perhaps outdated"), _("fits the English"))


def _label(model: str, name: str) -> str:
    text, _underscore, language = name.rpartition("_")
    if text in TEXTS and language in LANGUAGES:
        return f"{_label(model, text)} ({LANGUAGES[language]})"
    try:
        field = MODELS[model]._meta.get_field(name)
    except FieldDoesNotExist:
        return str(LISTED.get(name, name.replace("_", " ")))
    if name in LISTED:
        return str(LISTED[name])
    return str(field.verbose_name) if isinstance(field, Field) else name.replace("_", " ")


def _told(name: str, value: Any, names: dict) -> str:
    if name in WORDS:
        return str(WORDS[name].get(value, value))
    if name in POINTERS:
        pks = value if isinstance(value, list) else [value]
        told = ", ".join(names.get((POINTERS[name], pk), _("somebody gone")) for pk in pks if pk is not None)
    elif name == "redirects":
        told = ", ".join(slug for slug, *_ in value or [])
    elif isinstance(value, list):
        told = ", ".join(", ".join(map(str, some)) if isinstance(some, list) else str(some) for some in value)
    else:
        told = "" if value is None else str(value)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…"


def _names(changes: list[Change]) -> dict:
    wanted = {Artist: set(), Style: set()}
    for change in changes:
        for values in (change.before or {}, change.after or {}):
            for name in values.keys() & POINTERS.keys():
                value = values[name]
                wanted[POINTERS[name]].update(value if isinstance(value, list) else [value])
    return {
        (model, pk): style_name(name) if model is Style else name
        for model, pks in wanted.items()
        if pks
        for pk, name in model.objects.filter(pk__in=pks - {None}).values_list("pk", "name")
    }
