"""How fast the pages of a large catalogue are: python -m benchmarks.catalogue [--works N] [--requests N].

Fills a database of its own with a made-up catalogue (titles of common and rare words, artists with few and with
many works, years around each style's own), asks for every kind of page, and prints the time that the server
takes for it, templates and all, and its queries to the database. "computing" is the part of that time in which
this process and its PostgreSQL had a core: on a machine that others use, too, the rest is waiting for one.
"""

import argparse
import io
import logging
import os
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

EMBEDDING_LENGTH = 256
CLUSTERS = 500
SPREAD = 0.7  # of a cluster, against the distance between clusters
BATCH = 10_000
WORKS_PER_ARTIST = 25
STYLE_SHARES = [1 / place**0.7 for place in range(1, 19)]  # the largest has some 15 % of the works
WORDS = """landscape portrait of the a with in woman man lady young old still life flowers river bridge morning evening
garden house boat harbour winter autumn study self group mountains sea beach street church cathedral dancer horse field
wheat trees forest snow rain sun moon red blue green white black composition untitled saint madonna child crucifixion
annunciation venus apollo diana nude bather reading girl boy mother sister king queen duke market village mill road
café théâtre rêve nuit étoilée l'estaque montagne sainte-victoire nymphéas cathédrale pêcheur""".split()  # noqa: SIM905 - reads as words
NAMES = "Anna Marc Élise Jørgen Paul Vincent Berthe Łukasz Émile José Clara Otto Rosa Hans Ida Núria Piet Käthe".split()  # noqa: SIM905


def main() -> None:
    begin("python -m benchmarks.catalogue", __doc__, measure, requests=60)


