"""From a picture to its answer, as ratios to the bare network: python -m benchmarks.classify [--quick].

"bare" is decoding and LiteRT in one process, and in one for each core. "site" sends the same pictures over HTTP,
signed in, through PostgreSQL, Redis and a worker, and waits for the answer; senders run on the same cores.
"original" is the way this began: Keras' `predict` twice and a plot by matplotlib within the request, here
without the request, so in its favour. Needs about 10 minutes, with --quick about 3, on two idle cores.
"""

import argparse
import io
import itertools
import multiprocessing
import os
import resource
import statistics
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil

from benchmarks import running

WAITING = 20  # clients whose 95 % shall be answered within WAITING_S
WAITING_S = 3.0
ONE_USER = {"1": 6.0, "12": 3.0}  # at most so many times the bare loop, median
SATURATED = {"1": 0.35, "12": 0.6}  # at least this share of the bare loop on all cores
TIMES_ORIGINAL = 20.0
MEMORY_SHARE = 0.25


@dataclass
class Run:
    """What one way of asking gave: seconds of each answer, all seconds, and what went wrong."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        return len(self.times) / self.seconds

    @property
    def median_ms(self) -> float:
        return 1000 * statistics.median(self.times)

    @property
    def slow_ms(self) -> float:
        """95 % are answered within so many milliseconds."""
        return 1000 * sorted(self.times)[max(-(-95 * len(self.times) // 100) - 1, 0)]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: list[str]
    clients: list[int]
    pictures: int  # of one user, and of the bare loop
    seconds: float  # of each number of clients
    original: int  # pictures


FULL = Plan(["0.2", "1", "12"], [1, 4, 8, WAITING, 32], pictures=60, seconds=20, original=30)
QUICK = Plan(["1", "12"], [WAITING], pictures=15, seconds=8, original=6)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classify", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, clients and pictures")
    parser.add_argument("--pictures", type=int, help="how many one user sends of each size")
    parser.add_argument("--seconds", type=float, help="how long each number of clients sends")
    parser.add_argument("--without-original", action="store_true", help="needs no TensorFlow then")
    given = parser.parse_args()
    plan = QUICK if given.quick else FULL
    changes = {name: getattr(given, name) for name in ("pictures", "seconds") if getattr(given, name)}
    plan = Plan(**(vars(plan) | changes))
    began = time.monotonic()
    print(running.headline() + "\n")
    pictures = {size: running.paintings(size) for size in plan.sizes}
    bare = {size: bare_runs(some, plan.pictures) for size, some in pictures.items()}
    show_bare(bare, pictures)
    original = None if given.without_original else original_run(pictures["1"][0], plan.original)
    with running.running_site() as site:
        sites, held = ask_site(site, pictures, plan)
    show_site(sites, bare)
    show_goals(sites, bare, original, held)
    print(f"\n{time.monotonic() - began:.0f} s in all; at the end {running.load()}")


# Bare


def bare_runs(paintings: list[bytes], count: int) -> tuple[Run, Run]:
    """One process, and one for each core."""
    with ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), initializer=_ready_to_classify
    ) as pool:
        alone = pool.submit(_bare_loop, paintings, count).result()
        together = list(pool.map(_bare_loop, [paintings] * os.cpu_count(), [count] * os.cpu_count()))
    times = [time_s for run in together for time_s in run.times]
    return alone, Run(times, max(run.seconds for run in together))


def _ready_to_classify() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    from ml import inference

    inference.load_model()


def _bare_loop(paintings: list[bytes], count: int) -> Run:
    from ml import inference

    inference.classify(paintings[0])
    run, began = Run(), time.perf_counter()
    for painting in itertools.islice(itertools.cycle(paintings), count):
        start = time.perf_counter()
        inference.classify(painting)
        run.times.append(time.perf_counter() - start)
    run.seconds = time.perf_counter() - began
    return run


# The original's way


def original_run(painting: bytes, count: int) -> tuple[Run, float]:
    """Its answers, and the most memory its process held, in MB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_original_loop, painting, count).result()


def _original_loop(painting: bytes, count: int) -> tuple[Run, float]:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    from ml import inference

    labels = list(inference.model_card()["labels"])
    network = keras.applications.MobileNetV2(weights=None, classes=len(labels))
    _as_the_original(network, painting, labels)
    run, began = Run(), time.perf_counter()
    for _ in range(count):
        start = time.perf_counter()
        _as_the_original(network, painting, labels)
        run.times.append(time.perf_counter() - start)
    run.seconds = time.perf_counter() - began
    return run, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _as_the_original(network, painting: bytes, labels: list[str]) -> bytes:
    """A PNG of bars; the network is asked once for the top style and once more for the bars."""
    import keras
    import matplotlib as mpl
    import numpy as np
    from PIL import Image

    mpl.use("Agg")
    from matplotlib import pyplot

    with Image.open(io.BytesIO(painting)) as image:
        pixels = np.asarray(image.convert("RGB").resize((224, 224)), np.float32)[None]
    pixels = keras.applications.mobilenet_v2.preprocess_input(pixels)
    top = labels[int(np.argmax(network.predict(pixels, verbose=0)))]
    probabilities = network.predict(pixels, verbose=0)[0]
    figure, axes = pyplot.subplots(figsize=(10, 6))
    axes.barh(labels, probabilities)
    axes.set_title(top)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    pyplot.close(figure)
    return out.getvalue()


# The site


