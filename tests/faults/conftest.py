import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.house import House
from tests.live import ROOT

DISK_MB = 48
# A disk that only those see who enter the namespace of this process, and that goes with it.
SMALL_DISK = 'mount -t tmpfs -o size="$1"m tmpfs "$0" && echo ready && exec sleep 86400'


@contextmanager
def small_disk_at(folder: Path) -> Iterator[int | None]:
    """Mount a small disk there, in a namespace of its own; gives its process, or None where nobody may mount."""
    if sys.platform != "linux" or os.geteuid() != 0:
        yield None
        return
    command = ["unshare", "--mount", "sh", "-c", SMALL_DISK, str(folder), str(DISK_MB)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        yield holder.pid if holder.stdout.readline() == "ready\n" else None
        holder.kill()


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """The whole site on its way through all faults: short limits, and, where root may mount, a small disk."""
    folder = tmp_path_factory.mktemp("faults")
    media = folder / "media"
    media.mkdir()
    with small_disk_at(media) as holder:
        house = House(folder / "var", media)
        if holder is not None:
            house.launcher = ["nsenter", f"--mount=/proc/{holder}/ns/mnt", f"--wd={ROOT}"]
            house.media = Path(f"/proc/{holder}/root{media}")
        house.start()
        house.watch_finishes()
        house.sign_in()
        yield house
        house.stop()


@pytest.fixture
def small_disk(house):
    if not house.launcher:
        warnings.warn(
            "NOT RUN: the whole site on a full disk. Only root on Linux may mount one.", stacklevel=1
        )
        pytest.skip("no disk can be mounted here")
    return house.media