def begin(prog: str, description: str, measure: Callable[[int, int], None], *, requests: int) -> None:
    """Read the command line and measure on a data folder of its own: so many works, so many requests."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--works", type=int, default=250_000, help="how many works the catalogue has")
    parser.add_argument("--requests", type=int, default=requests, help="how often each page is asked for")
    parser.add_argument("--keep", help="a data folder to keep the catalogue in, and to find it in again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"STYLEART_DATA": arguments.keep or folder, "DATABASE_URL": "", "REDIS_URL": ""}
        os.environ |= {"READ_DOTENV": "false", "DJANGO_SETTINGS_MODULE": "styleart_site.settings"}
        import django
        from django.conf import settings

        django.setup()
        logging.disable(logging.INFO)  # a line for each request would tear the table
        settings.ALLOWED_HOSTS = ["testserver"]
        settings.STORAGES["staticfiles"] = {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
        measure(arguments.works, arguments.requests)


def fill_once(works: int) -> None:
    """Migrate the database and fill it, unless it holds so many works already."""
    from django.core.management import call_command
    from django.db import connection

    from gallery import embeddings
    from gallery.models import Artwork
    from ml import inference

    call_command("migrate", verbosity=0)
    if Artwork.objects.count() != works:
        call_command("load_sample", "--studies", "0", verbosity=0)
        embeddings.drop_indexes(inference.model_version())  # made again below, at once and not row by row
        fill(works, np.random.default_rng(20))
    renew_embeddings()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # autovacuum does this by itself, a little later


def measure(works: int, requests: int) -> None:
    """Fill the database, ask for the pages, and print a table in Markdown."""
    fill_once(works)
    chance = np.random.default_rng(21)
    print(f"\n{works:,} works, {requests} requests of each kind, load {os.getloadavg()[0]:.1f}\n")
    print(
        "| page | median, ms | 95 % within, ms | computing, median, ms | 95 % within, ms | queries, at most |"
    )
    print("|---|---|---|---|---|---|")
    for name, addresses in pages(chance, requests).items():
        (times, computing), queries = answers(addresses)
        figures = [np.quantile(one, share) for one in (times, computing) for share in (0.5, 0.95)]
        print(f"| {name} | {' | '.join(f'{figure:.0f}' for figure in figures)} | {queries} |", flush=True)


# The catalogue


def fill(works: int, chance: np.random.Generator) -> None:
    """Insert made-up artists, works and embeddings."""
    from gallery.models import Artist, Artwork, Style, searchable

    styles = list(Style.objects.of_the_house())
    shares = np.array(STYLE_SHARES[: len(styles)]) / sum(STYLE_SHARES[: len(styles)])
    artists = Artist.objects.bulk_create(
        _artist(Artist, n, chance, searchable) for n in range(max(works // WORKS_PER_ARTIST, 10))
    )
    popularity = 1 / np.arange(1, len(artists) + 1) ** 0.6
    centres = chance.normal(size=(CLUSTERS, EMBEDDING_LENGTH))
    for start in tqdm(range(0, works, BATCH), desc="works", unit="batch", disable=None):
        count = min(BATCH, works - start)
        chosen = chance.choice(len(artists), size=count, p=popularity / popularity.sum())
        places = (chosen + chance.choice(len(styles), size=count, p=shares)) % len(styles)
        places = np.where(
            chance.random(count) < 0.8, chosen % len(styles), places
        )  # most stay with one style
        places = np.where(
            chance.random(count) < 0.3, chance.choice(len(styles), size=count, p=shares), places
        )
        rows = Artwork.objects.bulk_create(
            (
                _work(Artwork, start + n, artists[artist], styles[place], chance, searchable)
                for n, (artist, place) in enumerate(zip(chosen, places, strict=True))
            ),
            batch_size=2000,
        )
        clusters = (places * 31 + chance.integers(40, size=count)) % CLUSTERS
        copy_embeddings([row.pk for row in rows], near(centres[clusters], chance))


def _artist(model, number: int, chance: np.random.Generator, searchable):
    name = (
        f"{chance.choice(NAMES)} {''.join(chance.choice(list('abdeéiklmnorstuvø'), size=6)).title()} {number}"
    )
    born = int(chance.integers(1420, 1960))
    return model(
        slug=f"made-up-{number}",
        name=name,
        birth_year=born,
        death_year=born + 60,
        nationality="Made up",
        search_text=searchable(name),
    )


def _work(model, number: int, artist, style, chance: np.random.Generator, searchable):
    title = " ".join(WORDS[int(place)] for place in np.minimum(chance.zipf(1.4, size=4), len(WORDS)) - 1)
    title = f"{title.capitalize()} {number}" if number % 3 else title.capitalize()
    middle = ((style.start_year or 1850) + (style.end_year or 2000)) / 2
    return model(
        title=title,
        artist=artist,
        style=style,
        year=int(np.clip(chance.normal(middle, 25), 1300, 2020)) if number % 10 else None,
        rights="generated" if number < 200 else "public_domain" if number % 4 else "protected",
        is_published=number % 50 != 0,
        picture=f"catalogue/{number}.jpg",
        width=1000,
        height=int(chance.integers(500, 1600)),
        sha256=f"{number:064x}",
        search_text=searchable(f"{title} {artist.name}"),
    )


def near(centres: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Unit vectors around the centres, float32."""
    vectors = centres + SPREAD * chance.normal(size=centres.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def copy_embeddings(ids: list[int], vectors: np.ndarray) -> None:
    """Write embeddings the way PostgreSQL reads them fastest: its binary COPY."""
    from django.db import connection

    from ml import inference

    version = inference.model_version().encode()
    head = struct.pack(">hi", 3, 8)
    stream = io.BytesIO()
    stream.write(b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0))
    for pk, vector in zip(ids, vectors.astype(">f2"), strict=True):
        stream.write(head + struct.pack(">qi", pk, len(version)) + version)
        stream.write(struct.pack(">ihh", 4 + 2 * EMBEDDING_LENGTH, EMBEDDING_LENGTH, 0) + vector.tobytes())
    stream.write(struct.pack(">h", -1))
    stream.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY gallery_embedding (artwork_id, model_version, embedding) FROM STDIN (FORMAT binary)", stream
        )


def renew_embeddings() -> None:
    """Let embeddings that a kept catalogue has of another model be those of the model in use.

    They are made up all the same; without them an artwork's page would find no similar works.
    """
    from django.db import connection

    from gallery import embeddings
    from ml import inference

    version = inference.model_version()
    others = [other for other in embeddings.count_by_version() if other != version]
    if others:
        with connection.cursor() as cursor:
            for other in others:  # a row that changes is a new one to every index, and slow to put in
                embeddings.drop_indexes(other)
            embeddings.drop_indexes(version)
            cursor.execute(
                "DELETE FROM gallery_embedding WHERE model_version <> ALL(%s)", [[version, others[0]]]
            )
            cursor.execute(
                "DELETE FROM gallery_embedding AS old USING gallery_embedding AS new WHERE old.model_version = %s"
                " AND new.model_version = %s AND new.artwork_id = old.artwork_id",
                [others[0], version],
            )
            cursor.execute("UPDATE gallery_embedding SET model_version = %s", [version])
    if not embeddings.has_index(version):
        make_index()


def make_index() -> None:
    """Build the index of embeddings at once, which is quicker than row by row."""
    from django.db import connection

    from gallery import embeddings
    from ml import inference

    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
    print("building the index of embeddings ...", flush=True)
    embeddings.make_index(inference.model_version())


