"""What templates need to hang works in their own proportions, and to draw the timeline."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.forms import Form
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, npgettext

from gallery import said, words
from gallery.models import THUMBNAIL_PX, Artwork, Style
from gallery.pictures import ENCODINGS, Copies

register = template.Library()

NARROWEST, WIDEST = (
    24,
    400,
)  # width in percent of the height; beyond, a picture stands in a frame of this shape
FIRST_YEAR = 1400
LANE_PX = 11
AXIS_PX = 20
GAP_YEARS = 4  # what two styles in one lane keep between them


register.filter("colour_label", words.colour_label)
register.filter("one_of", words.one_of)


@register.filter
def unbroken(text: str) -> str:
    """For large headings: no line ends within "Ukiyo-e", "two-factor" or "sign-in".

    Longer parts after a hyphen may go to the next line, or words such as "Zwei-Faktor-Anmeldung" would not fit.
    """
    return re.sub(r"-(?=\w{1,6}\b)", "\N{NON-BREAKING HYPHEN}", text)


@register.filter
def all_of(things: Iterable) -> str:
    """Styles, or names of styles, as a list in a sentence: "Cubism, Realism and Pop Art"."""
    return words.all_of([_label(thing) for thing in things])


@register.filter
def all_linked(styles: Iterable[Style]) -> str:
    """Styles as a list in a sentence, each a link to its page."""
    links = [format_html('<a href="{}">{}</a>', style.get_absolute_url(), style.label) for style in styles]
    return mark_safe(words.all_of(links))  # noqa: S308 - of nothing but links made above, and a catalogue's "and"


def _label(thing: object) -> str:
    return thing.label if hasattr(thing, "label") else said.style_name(str(thing))


@register.simple_tag
def in_english(original: str = "", shown: str = "") -> SafeString:
    """The attribute of an element whose text is in English: ` lang="en"`, nothing on English pages.

    With `shown`, a text that may have been translated: nothing where it differs from the original.
    """
    is_english = get_language() in {None, settings.LANGUAGE_CODE} or original != shown
    return SafeString("") if is_english else format_html(' lang="{}"', settings.LANGUAGE_CODE)


@register.filter
def styles_of(works: Iterable[Artwork]) -> list[Style]:
    """The style of each work."""
    return [work.style for work in works]


@register.filter
def works_by_artists(style: Style) -> str:
    """How many works by how many artists are here: "1,204 works by 37 artists here"; "2 works here" of studies."""
    if not style.artist_count:
        said = ngettext("%(number)s work here", "%(number)s works here", style.artwork_count)
        return said % {"number": number_format(style.artwork_count, force_grouping=True)}
    counts = {
        "works": npgettext(
            "how many works by how many artists", "%(number)s work", "%(number)s works", style.artwork_count
        )
        % {"number": number_format(style.artwork_count, force_grouping=True)},
        "artists": npgettext(
            "how many works by how many artists",
            "%(number)s artist",
            "%(number)s artists",
            style.artist_count,
        )
        % {"number": number_format(style.artist_count, force_grouping=True)},
    }
    return gettext("%(works)s by %(artists)s here") % counts


@register.simple_tag(takes_context=True)
def canonical(context: dict, path: str) -> str:
    """The one address that search engines shall keep of a page; goes into the head."""
    return format_html('<link rel="canonical" href="{}">', context["request"].build_absolute_uri(path))


@register.simple_tag(takes_context=True)
def canonical_list(context: dict, wanted: Form) -> str:
    """The one address of a page of a list: what was asked for and fits, and the place in the list.

    Lists for somebody's own words are not for search engines at all.
    """
    request = context["request"]
    kept = {name: request.GET[name] for name in (*wanted.wanted, "after", "before") if request.GET.get(name)}
    link = canonical(context, f"{request.path}?{urlencode(kept)}" if kept else request.path)
    return (
        format_html('{}<meta name="robots" content="{}">', link, "noindex, follow") if "q" in kept else link
    )


@register.simple_tag
def ratio_class(width: int | None, height: int | None) -> str:
    """CSS class of a frame as wide for its height as the picture, to 4 % or better: "ratio-134".

    Policy forbids style attributes, so site.css has one class for each shape of frame.
    Unknown sizes get a square.
    """
    percent = round(100 * width / height) if width and height else 100
    return f"ratio-{_nearest_shape(min(max(percent, NARROWEST), WIDEST))}"


def _nearest_shape(percent: int) -> int:
    step = 2 if percent < 100 else 4 if percent < 200 else 8
    return round(percent / step) * step


class Place(NamedTuple):
    """Where a picture hangs: the copies that fit there, and how wide it is, as `sizes` says it to browsers.

    On phones a tenth less than it is: nobody sees that their finest dots are not all filled, and a copy
    of half the weight comes in sooner.
    """

    copies_px: tuple[int, ...]
    sizes: str


def _wall(ratio: float) -> Place:
    """Rows of site.css, 5rem + 11vw high and stretched by a seventh on average; two columns on a phone."""
    widest_px = 960 if ratio > WIDE else 720
    width = f"calc({92 * ratio:.0f}px + {12.6 * ratio:.1f}vw)"
    return Place((320, THUMBNAIL_PX, widest_px), f"(max-width:36rem) 40vw,{width}")


def _room(ratio: float) -> Place:
    """The one picture that a page is about: most of the screen on a phone, else the smaller column."""
    phone, desk = (
        f"min(82vw,{52 * ratio:.0f}vh)",
        f"min(37vw,calc({100 * ratio:.0f}vh - {144 * ratio:.0f}px))",
    )
    return Place((THUMBNAIL_PX, 720, 960, 1280), f"(max-width:52rem) {phone},{desk}")


def _work(ratio: float) -> Place:
    """A work of the catalogue on its own page, in the larger column."""
    phone, desk = (
        f"min(82vw,{52 * ratio:.0f}vh)",
        f"min(50vw,calc({100 * ratio:.0f}vh - {144 * ratio:.0f}px))",
    )
    return Place((THUMBNAIL_PX, 720, 960, 1280), f"(max-width:52rem) {phone},{desk}")


def _side(ratio: float) -> Place:
    """One of two beside each other."""
    return Place((320, THUMBNAIL_PX, 720, 960), f"min(42vw,{62 * ratio:.0f}vh)")


def _list(ratio: float) -> Place:
    """Small, beside words or in a row of three."""
    return Place((320, THUMBNAIL_PX), f"(max-width:36rem) 26vw,{min(152, 176 * ratio):.0f}px")


PLACES: dict[str, Callable[[float], Place]] = {
    "wall": _wall,
    "room": _room,
    "work": _work,
    "side": _side,
    "list": _list,
}
WIDE = 1.6  # wider pictures need larger copies to be as high
# When a picture is fetched: once it comes near, as soon as the page is read, or before all others.
COMES = {
    "later": SafeString(' loading="lazy"'),
    "soon": SafeString(""),
    "first": SafeString(' fetchpriority="high"'),
}


@register.simple_tag
def picture(copies: Copies, alt: str, place: str = "wall", comes: str = "later") -> SafeString:
    """A picture in the size and kind that suits, with what stands in while it loads; goes into a `.frame`.

    `place` is one of PLACES, `comes` one of COMES: "later" for all that is not in sight at once,
    "first" for the one picture that a page is about.
    """
    hung = PLACES[place](copies.width / copies.height)
    *smaller, last = ENCODINGS
    sources = (
        (ENCODINGS[kind].media_type, hung.sizes, copies.srcset(kind, hung.copies_px)) for kind in smaller
    )
    return format_html(
        '<picture>{}<img src="{}" width="{}" height="{}" alt="{}"{} decoding="async"></picture>{}',
        format_html_join("", '<source type="{}" sizes="{}" srcset="{}">', sources),
        copies.at(hung.copies_px[-1] if place in {"room", "work"} else THUMBNAIL_PX, last),
        copies.width,
        copies.height,
        alt,
        COMES[comes],
        _stand_in(copies),
    )


def _stand_in(copies: Copies) -> SafeString:
    """Behind the picture and after it, so that whoever asks for the first picture of a frame gets the real one."""
    if not copies.placeholder:
        return SafeString("")
    return format_html(
        '<img class="blur" src="data:image/webp;base64,{}" width="{}" height="{}" alt="">',
        copies.placeholder,
        copies.width,
        copies.height,
    )


@dataclass(frozen=True)
class Span:
    """One style on the timeline: lengths as SVG percentages, `y` in pixels."""

    style: Style
    x: str
    width: str
    y: int


@dataclass(frozen=True)
class Tick:
    label: str
    x: str
    anchor: str


@register.inclusion_tag("gallery/_timeline.html")
def timeline(styles: Iterable[Style], current: Style) -> dict:
    """The styles on a line of years, `current` marked. Styles without years are left out."""
    today = timezone.localdate().year
    dated = [style for style in styles if style.start_year is not None]
    lanes = _lanes(dated, today)
    spans = [
        Span(
            style,
            _place(style.start_year, today),
            _length(style.start_year, style.end_year or today, today),
            lane * LANE_PX,
        )
        for style, lane in lanes
    ]
    depth = (max((lane for _, lane in lanes), default=0) + 1) * LANE_PX
    return {
        "spans": spans,
        "ticks": _ticks(today),
        "current": current,
        "depth": depth,
        "height": depth + AXIS_PX,
        "text_y": depth + AXIS_PX - 6,
    }


def _lanes(styles: list[Style], today: int) -> list[tuple[Style, int]]:
    """Each style with the first lane that is free when it begins."""
    free_from: list[int] = []
    placed = []
    for style in sorted(styles, key=lambda style: style.start_year):
        lane = next((i for i, year in enumerate(free_from) if year <= style.start_year), len(free_from))
        free_from[lane : lane + 1] = [(style.end_year or today) + GAP_YEARS]
        placed.append((style, lane))
    return placed


def _place(year: int, today: int) -> str:
    share = (year - FIRST_YEAR) / (today - FIRST_YEAR)
    return f"{min(max(share, 0), 1) * 100:.2f}%"


def _length(start: int, end: int, today: int) -> str:
    start, end = max(start, FIRST_YEAR), max(end, FIRST_YEAR)
    return f"{max((end - start) / (today - FIRST_YEAR) * 100, 0.8):.2f}%"


def _ticks(today: int) -> list[Tick]:
    centuries = [Tick(str(year), _place(year, today), "middle") for year in range(1500, today - 50, 100)]
    return [Tick("1400", "0%", "start"), *centuries, Tick(gettext("today"), "100%", "end")]