def ask_site(site, pictures: dict[str, list[bytes]], plan: Plan) -> tuple[dict, float]:
    """Each size, each number of clients, by waiting and by polling; and what a worker's child held, in MB."""
    token = running.sign_in(site)
    one_after_another(site, token, pictures[plan.sizes[0]], 8, prefer_wait=True)  # warms up
    runs = {}
    for size, some in pictures.items():
        for prefer_wait in (True, False):
            way = "wait" if prefer_wait else "polling"
            runs[size, 1, way] = one_after_another(site, token, some, plan.pictures, prefer_wait=prefer_wait)
        for clients in plan.clients:
            if clients > 1:
                runs[size, clients, "wait"] = together(site, token, some, clients, plan.seconds)
    children = site.worker_processes()[1:]
    return runs, max(running.memory_mb(child) for child in children if child.status() != psutil.STATUS_ZOMBIE)


def one_after_another(site, token: str, paintings: list[bytes], count: int, *, prefer_wait: bool) -> Run:
    client = running.Client(site, token)
    return _send(client, itertools.islice(itertools.cycle(paintings), count), prefer_wait=prefer_wait)


def together(site, token: str, paintings: list[bytes], clients: int, seconds: float) -> Run:
    """So many clients, each of which sends its next picture when it has its answer."""
    over = threading.Event()

    def some() -> Iterable[bytes]:
        return itertools.takewhile(lambda _: not over.is_set(), itertools.cycle(paintings))

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        work = [
            pool.submit(_send, running.Client(site, token), some(), prefer_wait=True) for _ in range(clients)
        ]
        time.sleep(seconds)
        over.set()
        runs = [done.result() for done in work]
    return Run(
        [time_s for run in runs for time_s in run.times],
        time.perf_counter() - began,
        [error for run in runs for error in run.errors],
    )


def _send(client: running.Client, paintings: Iterable[bytes], *, prefer_wait: bool) -> Run:
    run, began = Run(), time.perf_counter()
    for painting in paintings:
        try:
            run.times.append(client.answer_s(running.never_seen(painting), prefer_wait=prefer_wait))
        except (RuntimeError, OSError) as error:
            run.errors.append(str(error))
    run.seconds = time.perf_counter() - began
    return run


# Tables


def show_bare(bare: dict[str, tuple[Run, Run]], pictures: dict[str, list[bytes]]) -> None:
    print("| bare, Mpx | kB | median, ms | a second | on all cores, a second |\n|---|---|---|---|---|")
    for size, (alone, both) in bare.items():
        weight = statistics.mean(map(len, pictures[size])) / 1000
        print(f"| {size} | {weight:,.0f} | {alone.median_ms:.1f} | {alone.per_s:.1f} | {both.per_s:.1f} |")


def show_site(sites: dict, bare: dict[str, tuple[Run, Run]]) -> None:
    print(
        "\n| site, Mpx | clients | by | answers | errors | median, ms | 95 % within, ms | × bare | a second | × bare |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (size, clients, way), run in sites.items():
        alone, both = bare[size]
        print(
            f"| {size} | {clients} | {way} | {len(run.times)} | {len(run.errors)} | {run.median_ms:.0f} "
            f"| {run.slow_ms:.0f} | {run.median_ms / alone.median_ms:.1f} | {run.per_s:.1f} "
            f"| {run.per_s / both.per_s:.2f} |"
        )  # fmt: skip


def show_goals(
    sites: dict, bare: dict[str, tuple[Run, Run]], original: tuple[Run, float] | None, held_mb: float
) -> None:
    """Each goal, what came out, and whether it is reached."""
    print("\n| goal | wanted | measured | |\n|---|---|---|---|")

    def line(goal: str, measured: float, limit: float, is_reached: Callable[[float, float], bool]) -> None:
        sign = "≤" if is_reached(0, 1) else "≥"
        word = "reached" if is_reached(measured, limit) else "MISSED"
        print(f"| {goal} | {sign} {limit:g} | {measured:.2f} | {word} |")

    def at_most(measured: float, limit: float) -> bool:
        return measured <= limit

    def at_least(measured: float, limit: float) -> bool:
        return measured >= limit

    saturated = {
        size: max(run.per_s for (its_size, _, _), run in sites.items() if its_size == size) for size in bare
    }
    for size, limit in ONE_USER.items():
        ratio = sites[size, 1, "wait"].median_ms / bare[size][0].median_ms
        line(f"one user, {size} Mpx, times the bare loop", ratio, limit, at_most)
    for size, limit in SATURATED.items():
        line(
            f"saturated, {size} Mpx, share of the bare loop",
            saturated[size] / bare[size][1].per_s,
            limit,
            at_least,
        )
    slow_s = sites["1", WAITING, "wait"].slow_ms / 1000
    line(f"{WAITING} waiting, 1 Mpx, 95 % within, s", slow_s, WAITING_S, at_most)
    line("errors", sum(len(run.errors) for run in sites.values()), 0, at_most)
    if original is not None:
        run, original_mb = original
        print(
            f"\nThe original's way: {run.per_s:.2f} a second, {original_mb:.0f} MB; our worker's child {held_mb:.0f} MB.\n"
        )
        print("| goal | wanted | measured | |\n|---|---|---|---|")
        line("times the original's throughput", saturated["1"] / run.per_s, TIMES_ORIGINAL, at_least)
        line("share of the original's memory", held_mb / original_mb, MEMORY_SHARE, at_most)


if __name__ == "__main__":
    main()
