"""What one picture costs in computing, part by part: python -m benchmarks.computing [--pictures N] [--profile].

The thread's own time (`time.thread_time`), so neither waiting nor the load of the machine is in it, though a busy
cache is: what is printed is what the quickest tenth stays under. One process without web server and worker: the request goes through all middleware, signed in as an app,
and the tasks are called as functions. PostgreSQL and what hands a task to Redis compute beside it and are not in it.
"""

import argparse
import cProfile
import itertools
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

from benchmarks import running

ADDRESS = "/api/v1/predictions/"
LINES = 30  # of a profile


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.computing", description=__doc__)
    parser.add_argument("--pictures", type=int, default=30, help="how many of each size")
    parser.add_argument("--profile", action="store_true", help="print where upload and task spend their time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ |= running.UNLIMITED | running.OWN | {"STYLEART_DATA": folder, "OMP_NUM_THREADS": "1"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "styleart_site.settings"
        import django
        from django.conf import settings

        django.setup()
        settings.ALLOWED_HOSTS = ["testserver"]
        prepare()
        print(running.headline() + "\n")
        sizes = {size: running.paintings(size) for size in running.SIZES}
        measured = {size: measure(paintings, arguments.pictures) for size, paintings in sizes.items()}
        show(measured)
        if arguments.profile:
            for size, paintings in sizes.items():
                profile(size, paintings)


def prepare() -> None:
    """Tables, styles, and the one who sends."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_sample", "--studies", "0", verbosity=0)
    get_user_model().objects.create_user("sender@example.org")


def measure(paintings: list[bytes], count: int) -> dict[str, list[float]]:
    """Seconds of each part, for so many pictures; two more warm up. A dict of the part's name to its times."""
    from classifier import tasks
    from classifier.models import Prediction
    from ml import inference

    send, times = sender(), {}

    def timed(part: str, work: Callable, *given: object) -> object:
        began = time.thread_time()
        result = work(*given)
        times.setdefault(part, []).append(time.thread_time() - began)
        return result

    for picture in some(paintings, count + 2):
        timed("the bare loop: decode, network", inference.classify, picture)
        pk = timed("the request that takes the upload", send, *running.as_form([picture]))
        timed("the task of the answer", tasks.classify, pk)
        timed("what is made of the picture, later", Prediction.objects.get(pk=pk).derive)
    return {part: found[2:] for part, found in times.items()}


def some(paintings: list[bytes], count: int) -> Iterator[bytes]:
    for painting in itertools.islice(itertools.cycle(paintings), count):
        yield b"".join(running.never_seen(painting))


def sender() -> Callable[[running.Pieces, str], str]:
    """Sends a form as an app does, with a session token; gives the id of the prediction."""
    from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    user = get_user_model().objects.get()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    token = SessionTokenStrategy().create_session_token(type("Request", (), {"session": client.session}))
    app = Client(headers={"X-Session-Token": token})

    def send(body: running.Pieces, kind: str) -> str:
        response = app.generic("POST", ADDRESS, b"".join(body), kind)
        if response.status_code != 202:
            raise RuntimeError(f"Not taken: {response.status_code} {response.content[:300]}")
        return response.json()["id"]

    return send


def show(measured: dict[str, dict[str, list[float]]]) -> None:
    print("| ms a picture | " + " | ".join(f"{size} Mpx" for size in measured) + " |")
    print("|---" * (1 + len(measured)) + "|")
    quick = {
        size: {part: 1000 * statistics.quantiles(times, n=10)[0] for part, times in parts.items()}
        for size, parts in measured.items()
    }
    bare, upload, task, _ = parts = list(next(iter(quick.values())))
    for part in parts:
        print(f"| {part} | " + " | ".join(f"{of[part]:.1f}" for of in quick.values()) + " |")
    ratios = [f"{(of[upload] + of[task]) / of[bare]:.2f}" for of in quick.values()]
    print("| request and task together, times the bare loop | " + " | ".join(ratios) + " |")


def profile(size: str, paintings: list[bytes], count: int = 20) -> None:
    """Print the lines of `cProfile` that take longest, of upload and task, calls within them included."""
    from classifier import tasks

    send = sender()
    ready, *forms = [running.as_form([picture]) for picture in some(paintings, count + 1)]
    send(*ready)
    waiting = [(send(*running.as_form([picture])),) for picture in some(paintings, count)]
    for name, work, given in [("upload", send, forms), ("task", tasks.classify, waiting)]:
        profiler = cProfile.Profile(time.thread_time)
        for each in given:
            profiler.runcall(work, *each)
        print(f"\n{name} at {size} Mpx, {count} pictures", flush=True)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(LINES)


if __name__ == "__main__":
    main()
