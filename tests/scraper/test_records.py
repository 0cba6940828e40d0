from dataclasses import FrozenInstanceError

import pytest

from scraper.records import ArtistRecord, PaintingRecord, Unusable


def test_genres_read_as_one_line():
    record = PaintingRecord(
        name="a/b", source_key="x", title="B", styles=(), genres=("portrait", "landscape")
    )

    assert record.genre == "portrait, landscape"


def test_records_are_values():
    first, again = (ArtistRecord("Claude Monet", "claude-monet") for _ in range(2))

    assert {first, again} == {first}
    with pytest.raises(FrozenInstanceError):
        first.name = "Monet"


def test_what_cannot_be_used_keeps_what_was_sent():
    assert Unusable("7", "It has no address.", {"id": 7}).raw == {"id": 7}
