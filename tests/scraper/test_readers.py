import pytest

from scraper.readers import ReaderDied, Readers, ReadersKeepDying
from tests.scraper.looks import look


def answers(readers: Readers, pictures: list[bytes]) -> list[object]:
    """Submit all at once; an error stands in for the answer it came instead of."""
    futures = [readers.submit(data) for data in pictures]
    return [answer(readers, future, data) for future, data in zip(futures, pictures, strict=True)]


def answer(readers: Readers, future, data: bytes) -> object:
    try:
        return readers.result(future, data)
    except (ValueError, ReaderDied) as error:
        return type(error)


@pytest.mark.parametrize("processes", [1, 2])
def test_answers_and_errors_come_back_in_the_order_of_the_pictures(processes):
    with Readers(look, processes) as readers:
        found = answers(readers, [b"one", b"wrong", b"three"])

    assert found == [3, ValueError, 5]


def test_a_picture_that_kills_its_process_costs_no_other_its_answer():
    with Readers(look, 2) as readers:
        found = answers(readers, [b"one", b"deadly", b"three"])
        afterwards = readers.result(readers.submit(b"four"), b"four")

    assert found == [3, ReaderDied, 5]
    assert afterwards == 4


def test_readers_that_keep_dying_end_the_work():
    with Readers(look, 2) as readers, pytest.raises(ReadersKeepDying):
        answers(readers, [b"deadly"] * 4)
