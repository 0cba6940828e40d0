"""How fast metadata come in from WikiArt: python -m benchmarks.importing [--works N …].

Starts the local WikiArt in a process of its own, without limits, and imports its lists of styles into a
database of its own, each number of works by a process of its own: `import_wikiart --style … --no-details
--no-images`. Then once more, when all is known. The real WikiArt cuts lists off at 3,600 works; this one does not.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
WHOLE_LISTS = """
from tests.wikiart_server import __main__, families
families.MOST_SHOWN = 10**9
__main__.main()
"""
UNLIMITED = {
    "WIKIART_CALLS": "1000000",
    "WIKIART_API_CALLS_PER_HOUR": "1000000",
    "READ_DOTENV": "false",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "DJANGO_SETTINGS_MODULE": "styleart_site.settings",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing", description=__doc__)
    parser.add_argument("--works", type=int, nargs="+", default=[10_000, 100_000], help="how many to import")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)  # in a process of its own
    given = parser.parse_args()
    if given.measure:
        measure(given.measure)
        return
    print(f"Load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(
        "| works | works a second | CPU ms a work: import | PostgreSQL | memory at most, MiB | again, works a second |"
    )
    print("|---|---|---|---|---|---|", flush=True)
    for works in given.works:
        with wikiart(works) as url, tempfile.TemporaryDirectory() as folder:
            environment = os.environ | UNLIMITED | {"STYLEART_DATA": folder, "WIKIART_URL": url}
            command = [sys.executable, "-m", "benchmarks.importing", "--measure", str(works)]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)


@contextmanager
def wikiart(works: int) -> Iterator[str]:
    """A local WikiArt of so many works; gives its address."""
    command = [sys.executable, "-c", WHOLE_LISTS, "--port", "0", "--works", str(works)]
    environment = os.environ | UNLIMITED
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield re.search(r"WIKIART_URL=(\S+)", server.stdout.readline())[1]
        finally:
            server.terminate()


def measure(works: int) -> None:
    """Import all works twice and print a line of the table."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from gallery.models import Artwork
    from scraper.wikiart import Access, WikiArt

    call_command("migrate", verbosity=0)
    call_command("load_sample", stdout=sys.stderr)
    with WikiArt(Access.from_settings(settings)) as line:
        slugs = sorted(line._styles)
    connection.ensure_connection()
    backend = psutil.Process(connection.connection.get_backend_pid())
    before, cpu_s, backend_s = Artwork.objects.count(), time.process_time(), cpu_of(backend)
    first_s = seconds_for(slugs)
    cpu_s, backend_s = time.process_time() - cpu_s, cpu_of(backend) - backend_s
    found = Artwork.objects.count() - before
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    again_s = seconds_for(slugs)
    cells = [
        f"{found:,}",
        f"{found / first_s:,.0f}",
        f"{1000 * cpu_s / found:.2f}",
        f"{1000 * backend_s / found:.2f}",
        f"{memory_mib:,.0f}",
        f"{found / again_s:,.0f}",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)
    connection.close()


def cpu_of(process: psutil.Process) -> float:
    """Seconds of processor time so far."""
    times = process.cpu_times()
    return times.user + times.system


def seconds_for(slugs: list[str]) -> float:
    from django.core.management import call_command

    began = time.perf_counter()
    call_command("import_wikiart", style=slugs, styles=slugs, details=False, images=False, stdout=sys.stderr)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
