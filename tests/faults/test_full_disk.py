"""The disk of the pictures runs full under the running site, and has room again."""

import contextlib
import hashlib
from pathlib import Path

import pytest

from tests import pictures
from tests.faults.house import Sent

pytestmark = pytest.mark.services


def test_a_full_disk_refuses_pictures_and_takes_them_again_once_there_is_room(house, small_disk):
    waiting = house.send(pictures.small_painting(4000), Sent())
    house.wait_for_all()
    kept, ballast, picture = house.kept(), small_disk / "ballast", pictures.small_painting(4001)

    fill(ballast)
    refused = house.upload(picture)
    kept_when_full = house.kept()
    ballast.unlink()
    accepted = house.upload(picture)
    house.wait_for_all()

    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (507, "no_room", "60")
    assert kept_when_full == kept
    rows = house.query(
        "SELECT count(*) FROM classifier_prediction WHERE sha256 = %s", hashlib.sha256(picture).hexdigest()
    )
    assert rows == [(1,)]
    ends = house.ends_of([waiting, accepted.json["id"]])
    assert {(end.status, end.times) for end in ends.values()} == {("done", 1)}


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
