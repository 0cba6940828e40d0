"""What the running site holds in memory: python -m benchmarks.memory [--requests N] [--minutes M] [--quick].

First sends requests, mostly pages and each twentieth a picture; then, for some minutes, keeps the site at 70 %
of what it can do with pictures of 1 Mpx and watches what web processes and worker's children hold. Memory is
PSS in MB of 10^6 bytes: pages that processes share count by their share. Growth is the slope of a line through
the second half of the minutes, since caches fill in the first. No child of the worker is replaced meanwhile: a new
one grows while it fills its own, and replacing would hide what an old one keeps. Needs about 35 minutes; with
--quick about 4.
"""

import argparse
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import psutil

from benchmarks import running

MOST_MB = {"web": 150, "worker": 250}
MOST_GROWTH_MB = 1.0  # a minute
LOAD = 0.7
PICTURE_EVERY = 20  # requests
CLIENTS = 8
SAMPLE_EVERY_S = 5.0
NEVER_REPLACED = {"WORKER_TASKS_PER_CHILD": "1000000000"}
PAGES = ("/", "/styles/", "/artists/", "/artworks/", "/chronology/", "/api/v1/predictions/", "/api/v1/me/")


@dataclass
class Watch:
    """What the processes of each kind held: `samples` are seconds and MB of each process by its id."""

    site: object
    samples: list[tuple[float, dict[str, dict[int, float]]]] = field(default_factory=list)

    def look(self) -> None:
        held = {
            kind: {process.pid: running.memory_mb(process) for process in some}
            for kind, some in processes(self.site).items()
        }
        self.samples.append((time.monotonic(), held))

    def most(self, kind: str) -> float:
        """The most that one process of this kind ever held."""
        return max(mb for _, held in self.samples for mb in held[kind].values())

    def growth(self, kind: str) -> float:
        """MB a minute of the process that grew most; one that was replaced counts as the new one."""
        later = self.samples[len(self.samples) // 2 :]
        slopes = []
        for pid in later[-1][1][kind]:
            known = [(moment / 60, held[kind][pid]) for moment, held in later if pid in held[kind]]
            if len(known) > 2:
                slopes.append(np.polyfit(*zip(*known, strict=True), 1)[0])
        return max(slopes, default=float("nan"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--requests", type=int, help="before memory is measured (default: 10000)")
    parser.add_argument("--minutes", type=float, help="under load (default: 30)")
    parser.add_argument("--quick", action="store_true", help="1,000 requests and 2 minutes")
    given = parser.parse_args()
    requests = given.requests or (1_000 if given.quick else 10_000)
    minutes = given.minutes or (2.0 if given.quick else 30.0)
    print(running.headline() + "\n")
    paintings = running.paintings("1")
    with running.running_site(**NEVER_REPLACED) as site:
        token = running.sign_in(site)
        errors = ask(site, token, paintings, requests)
        watch = Watch(site)
        watch.look()
        print(f"After {requests:,} requests, {errors} of them with errors:\n")
        print("| process | at most, MB | goal |\n|---|---|---|")
        for kind, most in MOST_MB.items():
            print(f"| {kind} | {watch.most(kind):.0f} | {most} |")
        watch = Watch(site)
        per_s, answers = under_load(site, token, paintings, minutes, watch)
    print(f"\n{minutes:g} minutes at {LOAD:.0%} of {per_s:.1f} pictures a second, {answers:,} answers:\n")
    print("| process | at most, MB | goal | growth, MB a minute | goal |\n|---|---|---|---|---|")
    for kind, most in MOST_MB.items():
        print(f"| {kind} | {watch.most(kind):.0f} | {most} | {watch.growth(kind):.2f} | {MOST_GROWTH_MB} |")
    print(f"\nAt the end {running.load()}")


def processes(site) -> dict[str, list[psutil.Process]]:
    """The processes that answer requests, and those that look at pictures: the masters of both do neither."""
    found: dict[str, list[psutil.Process]] = {"web": [], "worker": []}
    for child in psutil.Process(site.run.pid).children():
        command = " ".join(child.cmdline())
        for kind, word in (("web", "gunicorn"), ("worker", " worker ")):
            if word in command:
                found[kind] = child.children()
    return found


def ask(site, token: str, paintings: list[bytes], requests: int) -> int:
    """Ask for pages, and send a picture now and then; tells how many answers were errors."""

    def some(share: int) -> int:
        client, errors = running.Client(site, token), 0
        pages, pictures = itertools.cycle(PAGES), itertools.cycle(paintings)
        for number in range(share):
            if number % PICTURE_EVERY == 0:
                errors += not is_answered(client, next(pictures))
            else:
                status, _ = client.ask("GET", next(pages))
                errors += status >= 400
        return errors

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(some, [-(-requests // CLIENTS)] * CLIENTS))


def is_answered(client: running.Client, painting: bytes) -> bool:
    try:
        client.answer_s(running.never_seen(painting), prefer_wait=True)
    except (RuntimeError, OSError):
        return False
    return True


def under_load(site, token: str, paintings: list[bytes], minutes: float, watch: Watch) -> tuple[float, int]:
    """Find out what the site can do, then send LOAD of it; gives that in pictures a second, and the answers."""
    pool = ThreadPoolExecutor(4 * CLIENTS)
    began, count = time.monotonic(), 16 * CLIENTS
    clients = itertools.cycle([running.Client(site, token) for _ in range(CLIENTS)])
    with ThreadPoolExecutor(CLIENTS) as saturating:
        work = [
            saturating.submit(send_some, next(clients), paintings, count // CLIENTS) for _ in range(CLIENTS)
        ]
        [done.result() for done in work]
    per_s = count / (time.monotonic() - began)

    free = [running.Client(site, token) for _ in range(4 * CLIENTS)]
    pictures, pause_s = itertools.cycle(paintings), 1 / (LOAD * per_s)
    now = time.monotonic()
    end, due, look_at, sent = now + 60 * minutes, now, now, []
    while (now := time.monotonic()) < end:
        if now >= look_at:
            watch.look()
            look_at += SAMPLE_EVERY_S
        if now >= due:
            due += pause_s
            if free:  # else all are waiting: more would be over the load
                sent.append(pool.submit(send_one, free, next(pictures)))
        time.sleep(max(min(due, look_at) - time.monotonic(), 0))
    pool.shutdown()
    return per_s, sum(done.result() for done in sent)


def send_some(client: running.Client, paintings: list[bytes], count: int) -> int:
    return sum(is_answered(client, one) for one in itertools.islice(itertools.cycle(paintings), count))


def send_one(free: list[running.Client], painting: bytes) -> bool:
    client = free.pop()
    try:
        return is_answered(client, painting)
    finally:
        free.append(client)


if __name__ == "__main__":
    main()