# The pages


def pages(chance: np.random.Generator, requests: int) -> dict[str, list[str]]:
    """Every kind of page with the addresses that are asked for, others each time where there are others."""
    from django.db.models import Max
    from django.urls import reverse

    from gallery.models import Artist, Artwork, Style
    from gallery.pages import cursor
    from gallery.sitemaps import BLOCK

    styles = [style.slug for style in Style.objects.of_the_house()]
    published = np.array(Artwork.objects.published().values_list("pk", flat=True))
    many = list(Artist.objects.with_counts().order_by("-artwork_count").values_list("slug", flat=True)[:20])
    artists = [
        f"made-up-{n}" for n in chance.integers(max(len(published) // WORKS_PER_ARTIST, 10), size=requests)
    ]
    works = reverse("gallery:artwork-list")
    deep = [cursor(5000, (int(pk),)) for pk in chance.choice(published, size=requests)]

    def some(choices) -> list:
        return [choices[n % len(choices)] for n in range(requests)]

    common = ["landscape", "portrait of the", "river", "saint", "a lady with", "theatre", "cathe", "nymphe"]
    rare = [f"{chance.choice(WORDS)} {pk}" for pk in chance.choice(published, size=requests)]
    decade = [f"{works}?style={slug}&year_from=1880&year_to=1889" for slug in styles]
    blocks = Artwork.objects.aggregate(last=Max("pk"))["last"] // BLOCK + 1
    return {
        "home": some([reverse("home")]),
        "styles": some([reverse("gallery:style-list")]),
        "a style": some([reverse("gallery:style-detail", args=[slug]) for slug in styles]),
        "chronology": some([reverse("gallery:chronology")]),
        "artists": some([reverse("gallery:artist-list")]),
        "artists of a style": some([f"{reverse('gallery:artist-list')}?style={slug}" for slug in styles]),
        "an artist": [reverse("gallery:artist-detail", args=[slug]) for slug in artists],
        "an artist of many works": some([reverse("gallery:artist-detail", args=[slug]) for slug in many]),
        "artworks, page 1": some([works]),
        "artworks, page 5,000": [f"{works}?after={place}" for place in deep],
        "artworks of a style": some([f"{works}?style={slug}" for slug in styles]),
        "artworks of a style and decade": some(decade),
        "artworks of some years": some([f"{works}?year_from={year}" for year in range(1400, 2000, 25)]),
        "artworks, generated only": some([f"{works}?kind=studies"]),
        "artworks with a common word": some([f"{works}?q={word}" for word in common]),
        "an artwork": [
            reverse("gallery:artwork-detail", args=[pk]) for pk in chance.choice(published, size=requests)
        ],
        "search, common words": some([f"{reverse('gallery:search')}?q={word}" for word in common]),
        "search, rare words": [f"{reverse('gallery:search')}?q={words}" for words in rare],
        "search, nothing fits": some([f"{reverse('gallery:search')}?q=xyzzy"]),
        "suggestions": some(
            [f"{reverse('gallery:search-suggestions')}?q={t}" for t in ["mo", "wa", "land", "vin"]]
        ),
        "sitemap": some([reverse("gallery:sitemap-index")]),
        "sitemap, a file": [
            f"{reverse('gallery:sitemap', args=['works'])}?p={n}"
            for n in chance.integers(1, blocks, size=requests)
        ],
    }


def answers(addresses: list[str]) -> tuple[np.ndarray, int]:
    """Milliseconds of every request and of computing for it, shape (2, requests), and the most queries of one.

    A few unmeasured requests come first.
    """
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, queries = Client(), 0
    for address in addresses[:5]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            check(client.get(address))
        queries = max(queries, len(captured))
    return np.array(list(timed(client, addresses))).T, queries


def timed(client, addresses: list[str]) -> Iterator[tuple[float, float]]:
    for address in addresses:
        began, computed_ns = time.perf_counter(), computing_ns()
        response = client.get(address)
        yield 1000 * (time.perf_counter() - began), (computing_ns() - computed_ns) / 1e6
        check(response)


def computing_ns() -> int:
    """Nanoseconds that this process and its PostgreSQL have had a core so far; the latter Linux alone tells."""
    from django.db import connection

    schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return time.process_time_ns() + (int(schedule.read_text().split()[0]) if schedule.exists() else 0)


def check(response) -> None:
    if response.status_code != 200:
        raise RuntimeError(f"{response.request['PATH_INFO']} answered {response.status_code}.")


if __name__ == "__main__":
    main()
