"""The 18 styles of the house in the order of art history, and what they gather.

Read from the sample catalogue's TOML files, which are the one place that names them.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLES = Path(__file__).parents[1] / "gallery" / "sample" / "styles"


@dataclass(frozen=True)
class HouseStyle:
    name: str
    includes: tuple[str, ...]  # WikiArt's styles counted under it


@cache
def house_styles() -> tuple[HouseStyle, ...]:
    """All 18, the oldest first."""
    tables = (tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_TABLES.glob("*.toml")))
    return tuple(HouseStyle(table["name"], tuple(table["includes"])) for table in tables)


def house_style_of(name: str) -> str | None:
    """The style of the house that a style of WikiArt counts under, however it is spelled; None if under none."""
    return _places().get(folded(name))


@cache
def _places() -> dict[str, str]:
    places = {}
    for style in house_styles():
        for name in (style.name, *style.includes):
            places[folded(name)] = style.name
    for style in house_styles():  # "Art Nouveau" for "Art Nouveau (Modern)"
        for name in (style.name, *style.includes):
            places.setdefault(folded(name.partition(" (")[0]), style.name)
    return places


def in_order(names: set[str]) -> list[str]:
    """The names in the order of art history; those that are none of the 18 come last, by alphabet."""
    ranks = {style.name: rank for rank, style in enumerate(house_styles())}
    return sorted(names, key=lambda name: (ranks.get(name, len(ranks)), name))


def folded(text: str) -> str:
    """Lower-case letters and digits with single hyphens: one spelling for "Naïve_Art" and "naive art"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return "-".join(re.findall(r"\w+", plain.replace("_", " ")))
