"""How fast and how right the search for similar works is: python -m benchmarks.similar [--works N …] [--keep FOLDER].

Fills a database of its own with made-up works and asks for neighbours of points that are not among them;
"exact" is the same question without the indexes. The works' embeddings are a cloud around real ones: those that the
shipped model makes of the pictures of a folder (`--from`), or else of studies painted by our own code. A made-up
embedding is a real one, moved by chance along the directions to its nearest real neighbours, and brought to
unit length; so it is as dense, as flat and as uneven as real ones are. Its style is what the model says of the
real one. Each tenth real one is kept out of the cloud: these are the questions.
"computing" is the part of the time in which this process and its PostgreSQL had a core: on a machine that others
use, too, the rest is waiting for one.
With --keep, a database that is there already is asked again and not built; stopped in the middle, by a kill, too,
the next run goes on with the index at which it was.
"""

import argparse
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).parent.parent
SEED = 20
NEIGHBOURS = 16  # real ones around each, along which the cloud spreads
ARTISTS = 500
YEARS = (1800, 2000)
QUERIES = 200
EXACT = QUERIES  # of them, asked without the indexes, too: one that finds little weighs much among few
WARMING = 200  # other questions, asked before and not measured: a site that runs has its indexes in memory
MOST_REAL = 2000  # pictures that the model looks at, about 1 minute
BATCH = 10_000
VERSION = "benchmark"
BUILD_MEMORY_MB = 3000  # an index that does not fit is built many times slower
GOALS = "median under 5 ms, 95 % within 15 ms, recall at least 0.97, time growing less than 1.3 times"


