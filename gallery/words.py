"""What needs more than a sentence to be said in every language: colours, lists of things, files that are no pictures."""

from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop, pgettext

from ml.inference import UnreadableImage

_DEPTHS = ("dark ", "light ", "bright ", "greyish ")


def colour_label(name: str) -> str:
    """A colour as `palette.name_of` names it, in the language of the page: "dark blue", "dunkelblau"."""
    depth, _, hue = name.partition(" ") if name.startswith(_DEPTHS) else ("", "", name)
    # Translators: names of colours; how dark or bright they are is added to them.
    hues = {
        "pink": pgettext("colour", "pink"),
        "red": pgettext("colour", "red"),
        "orange": pgettext("colour", "orange"),
        "brown": pgettext("colour", "brown"),
        "ochre": pgettext("colour", "ochre"),
        "yellow": pgettext("colour", "yellow"),
        "olive green": pgettext("colour", "olive green"),
        "green": pgettext("colour", "green"),
        "sea green": pgettext("colour", "sea green"),
        "turquoise": pgettext("colour", "turquoise"),
        "blue": pgettext("colour", "blue"),
        "violet": pgettext("colour", "violet"),
        "purple": pgettext("colour", "purple"),
        "black": pgettext("colour", "black"),
        "grey": pgettext("colour", "grey"),
        "white": pgettext("colour", "white"),
    }
    depths = {
        "": "%(colour)s",
        "dark": pgettext("colour", "dark %(colour)s"),
        "light": pgettext("colour", "light %(colour)s"),
        "bright": pgettext("colour", "bright %(colour)s"),
        "greyish": pgettext("colour", "greyish %(colour)s"),
    }
    return depths[depth] % {"colour": hues[hue]}


# What ml says of files that are no pictures (ml/preprocess.py), and the kinds of files that have no proper name.
PICTURE_PROBLEMS = (
    gettext_noop("This file is empty. Choose the picture again."),
    gettext_noop("This file is not a picture. Choose a JPEG, PNG, WebP, AVIF, GIF or TIFF."),
    gettext_noop("This kind of file cannot be read here. Save it as JPEG or PNG and try again."),
    gettext_noop("This kind of file (%(kind)s) cannot be read here. Save it as JPEG or PNG and try again."),
    gettext_noop("This picture has too many pixels. Make it smaller and try again."),
    gettext_noop(
        "This picture has %(millions)s million pixels; %(most)s million is the most for %(kind)s. Make it smaller and try again."
    ),
    gettext_noop("This picture is too small. Each side needs at least %(least_px)s pixels."),
    gettext_noop("This picture is too long. A side may have %(most_px)s pixels at most."),
    gettext_noop(
        "This JPEG is made of too many scans, so opening it would take too long. Save it again as an ordinary JPEG and try again."
    ),
    gettext_noop("This file ends too early, so it cannot be opened. Try saving it again as JPEG or PNG."),
    gettext_noop("This file is damaged, so it cannot be opened. Try saving it again as JPEG or PNG."),
)
KINDS_OF_FILES = (gettext_noop("icon"), gettext_noop("video"), gettext_noop("web page"))

# How Django's filesizeformat writes sizes. Its own French counts in Mio, ours in Mo on every page.
SIZES = (gettext_noop("%s KB"), gettext_noop("%s MB"), gettext_noop("%s GB"), gettext_noop("%s TB"))


def picture_problem(error: UnreadableImage) -> str:
    """What is wrong with a picture and what to do, in the language of the page."""
    return gettext(error.sentence) % {name: _said(fact) for name, fact in error.facts.items()}


def _said(fact: int | str) -> str:
    if isinstance(fact, int):
        return number_format(fact, force_grouping=True)
    return gettext(fact) if fact in KINDS_OF_FILES else fact


def all_of(names: Sequence[str]) -> str:
    """Names as a list in a sentence: "Cubism, Realism and Pop Art"; empty without any."""
    *before, last = names or [""]
    if not before:
        return last
    # Translators: the end of a list; English has no comma before "and".
    return gettext("%(before)s and %(last)s") % {"before": _row(before), "last": last}


def one_of(names: Sequence[str]) -> str:
    """Names as a choice in a sentence: "Cubism, Realism or Pop Art"; empty without any."""
    *before, last = names or [""]
    if not before:
        return last
    # Translators: the end of a list.
    return gettext("%(before)s or %(last)s") % {"before": _row(before), "last": last}


def _row(names: Sequence[str]) -> str:
    row, *others = names
    for name in others:
        # Translators: a list that goes on.
        row = gettext("%(before)s, %(next)s") % {"before": row, "next": name}
    return row
