"""The catalogue a fresh copy starts with: the 18 styles, their famous artists, and generated studies.

Facts come from the TOML files under `gallery/sample/`; the studies are painted by `gallery.studies`.
"""

import os
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from django.db import transaction

from . import studies
from .models import Artist, Artwork, FamousArtist, KnownWork, Style, StyleText
from .said import TEXTS, fingerprint
from .studies.press import Print, press

SAMPLE = Path(__file__).parent / "sample"


@transaction.atomic
def load_facts() -> None:
    """Bring the styles, artists and known works of the sample into the catalogue, or up to date.

    What a curator added stays; what the sample says is written over it.
    """
    tables = [tomllib.loads(path.read_text()) for path in sorted((SAMPLE / "styles").glob("*.toml"))]
    people = tomllib.loads((SAMPLE / "artists.toml").read_text())["artists"]
    styles = {table["slug"]: _load_style(position, table) for position, table in enumerate(tables, start=1)}
    artists = {table["slug"]: _load_artist(table) for table in people}
    for table in tables:
        style = styles[table["slug"]]
        style.came_from.set(styles[slug] for slug in table["came_from"])
        FamousArtist.objects.filter(style=style).delete()
        FamousArtist.objects.bulk_create(
            FamousArtist(style=style, artist=artists[slug], rank=rank)
            for rank, slug in enumerate(table["famous_artists"], start=1)
        )
    load_texts()


@transaction.atomic
def load_texts() -> None:
    """Bring the styles' texts in other languages into the catalogue, or up to date.

    What a curator wrote stays. A text says which English it was made from, so that it is known as perhaps
    outdated where the catalogue says something else in English.
    """
    styles = {style.slug: style for style in Style.objects.prefetch_related("texts")}
    for path in sorted((SAMPLE / "styles").glob("*/*.toml")):
        english = tomllib.loads((SAMPLE / "styles" / path.name).read_text())
        if (style := styles.get(english["slug"])) is not None:
            _load_text(style, path.parent.name, tomllib.loads(path.read_text()), english)


def _load_text(style: Style, language: str, table: dict, english: dict) -> None:
    there = next((text for text in style.texts.all() if text.language == language), None)
    text = there or StyleText(style=style, language=language)
    if there is not None and not there.is_as_loaded:
        return
    values = {field: table[field] for field in TEXTS} | {"description": table["description"].strip()}
    values |= {"made_from": _fingerprint_of(english), "loaded": _fingerprint_of(table)}
    if any(getattr(text, field) != value for field, value in values.items()):
        for field, value in values.items():
            setattr(text, field, value)
        text.save()


def _fingerprint_of(table: dict) -> str:
    return fingerprint(*(table[field] for field in TEXTS))


def _load_style(position: int, table: dict) -> Style:
    fields = [
        "name",
        "start_year",
        "end_year",
        "wikiart_slug",
        "includes",
        "summary",
        "look_for",
        "description",
    ]
    facts = {field: table.get(field) for field in fields}
    facts["description"] = facts["description"].strip()
    style, _ = Style.objects.update_or_create(slug=table["slug"], defaults=facts | {"position": position})
    return style


def _load_artist(table: dict) -> Artist:
    facts = {field: table.get(field) for field in ["name", "birth_year", "death_year", "nationality", "note"]}
    facts |= {"wikiart_slug": table["slug"], "wikipedia_title": table["wikipedia"]}
    artist, _ = Artist.objects.update_or_create(slug=table["slug"], defaults=facts)
    for work in table["works"]:
        KnownWork.objects.update_or_create(
            artist=artist, title=work["title"], defaults={"year": work["year"]}
        )
    return artist


def missing_studies(per_style: int = studies.STUDIES_PER_STYLE) -> list[tuple[str, int]]:
    """(style slug, number) of every study that was never painted here, one of each style first.

    A style that curators have renamed or deleted gets none.
    """
    painted = dict(Style.objects.of_the_house().values_list("slug", "studies_painted"))
    return [
        (slug, number)
        for number in range(1, per_style + 1)
        for slug in studies.STYLE_SLUGS
        if slug in painted and number > painted[slug]
    ]


def source_key(slug: str, number: int) -> str:
    return f"study:{slug}-{number:02}"


def load_studies(wanted: list[tuple[str, int]]) -> Iterator[Artwork]:
    """Paint studies on all cores and hang each as it is ready; yields them one by one.

    Stopping halfway loses nothing: what hangs, hangs.
    """
    styles = {style.slug: style for style in Style.objects.of_the_house()}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as painters:
        for study in painters.map(press, *zip(*wanted, strict=True)):
            yield _hang(study, styles[study.style_slug])


@transaction.atomic
def _hang(study: Print, style: Style) -> Artwork:
    work = Artwork(
        title=study.title,
        style=style,
        rights=Artwork.Rights.GENERATED,
        source_key=source_key(study.style_slug, study.number),
    )
    work.keep_picture(study.data, study.measured)
    work.save()
    Style.objects.filter(pk=style.pk).update(studies_painted=study.number)
    return work
