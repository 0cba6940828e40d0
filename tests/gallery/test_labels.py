"""Suggestions of labels: kept, replaced, withdrawn; found by the model; decided by curators."""

from pathlib import Path

import pytest

from gallery import labels
from gallery.models import LabelSuggestion
from tests.factories import make_artwork, make_style, small_painting

pytestmark = pytest.mark.django_db


def kept_pictures(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT, "suggestions").rglob("*") if path.is_file()]


def test_a_second_suggestion_of_the_same_key_replaces_the_first():
    cubism, realism = make_style("Cubism"), make_style("Realism")
    labels.suggest(source_key="one", proposed=cubism, confidence=0.9)

    labels.suggest(source_key="one", proposed=realism, predicted=cubism, confidence=0.4)

    (suggestion,) = LabelSuggestion.objects.all()
    assert (suggestion.proposed, suggestion.predicted, suggestion.confidence) == (realism, cubism, 0.4)


def test_a_new_picture_takes_the_place_of_the_old_one(settings, django_capture_on_commit_callbacks):
    style = make_style()
    with django_capture_on_commit_callbacks(execute=True):
        labels.suggest(source_key="one", proposed=style, picture=b"first")

    with django_capture_on_commit_callbacks(execute=True):
        suggestion = labels.suggest(source_key="one", proposed=style, picture=b"second")

    (kept,) = kept_pictures(settings)
    assert kept == Path(suggestion.picture.path)
    assert kept.read_bytes() == b"second"


def test_a_picture_goes_when_it_is_no_longer_allowed(settings, django_capture_on_commit_callbacks):
    style = make_style()
    labels.suggest(source_key="one", proposed=style, picture=small_painting())
    LabelSuggestion.objects.update(status="accepted", decided_at="2026-01-01T00:00Z")

    with django_capture_on_commit_callbacks(execute=True):
        suggestion = labels.suggest(source_key="one", proposed=make_style())

    assert kept_pictures(settings) == []
    assert not suggestion.picture
    assert (suggestion.status, suggestion.proposed) == ("accepted", style)


def test_withdrawing_forgets_the_suggestion_and_its_picture(settings, django_capture_on_commit_callbacks):
    labels.suggest(source_key="one", proposed=make_style(), picture=small_painting())
    labels.suggest(source_key="two", proposed=make_style())

    with django_capture_on_commit_callbacks(execute=True):
        labels.withdraw("one")
        labels.withdraw("never made")

    assert list(LabelSuggestion.objects.values_list("source_key", flat=True)) == ["two"]
    assert kept_pictures(settings) == []


def test_nothing_is_kept_of_a_suggestion_that_cannot_be_saved(settings):
    with pytest.raises(Exception, match="suggestion_confidence_0_to_1"):
        labels.suggest(source_key="one", proposed=make_style(), confidence=7, picture=small_painting())

    assert kept_pictures(settings) == []


def test_what_nobody_can_look_at_does_not_wait_for_a_curator():
    style = make_style()
    labels.suggest(source_key="model:1", proposed=style, artwork=make_artwork(), confidence=0.99)
    labels.suggest(source_key="shown", proposed=style, confidence=0.5, picture=small_painting())
    labels.suggest(source_key="private", proposed=style, confidence=0.5)

    waiting = LabelSuggestion.objects.to_review()

    assert [suggestion.source_key for suggestion in waiting] == ["shown", "model:1"]