@dataclass(frozen=True)
class Cloud:
    """Real embeddings, float32 of shape (n, 256), and the style of each, a number."""

    embeddings: np.ndarray
    styles: np.ndarray

    @property
    def questions(self) -> np.ndarray:
        return self.embeddings[::10]

    @property
    def centres(self) -> "Cloud":
        stays = np.arange(len(self.embeddings)) % 10 != 0
        return Cloud(self.embeddings[stays], self.styles[stays])

    def neighbours(self) -> np.ndarray:
        """The NEIGHBOURS nearest of each: numbers, shape (n, NEIGHBOURS)."""
        alike = self.embeddings @ self.embeddings.T
        return np.argsort(-alike, axis=1)[:, 1 : NEIGHBOURS + 1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similar", description=__doc__)
    parser.add_argument(
        "--works", type=int, nargs="+", default=[20_000], help="how many to search among, one by one"
    )
    parser.add_argument(
        "--keep", type=Path, help="a folder to keep the databases in, and to find them in again"
    )
    parser.add_argument("--from", dest="pictures", type=Path, help="a folder of pictures for the cloud")
    parser.add_argument("--quick", action="store_true", help="20,000 works and fewer pictures")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # in a process of its own
    given = parser.parse_args()
    if given.one:
        measure(given.one, given.keep)
        return
    print(
        f"`python -m benchmarks.similar {' '.join(sys.argv[1:])}`, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"Goals: {GOALS}.")
    with tempfile.TemporaryDirectory() as folder:
        keep = (given.keep or Path(folder)).resolve()
        keep.mkdir(parents=True, exist_ok=True)
        make_cloud(keep, given.pictures, most=200 if given.quick else MOST_REAL)
        medians = [ask_one(works, keep) for works in ([20_000] if given.quick else given.works)]
    for fewer, more in itertools.pairwise(medians):
        growth = ", ".join(f"{name} × {more[name] / fewer[name]:.2f}" for name in fewer)
        print(f"\nFrom one size to the next: {growth}")
    print(f"\nAt the end load {os.getloadavg()[0]:.1f}")


def ask_one(works: int, keep: Path) -> dict[str, float]:
    """Measure one size in a process of its own; gives the median of each question, in ms."""
    data = keep / str(works)
    data.mkdir(exist_ok=True)
    own = {"STYLEART_DATA": str(data), "DATABASE_URL": "", "REDIS_URL": "", "READ_DOTENV": "false"}
    own["DJANGO_SETTINGS_MODULE"] = "styleart_site.settings"
    command = [sys.executable, "-m", "benchmarks.similar", "--one", str(works), "--keep", str(keep)]
    subprocess.run(command, cwd=ROOT, env=os.environ | own, check=True)
    return json.loads((data / "medians.json").read_text())


# The cloud


def make_cloud(keep: Path, folder: Path | None, *, most: int) -> None:
    """Let the shipped model look at pictures, unless `keep` has what it said."""
    from ml import inference

    path = keep / "cloud.npz"
    if path.exists():
        return
    pictures = list(files(folder, most) if folder else studies())
    answers = [
        inference.classify(data) for data in tqdm(pictures, desc="looking", unit="picture", disable=None)
    ]
    labels = sorted(inference.model_card()["labels"])
    np.savez(
        path,
        embeddings=np.stack([answer.embedding for answer in answers]),
        styles=np.array([labels.index(next(iter(answer.probabilities))) for answer in answers]),
        labels=np.array(labels),
    )


def files(folder: Path, most: int) -> Iterator[bytes]:
    """Pictures evenly taken from all of a folder."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    for path in found[:: max(len(found) // most, 1)][:most]:
        yield path.read_bytes()


def studies() -> Iterator[bytes]:
    """All studies of all styles: 216."""
    from gallery.studies import STUDIES_PER_STYLE, STYLE_SLUGS, paint

    for style in tqdm(STYLE_SLUGS, desc="painting", unit="style", disable=None):
        for number in range(1, STUDIES_PER_STYLE + 1):
            out = io.BytesIO()
            paint(style, number).image.save(out, "JPEG", quality=95)
            yield out.getvalue()


def scattered(cloud: Cloud, centres: np.ndarray, near: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Made-up embeddings around these centres (numbers of real ones): float32, shape (n, 256), unit length."""
    around = cloud.embeddings[near[centres]] - cloud.embeddings[centres][:, None]
    steps = chance.normal(size=(len(centres), NEIGHBOURS, 1)) / np.sqrt(NEIGHBOURS)
    vectors = cloud.embeddings[centres] + (steps * around).sum(1)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


# The database


def measure(works: int, keep: Path) -> None:
    """Fill the database if need be, ask, and print a table in Markdown."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.catalogue import computing_ns
    from gallery.models import Artist, Embedding, Style
    from gallery.similar import Wanted, candidates, similar_to, statement

    with np.load(keep / "cloud.npz") as kept:
        cloud, labels = Cloud(kept["embeddings"], kept["styles"]), list(kept["labels"])
    with connection.cursor() as cursor:  # also for a migration that makes indexes
        cursor.execute("SET maintenance_work_mem = %s", [f"{BUILD_MEMORY_MB}MB"])
        cursor.execute("SET max_parallel_maintenance_workers = %s", [max((os.cpu_count() or 1) - 1, 0)])
    call_command("migrate", verbosity=0)
    print(f"\n## {works:,} works, a cloud around {len(cloud.centres.embeddings):,} real embeddings\n")
    if Embedding.objects.count() != works:
        fill(works, cloud.centres, labels)
    index(works)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # autovacuum does this by itself, a little later
    questions = cloud.questions[np.resize(np.arange(len(cloud.questions)), QUERIES)]
    chance = np.random.default_rng(SEED + 1)
    around = chance.integers(len(cloud.centres.embeddings), size=WARMING)
    others = scattered(cloud.centres, around, cloud.centres.neighbours(), chance)
    common = Style.objects.get(slug=f"style-{np.bincount(cloud.styles).argmax()}")
    rare = Style.objects.get(slug=f"style-{rarest(cloud.centres.styles)}")
    asked: dict[str, dict[str, Any]] = {
        "all works": {},
        "the commonest style": {"style": common},
        "the rarest style": {"style": rare},
        "a tenth of the years": {"year_from": 1810, "year_to": 1829},
        f"one artist of {ARTISTS}": {"artist": Artist.objects.get(slug="artist-0")},
        "style and years": {"style": common, "year_from": 1810, "year_to": 1829},
    }
    print(
        "| question | median, ms | 95 % within, ms | computing, median, ms | 95 % within, ms "
        "| exact, median, ms | searched | recall of 12 |\n|---|---|---|---|---|---|---|---|"
    )

    def exactly(query: np.ndarray, wanted: Wanted) -> list[int]:
        given = {"embedding": str(query.tolist()), "model_version": VERSION, "limit": 12, "ask_for": 12}
        with connection.cursor() as cursor:
            cursor.execute(statement(wanted, is_exact=True), wanted.values | given)
            return [pk for pk, *_ in cursor]

    medians = {}
    for name, which in asked.items():
        wanted = Wanted(**which)
        found, times = answers(
            lambda query, which=which: [
                work.pk for work in similar_to(query, model_version=VERSION, **which)
            ],
            questions,
            computing_ns,
            before=others,
        )
        exact, exact_times = answers(
            partial(exactly, wanted=wanted),
            questions[:EXACT],
            computing_ns,
            before=others[:5],
        )
        recalls = [len(set(a) & set(b)) / len(b) for a, b in zip(found, exact, strict=False) if b]
        medians[name] = float(np.median(times[:, 0]))
        figures = " | ".join(
            f"{np.quantile(one, share):.1f}" for one in (times[:, 0], times[:, 1]) for share in (0.5, 0.95)
        )
        print(
            f"| {name} | {figures} | {np.median(exact_times[:, 0]):.1f} "
            f"| {'exactly' if candidates(wanted) is None else 'by index'} | {np.mean(recalls):.3f} |",
            flush=True,
        )
    (keep / str(works) / "medians.json").write_text(json.dumps(medians))


def rarest(styles: np.ndarray) -> int:
    """The style of the fewest real ones, of those that there are."""
    counts = np.bincount(styles)
    return int(np.where(counts > 0, counts, counts.max() + 1).argmin())


def fill(works: int, cloud: Cloud, labels: list[str]) -> None:
    """COPY works and embeddings in, all or none, as in an import in bulk; prints what it took."""
    from django.db import connection, transaction

    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        load(cursor, works, cloud, labels)
    print(f"Loaded in {time.perf_counter() - began:.0f} s.")


def index(works: int) -> None:
    """Make the indexes that are not there yet; prints what that took and how large they are."""
    from gallery import embeddings

    began = time.perf_counter()
    if embeddings.has_index(VERSION):
        print("The indexes were there already", end="")
    else:
        embeddings.make_index(VERSION)
        built_s = time.perf_counter() - began
        print(
            f"What was missing of the indexes was built in {built_s:.0f} s ({1000 * built_s / works:.2f} ms a work)",
            end="",
        )
    facts = index_facts()
    print(
        f": {facts['index_mb']:.0f} MB, {1e6 * facts['index_mb'] / works:,.0f} bytes a work, in all with those of "
        f"each style and period {facts['all_mb']:.0f} MB; the embeddings {facts['table_mb']:.0f} MB.\n"
    )


def load(cursor: Any, works: int, cloud: Cloud, labels: list[str]) -> None:
    from gallery.models import Artist, Artwork, Style

    styles = Style.objects.bulk_create(
        Style(name=f"{name} of the benchmark", slug=f"style-{n}") for n, name in enumerate(labels)
    )
    artists = Artist.objects.bulk_create(
        Artist(name=f"Artist {n}", slug=f"artist-{n}") for n in range(ARTISTS)
    )
    pattern = Artwork.objects.create(title="Pattern", style=styles[0], artist=artists[0])
    cursor.execute(
        "CREATE TEMP TABLE cloud (id bigserial, style_id bigint, artist_id bigint, year int, embedding halfvec(256))"
    )
    chance, near = np.random.default_rng(SEED), cloud.neighbours()
    for start in tqdm(range(0, works, BATCH), desc="loading", unit="batch", disable=None):
        centres = chance.integers(len(cloud.embeddings), size=min(BATCH, works - start))
        vectors = scattered(cloud, centres, near, chance)
        rows = io.StringIO()
        for centre, vector in zip(centres, vectors, strict=True):
            year = YEARS[0] + int(centre) * 7919 % (YEARS[1] - YEARS[0])
            numbers = ",".join(f"{value:.5g}" for value in vector)
            style, artist = styles[cloud.styles[centre]].pk, artists[centre % ARTISTS].pk
            rows.write(f"{style}\t{artist}\t{year}\t[{numbers}]\n")
        rows.seek(0)
        cursor.copy_expert("COPY cloud (style_id, artist_id, year, embedding) FROM STDIN", rows)
    own = {
        "id": f"cloud.id + {pattern.pk}",
        "style_id": "cloud.style_id",
        "artist_id": "cloud.artist_id",
        "year": "cloud.year",
        "title": "'Work ' || cloud.id",
    }
    columns = [field.column for field in Artwork._meta.concrete_fields if not field.generated]
    values = ", ".join(own.get(column, f"pattern.{column}") for column in columns)
    works_of_cloud = (
        f"INSERT INTO gallery_artwork ({', '.join(columns)}) SELECT {values} "  # noqa: S608 - our own columns
        "FROM cloud, gallery_artwork AS pattern WHERE pattern.id = %s"
    )
    cursor.execute(works_of_cloud, [pattern.pk])
    cursor.execute(
        "INSERT INTO gallery_embedding (artwork_id, model_version, embedding) "
        "SELECT id + %s, %s, embedding FROM cloud",
        [pattern.pk, VERSION],
    )
    cursor.execute("DROP TABLE cloud")


def index_facts() -> dict[str, float]:
    """MB (10^6) of the largest index, of all, and of the table of embeddings with all that belongs to it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(size), 0) / 1e6, coalesce(sum(size), 0) / 1e6,"
            " pg_table_size('gallery_embedding') / 1e6"
            " FROM (SELECT pg_relation_size(indexname::regclass) AS size FROM pg_indexes"
            " WHERE tablename = 'gallery_embedding' AND indexdef LIKE '%%hnsw%%' AND indexdef LIKE %s) AS indexes",
            [f"%{VERSION}%"],
        )
        return dict(zip(("index_mb", "all_mb", "table_mb"), map(float, cursor.fetchone()), strict=True))


def answers(
    ask: Callable[[np.ndarray], list[int]],
    queries: np.ndarray,
    computing_ns: Callable[[], int],
    *,
    before: np.ndarray,
) -> tuple[list[list[int]], np.ndarray]:
    """The ids found for each query, and the milliseconds each took and computed, shape (n, 2).

    What is asked `before` is not measured.
    """
    for query in before:
        ask(query)
    found, times = [], []
    for query in queries:
        began, computed_ns = time.perf_counter(), computing_ns()
        found.append(ask(query))
        times.append((1000 * (time.perf_counter() - began), (computing_ns() - computed_ns) / 1e6))
    return found, np.array(times)


if __name__ == "__main__":
    main()
