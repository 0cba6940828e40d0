"""Imports from the local WikiArt, for tests."""

from collections import Counter
from pathlib import Path

from django.conf import settings

from gallery.models import Artist, Artwork
from scraper import runs
from scraper.importer import Outcome
from scraper.models import ImportRun
from scraper.runs import Options
from tests.scraper.local_wikiart import access
from tests.wikiart_server import WikiArtServer

# What tells a work, whatever its row number: two catalogues that agree in these are the same.
FACTS = [
    "title", "artist__slug", "style__slug", "wikiart_style", "year", "genre", "materials", "width_cm",
    "height_cm", "place", "collection", "period", "series", "tags", "description", "rights", "is_published",
    "is_free_at_wikiart", "wikiart_id", "wikiart_slug", "source_key", "picture", "width", "height", "sha256",
    "search_text",
]  # fmt: skip
LIFE = ["slug", "name", "birth_year", "death_year", "nationality", "biography", "wikiart_slug", "wikiart_id",
        "portrait"]  # fmt: skip


def start(server: WikiArtServer, **options) -> tuple[ImportRun, list[Outcome]]:
    """Plan a run and carry it to its end."""
    run = runs.plan(Options(**options))
    return run, go_on(run, server)


def go_on(run: ImportRun, server: WikiArtServer, **turn) -> list[Outcome]:
    outcomes = list(runs.go_on(run, access(server), **turn))
    run.refresh_from_db()
    return outcomes


def results(outcomes: list[Outcome]) -> dict[str, int]:
    return dict(Counter(str(outcome.result) for outcome in outcomes))


def catalogue() -> dict[str, list]:
    """All that an import makes, without row numbers and times."""
    works = sorted(map(repr, Artwork.objects.exclude(rights="generated").values_list(*FACTS)))
    return {"works": works, "artists": sorted(map(repr, Artist.objects.values_list(*LIFE)))}


def files() -> list[str]:
    """Every file of the media folder, by its path in it."""
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
