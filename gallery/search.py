"""Full-text search in titles and names: case, accents and punctuation do not matter, the last word may be begun.

PostgreSQL keeps the words of each row in `search_vector` (migration 0009), a column that Django need not know.
"""

import re

from django.db.models import BooleanField, Case, F, Func, IntegerField, QuerySet, Value, When
from django.db.models.functions import Cast

from .models import Artist, Artwork, Style, searchable

SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~‘’‚“”„«»‹›–—…·´"  # the same as in migration 0009
MAX_RANKED = 1000  # of more works that fit, only the newest are put in order
BEGINS = 1_000_000  # what it counts that a row begins with the words; below it stands how well they fit
SHORTEST_BEGINNING = 2  # letters: fewer begin too many words

_spaces = str.maketrans(dict.fromkeys(f"{SIGNS}\0", " "))  # PostgreSQL refuses NUL


def words(text: str) -> list[str]:
    """Folded words of a text, as the database keeps them."""
    return searchable(text).translate(_spaces).split()


def tsquery(text: str) -> str:
    """What PostgreSQL is asked: every word, and any that begins with the last one; empty without words."""
    found = [f"'{word}'" for word in words(text)]
    if found and len(found[-1]) >= SHORTEST_BEGINNING + 2:
        found[-1] += ":*"
    return " & ".join(found)


class _Vector(Func):
    """The column beside `search_text`, under whatever name a query has given to the table."""

    def __init__(self) -> None:
        super().__init__(F("search_text"))

    def as_sql(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
        return sql.replace('"search_text"', '"search_vector"'), params


class _Holds(Func):
    template = "%(expressions)s)"
    arg_joiner = " @@ to_tsquery('simple', "
    output_field = BooleanField()


class _Rank(Func):
    """How well a row fits, from 0 on: close together and few other words is best."""

    template = "ts_rank(%(expressions)s), 2)"
    arg_joiner = ", to_tsquery('simple', "
    output_field = IntegerField()


def holding(rows: QuerySet, text: str) -> QuerySet:
    """Those artworks or artists that hold every word of a text; all of them where there is no word in it."""
    query = tsquery(text)
    return rows.filter(_Holds(_Vector(), Value(query))) if query else rows.none() if text.strip() else rows


def ranked(works: QuerySet, text: str) -> QuerySet:
    """Works that hold every word, with `.score`; order by `-score` and `-pk`."""
    fitting = holding(works, text).order_by("-pk").values("pk")[:MAX_RANKED]
    rank = _Rank(_Vector(), Value(tsquery(text)))
    begins = Case(When(search_text__startswith=" ".join(words(text)), then=BEGINS), default=0)
    return Artwork.objects.filter(pk__in=fitting).annotate(
        score=begins + Cast(Value(BEGINS - 1) * rank, IntegerField())
    )


def artists_for(text: str, *, count: int) -> list[Artist]:
    """Artists whose name fits, with `.artwork_count`: names that begin so first, then who has most works here."""
    begins = Case(When(search_text__startswith=" ".join(words(text)), then=1), default=0)
    found = holding(Artist.objects.with_counts(), text).annotate(begins=begins)
    return list(found.order_by("-begins", "-artwork_count", "search_text")[:count])


def styles_for(text: str) -> list[Style]:
    """Styles whose name, here or in English, or the name of a style counted there, fits.

    Some 150 rows are looked through.
    """
    wanted = words(text)
    return [
        style
        for style in Style.objects.with_texts()
        if any(_fits(name, wanted) for name in [style.label, style.name, *style.includes])
    ]


def _fits(name: str, wanted: list[str]) -> bool:
    """Whether a name has all these words, the last one perhaps only begun."""
    there = words(name)
    *whole, last = wanted or [""]
    is_begun = len(last) >= SHORTEST_BEGINNING and any(word.startswith(last) for word in there)
    return bool(last) and set(whole) <= set(there) and (last in there or is_begun)


def is_searchable(text: str) -> bool:
    """Whether there is a letter or digit in it to look for."""
    return bool(re.search(r"\w", text))
