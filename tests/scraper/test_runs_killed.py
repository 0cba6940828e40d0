"""SIGKILL at random moments, again and again, while things go wrong at WikiArt as well.

STYLEART_KILLS=full imports 2,000 works with 20 kills; it takes about a quarter of an hour.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from gallery.models import Artist, Artwork
from scraper import runs
from scraper.models import ImportRun, WantedPicture
from tests import wikiart_server
from tests.live import wait_until
from tests.scraper.imports import catalogue, files

ROOT = Path(__file__).parents[2]
IS_FULL = os.environ.get("STYLEART_KILLS") == "full"
WORKS, KILLS = (2000, 20) if IS_FULL else (50, 4)
# The command as a process of its own, on the test's database and media folder.
OWN_PROCESS = """
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.MEDIA_ROOT = sys.argv[1:3]
django.setup()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "import_wikiart", *sys.argv[3:]])
"""
HURRIED = {
    "WIKIART_CALLS": "1000000",
    "WIKIART_API_CALLS_PER_HOUR": "1000000",
    "WIKIART_PICTURES_PER_SECOND": "1000000",
    "WIKIART_BACKOFF_S": "0.01",
    "WIKIART_LIMIT_WAIT_S": "0.01",
    "WIKIART_TIMEOUT_S": "20",
}


def begin(server, settings, *words: str, program: str = OWN_PROCESS) -> subprocess.Popen:
    database = connection.settings_dict["NAME"]
    return subprocess.Popen(
        [sys.executable, "-c", program, database, str(settings.MEDIA_ROOT), *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | HURRIED | {"WIKIART_URL": server.url, "DJANGO_SETTINGS_MODULE": "styleart_site.settings"},
    )  # fmt: skip


def run_to_its_end(server, settings, *words: str) -> tuple[int, str]:
    process = begin(server, settings, *words)
    said, _ = process.communicate(timeout=3600)
    return process.returncode, said


def kill_after(process: subprocess.Popen, server, calls: int, *, with_signal: int = signal.SIGKILL) -> bool:
    """Kill it once so many more calls were made, or a little later; False where it was done before."""
    goal = sum(server.requests.values()) + calls
    wait_until(
        lambda: process.poll() is not None or sum(server.requests.values()) >= goal,
        timeout_s=900,
        pause_s=0.002,
    )
    time.sleep(random.uniform(0, 0.08))
    if process.poll() is not None:
        return False
    process.send_signal(with_signal)
    process.communicate()
    return True


def kept_pictures(server) -> dict[str, int]:
    """How often each picture that is kept by now was sent whole; its row may still have to be saved."""
    waiting = {int(path.name) for path in runs.incoming().glob("*") if path.name.isdecimal()}
    here = Artwork.objects.exclude(picture="") | Artwork.objects.filter(pk__in=waiting)
    paths = [server.world.by_id[number].picture for number in here.values_list("wikiart_id", flat=True)]
    return {path: times_sent(server, path) for path in paths}


def times_sent(server, path: str) -> int:
    return sum(count for sent, count in server.sent.items() if sent.partition("!")[0] == path)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_again_and_again_comes_out_the_same(styles, settings, tmp_path):
    chance = random.Random()
    world = wikiart_server.World.made_up(WORKS, seed=12)
    with wikiart_server.running(world=world) as server:
        code, said = run_to_its_end(server, settings, "--all")
        calls = sum(server.requests.values())
    undisturbed, whole = catalogue(), files()
    assert code == 0, said
    empty_the_catalogue()
    settings.MEDIA_ROOT = tmp_path / "again"

    kept: dict[str, int] = {}
    kills = 0
    with wikiart_server.running(world=world, faults=0.05, slow_s=0.05, retry_after_s=0) as server:
        process = begin(server, settings, "--all")
        while kills < KILLS and kill_after(process, server, chance.randint(2, int(1.6 * calls / KILLS))):
            kills += 1
            kept |= kept_pictures(server)
            process = begin(server, settings, "--all")
        said, _ = process.communicate(timeout=3600)
        if process.returncode == 3:  # a fault came again and again; that is what it is for
            code, said = run_to_its_end(server, settings, "--try-again")
        sent_again = {path for path, count in kept.items() if times_sent(server, path) > count}
        sent_twice = [path for path in server.sent if "/images/" in path and server.sent[path] > 1]
        tell(
            f"{kills} kills, {sum(server.faults.given.values())} faults, {len(kept)} pictures kept at a kill"
        )
        tell(f"{len(sent_twice)} pictures on their way when it was killed, and sent again")

    assert kills >= KILLS / 2, said
    assert catalogue() == undisturbed, said
    assert files() == whole
    assert sent_again == set()
    assert len(sent_twice) <= kills
    assert not WantedPicture.objects.exists()
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"done"}


def empty_the_catalogue() -> None:
    ImportRun.objects.all().delete()
    Artwork.objects.all().delete()
    Artist.objects.all().delete()


def tell(sentence: str) -> None:
    """Figures for whoever runs this with -s."""
    sys.stdout.write(f"\n{sentence}")
