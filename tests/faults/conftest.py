import os
import subprocess
import sys
import warnings

import pytest

from tests.faults.house import House

DISK_MB = 48
# A disk of its own for the pictures that only the site sees, and that goes with it.
WITH_SMALL_DISK = 'mount -t tmpfs -o size=$0m tmpfs "$MEDIA_ROOT" && exec "$@"'


def can_mount() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """The whole site on its way through all faults: short limits, and, where root may mount, a small disk."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "media").mkdir()
    house = House(folder / "var", folder / "media")
    if can_mount():
        house.launcher = ["unshare", "--mount", "sh", "-c", WITH_SMALL_DISK, str(DISK_MB)]
        house.has_small_disk = True
    house.start()
    house.watch_finishes()
    yield house
    house.stop()


@pytest.fixture
def small_disk(house):
    if not house.has_small_disk:
        warnings.warn(
            "NOT RUN: the full disk under the whole site; only root on Linux may mount one.", stacklevel=1
        )
        pytest.skip("no disk can be mounted here")
    return house.media
