"""How fast a long history is: python -m benchmarks.history [--predictions N] [--requests N].

Fills a database of its own with the predictions of one person beside twice as many of another, rows without
files, and asks for pages near and far.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from datetime import timedelta

BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--predictions", type=int, default=10_000, help="how many one person has")
    parser.add_argument("--requests", type=int, default=20, help="how often each page is asked for")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"STYLEART_DATA": folder, "DATABASE_URL": "", "REDIS_URL": "", "MEDIA_ROOT": folder}
        os.environ |= {"READ_DOTENV": "false", "DJANGO_SETTINGS_MODULE": "styleart_site.settings"}
        import django
        from django.conf import settings

        django.setup()
        settings.ALLOWED_HOSTS = ["testserver"]
        settings.STORAGES["staticfiles"] = {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
        measure(arguments.predictions, arguments.requests)


def measure(count: int, requests: int) -> None:
    """Fill the database, ask for the pages, erase some, and print a table in Markdown."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from classifier.models import Prediction

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_sample", "--studies", "0", verbosity=0)
    users = [get_user_model().objects.create_user(f"{name}@example.org") for name in ["one", "other"]]
    fill(users[0], count)
    fill(users[1], 2 * count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client = Client()
    client.force_login(users[0], backend="allauth.account.auth_backends.AuthenticationBackend")
    print(f"\n{count:,} predictions, {requests} requests of each page, load {os.getloadavg()[0]:.1f}\n")
    print("| page | median, ms | slowest, ms | queries |\n|---|---|---|---|")
    for name, address, query in pages(Prediction.objects.of(users[0]), count):
        times, queries = ask(client, address, query, requests)
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} | {queries} |")
    started = time.perf_counter()
    erased = Prediction.objects.of(users[0]).erase(limit=BATCH)
    print(f"\n{1000 * (time.perf_counter() - started) / erased:.1f} ms to erase one prediction without files")


def fill(owner, count: int) -> None:
    """Predictions of every style, some hours apart, with titles, notes and answers."""
    from django.utils import timezone

    from classifier.models import Prediction
    from gallery.models import Style, searchable

    chance, now = random.Random(owner.pk), timezone.now()  # noqa: S311 - no secret
    styles = list(Style.objects.of_the_house())

    def predictions():
        for number in range(count):
            title = f"Picture {number}, {chance.choice(['café', 'guitar', 'sea', 'harbour'])}"
            note = "From the market behind the station. " * 5
            yield Prediction(
                owner=owner, sha256=f"{number:064}", width=400, height=300, title=title, note=note,
                search_text=searchable(f"{title} {note}"), is_favourite=number % 9 == 0,
                created_at=now - timedelta(minutes=137 * number), finished_at=now, status="done",
                asked_model="made-up", model_version="made-up", embedding_model="made-up",
                style=chance.choice(styles), confidence=chance.random(), embedding=[1 / 16] * 256,
                certainty=chance.choice(["sure", "likely", "unsure"]),
                probabilities=[[style.name, 1 / len(styles)] for style in styles],
            )  # fmt: skip

    Prediction.objects.bulk_create(predictions(), batch_size=BATCH)


def pages(mine, count: int) -> list[tuple[str, str, dict]]:
    """What is asked for: name, address and query."""
    from django.urls import reverse

    history = reverse("classifier:prediction-list")
    far, middle = int(count * 0.96), count // 2
    return [
        ("the first", history, {}),
        ("far down, newest first", history, {"cursor": cursor(mine, "newest", far)}),
        ("far down, surest first", history, {"sort": "surest", "cursor": cursor(mine, "surest", far)}),
        ("half-way, least sure first", history, {"sort": "least-sure", "cursor": cursor(mine, "least-sure", middle)}),
        ("search for two words", history, {"q": "cafe market"}),
        ("search that finds nothing", history, {"q": "zzzz"}),
        ("one certainty, favourites", history, {"certainty": "sure", "favourites": "on"}),
        ("My styles", reverse("classifier:my-styles"), {}),
    ]  # fmt: skip


def cursor(mine, name: str, place: int) -> str:
    """The cursor of the page that begins after so many predictions."""
    from classifier.history import ORDERS, Place

    order = ORDERS[name]
    sign = "-" if order.is_descending else ""
    (last,) = mine.annotate(place=order.key).order_by(f"{sign}place", f"{sign}pk")[place - 1 : place]
    return str(Place(last.place, last.pk))


def ask(client, address: str, query: dict, requests: int) -> tuple[list[float], int]:
    """Milliseconds of every request, and the queries of one; the first, unmeasured request warms up."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, query).status_code == 200  # noqa: S101 - a wrong page would look fast
        queries = len(captured)  # the next request empties the log
    times = []
    for _ in range(requests):
        started = time.perf_counter()
        client.get(address, query)
        times.append(1000 * (time.perf_counter() - started))
    return times, queries


if __name__ == "__main__":
    main()
