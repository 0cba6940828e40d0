"""The pages about StyleArt itself, as chapters of one book: a table of contents, and what comes before and after."""

from django import template
from django.utils.translation import gettext_lazy, pgettext_lazy

register = template.Library()

CHAPTERS = {
    "about": pgettext_lazy("chapter", "What StyleArt is"),
    "gallery:model": gettext_lazy("The model"),
    "gallery:data": gettext_lazy("The data"),
    "gallery:chronology": gettext_lazy("When each style was painted"),
}


@register.inclusion_tag("_book_contents.html")
def book_contents(here: str) -> dict:
    """The table of contents; `here` is the name of the page's address."""
    return {"chapters": CHAPTERS.items(), "here": here}


@register.inclusion_tag("_book_turn.html")
def book_turn(here: str) -> dict:
    """The chapters before and after, for the end of the page."""
    names = list(CHAPTERS)
    place = names.index(here)
    return {
        "before": [(name, CHAPTERS[name]) for name in names[max(place - 1, 0) : place]],
        "after": [(name, CHAPTERS[name]) for name in names[place + 1 : place + 2]],
    }
