"""How fast the curators' room is with a large catalogue: python -m benchmarks.curation [--works N] [--keep DIR].

Fills a database of its own as benchmarks.catalogue does, asks for the lists that curators ask for, and changes
all works of a style at once and back.
"""

import statistics
import time

from benchmarks.catalogue import begin, fill_once

LISTS = {
    "artworks": "artwork/",
    "artworks, page 150": "artwork/?p=150",
    "artworks, by year": "artwork/?o=4",
    "artworks, search for two words": "artwork/?q=harbour+morning",
    "artworks, search that finds nothing": "artwork/?q=zzzz",
    "artworks of a style": "artwork/?style=7",
    "artworks of an artist": "artwork/?artist=3",
    "artworks, words of the WikiArt style": "artwork/?wikiart_style=fauvism",
    "artworks, protected": "artwork/?rights=protected",
    "artworks in store": "artwork/?display=no",
    "artworks added by hand": "artwork/?source=hand",
    "artworks without picture": "artwork/?picture=no",
    "artworks not seen by the model": "artwork/?embedding=no",
    "artworks without year": "artwork/?year=no",
    "artists": "artist/",
    "artists, most works first": "artist/?o=-4",
    "styles": "style/",
    "changes": "change/",
}


def main() -> None:
    begin("python -m benchmarks.curation", __doc__, measure, requests=20)


def measure(works: int, requests: int) -> None:
    """Fill the database, ask for the lists, change many works, and print tables in Markdown."""
    fill_once(works)
    print(f"\n{works:,} works, {requests} requests of each list\n")
    print("| list | median, ms | slowest, ms | queries |")
    print("|---|---|---|---|")
    client = _curator()
    for name, path in LISTS.items():
        times, queries = _ask(client, f"/admin/gallery/{path}", requests)
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} | {queries} |")
    _change_many()


def _curator():
    from django.contrib.auth import get_user_model
    from django.test import Client

    from gallery.curators import curators

    user, _ = get_user_model().objects.get_or_create(email="measure@example.org", is_staff=True)
    user.groups.add(curators())
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _ask(client, address: str, requests: int) -> tuple[list[float], int]:
    """Milliseconds of every request, and the queries of one; the first, unmeasured request warms up."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}.")
    times, queries = [], len(captured)  # Django forgets them at the next request
    for _ in range(requests):
        began = time.perf_counter()
        client.get(address)
        times.append(1000 * (time.perf_counter() - began))
    return times, queries


def _change_many() -> None:
    from uuid import uuid4

    from gallery.changes import edit_many, undo_batch
    from gallery.models import Artwork

    batch, began = uuid4(), time.perf_counter()
    count = edit_many(Artwork.objects.filter(style=7), {"rights": "unknown"}, user=None, batch=batch)
    changed = time.perf_counter()
    undo_batch(batch, user=None)
    undone = time.perf_counter()
    print(
        f"\n{count:,} works changed together in {changed - began:.1f} s, undone in {undone - changed:.1f} s"
    )


if __name__ == "__main__":
    main()
