from pathlib import Path

import psutil
import pytest

from gallery.readers import ReaderDied, Readers, ReadersKeepDying
from tests.gallery.looks import look


@pytest.fixture
def files(tmp_path):
    """Write pictures of these bytes; gives their paths."""

    def write(*contents: bytes) -> list[Path]:
        paths = [tmp_path / f"{number}.jpg" for number in range(len(contents))]
        for path, data in zip(paths, contents, strict=True):
            path.write_bytes(data)
        return paths

    return write


def answers(readers: Readers, paths: list[Path]) -> list[object]:
    """Submit all at once; an error stands in for the answer it came instead of."""
    for path in paths:
        readers.submit(path)
    return [answer(readers) for _ in paths]


def answer(readers: Readers) -> object:
    try:
        return readers.answer()
    except (ValueError, OSError, ReaderDied) as error:
        return type(error)


@pytest.mark.parametrize("processes", [1, 2])
def test_answers_and_errors_come_back_in_the_order_of_the_pictures(processes, files, tmp_path):
    paths = [*files(b"one", b"wrong", b"three"), tmp_path / "gone.jpg"]

    with Readers(look, processes) as readers:
        found = answers(readers, paths)

    assert found == [3, ValueError, 5, FileNotFoundError]


def test_a_picture_that_kills_its_process_costs_no_other_its_answer(files):
    with Readers(look, 2) as readers:
        found = answers(readers, files(b"one", b"deadly", b"three", b"four", b"seventh", b"deadly", b"sixth"))
        afterwards = answers(readers, files(b"1", b"22", b"333"))

    assert found == [3, ReaderDied, 5, 4, 7, ReaderDied, 5]
    assert afterwards == [1, 2, 3]


def test_a_process_that_is_killed_from_outside_is_replaced(files):
    with Readers(look, 2) as readers:
        answers(readers, files(b"one", b"two"))
        for process in psutil.Process().children():
            if "spawn_main" in " ".join(process.cmdline()):
                process.kill()
        found = answers(readers, files(b"1", b"22", b"333"))

    assert found == [1, 2, 3]


def test_readers_that_keep_dying_end_the_work(files):
    with Readers(look, 2) as readers, pytest.raises(ReadersKeepDying):
        answers(readers, files(*[b"deadly"] * 4))


def test_no_process_is_started_before_it_is_needed_and_none_is_left(files):
    before = len(psutil.Process().children())
    with Readers(look, 2) as readers:
        assert len(psutil.Process().children()) == before
        answers(readers, files(b"one", b"two"))

    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]
