"""How fast and how right the search for similar works is: python -m benchmarks.similar [--works N].

Fills a database of its own with made-up works, whose embeddings stand in clusters as real ones do, and asks
for neighbours of points that are not among them. "exact" is the same question without the index.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

CLUSTERS = 500
SPREAD = 0.7  # of a cluster, against the distance between clusters
STYLES = 18
QUERIES = 100
BATCH = 2000
VERSION = "benchmark"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similar", description=__doc__)
    parser.add_argument("--works", type=int, default=20_000, help="how many works to search among")
    works = parser.parse_args().works
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"STYLEART_DATA": folder, "DATABASE_URL": "", "REDIS_URL": "", "READ_DOTENV": "false"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "styleart_site.settings"
        import django

        django.setup()
        measure(works)


def measure(works: int) -> None:
    """Fill the database, ask, and print a table in Markdown."""
    from django.core.management import call_command
    from django.db import connection

    from gallery.models import Artist, Style
    from gallery.similar import similar_to

    call_command("migrate", verbosity=0)
    chance = np.random.default_rng(20)
    centres = chance.normal(size=(CLUSTERS, 256))
    insert_s = fill(works, centres, chance)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # autovacuum does this by itself, a little later
    queries = near(centres[chance.integers(CLUSTERS, size=QUERIES)], chance)
    style, artist = Style.objects.get(slug="style-0"), Artist.objects.get(slug="artist-0")
    questions = {
        "all works": lambda query: similar_to(query, model_version=VERSION),
        f"one style of {STYLES}": lambda query: similar_to(query, model_version=VERSION, style=style),
        "a tenth of the years": lambda query: similar_to(
            query, model_version=VERSION, year_from=1810, year_to=1829
        ),
        "one artist of 500": lambda query: similar_to(query, model_version=VERSION, artist=artist),
    }
    print(
        f"\n{works:,} works, {1000 * insert_s / works:.2f} ms to insert one, {QUERIES} questions for 12 works each\n"
    )
    print("| question | median, ms | 95 % within, ms | exact, median, ms | times faster | recall |")
    print("|---|---|---|---|---|---|")
    for name, ask in questions.items():
        found, times = answers(ask, queries)
        with connection.cursor() as cursor:
            cursor.execute("SET enable_indexscan = off")
            exact, exact_times = answers(ask, queries[: QUERIES // 4])
            cursor.execute("SET enable_indexscan = on")
        recall = np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, exact, strict=False)])
        median, slow, exactly = np.median(times), np.quantile(times, 0.95), np.median(exact_times)
        print(
            f"| {name} | {median:.1f} | {slow:.1f} | {exactly:.1f} | {exactly / median:.1f} | {recall:.3f} |"
        )


def fill(works: int, centres: np.ndarray, chance: np.random.Generator) -> float:
    """Insert made-up works with their embeddings; gives the seconds that the embeddings took."""
    from gallery.embeddings import make_index
    from gallery.models import Artist, Artwork, Embedding, Style

    styles = Style.objects.bulk_create(Style(name=f"Style {n}", slug=f"style-{n}") for n in range(STYLES))
    artists = Artist.objects.bulk_create(
        Artist(name=f"Artist {n}", slug=f"artist-{n}") for n in range(CLUSTERS)
    )
    make_index(VERSION)
    spent_s = 0.0
    for start in tqdm(range(0, works, BATCH), desc="filling", unit="batch", disable=None):
        count = min(BATCH, works - start)
        clusters = chance.integers(CLUSTERS, size=count)
        rows = Artwork.objects.bulk_create(
            Artwork(
                title=f"Work {start + n}",
                style=styles[cluster % STYLES],
                artist=artists[cluster],
                year=1800 + int(cluster) % 200,
            )
            for n, cluster in enumerate(clusters)
        )
        vectors = near(centres[clusters], chance)
        began = time.perf_counter()
        Embedding.objects.bulk_create(
            Embedding(artwork=row, model_version=VERSION, embedding=vector)
            for row, vector in zip(rows, vectors, strict=True)
        )
        spent_s += time.perf_counter() - began
    return spent_s


def near(centres: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Unit vectors around the centres, float32."""
    vectors = centres + SPREAD * chance.normal(size=centres.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def answers(ask: Callable[[np.ndarray], Any], queries: np.ndarray) -> tuple[list[list[int]], list[float]]:
    """The ids found for each query, and the milliseconds each took; a few unmeasured ones come first."""
    for query in queries[:5]:
        list(ask(query))
    found, times = [], []
    for query in queries:
        began = time.perf_counter()
        found.append([work.pk for work in ask(query)])
        times.append(1000 * (time.perf_counter() - began))
    return found, times


if __name__ == "__main__":
    main()
