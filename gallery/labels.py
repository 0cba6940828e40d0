"""Which label is right? Suggestions of people and of the model, and what curators made of them."""

from collections.abc import Callable
from contextlib import contextmanager
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction

from .models import Artwork, LabelSuggestion, Style

BY_MODEL = "model:"  # how the keys of the model's own suggestions begin


@transaction.atomic
def suggest(
    *,
    source_key: str,
    proposed: Style,
    predicted: Style | None = None,
    confidence: float | None = None,
    artwork: Artwork | None = None,
    picture: bytes | None = None,
) -> LabelSuggestion:
    """Put a suggestion into the curators' queue; called again, it replaces the one of the same key.

    What is decided already stays as it was decided. `picture` is a JPEG that its owner allowed curators
    to see; None means not allowed, and then a picture that was kept goes, decided or not.
    """
    LabelSuggestion.objects.get_or_create(source_key=source_key, defaults={"proposed": proposed})
    suggestion = LabelSuggestion.objects.select_for_update().get(source_key=source_key)
    if suggestion.is_open:
        suggestion.is_by_model = source_key.startswith(BY_MODEL)
        suggestion.proposed, suggestion.predicted = proposed, predicted
        suggestion.confidence, suggestion.artwork = confidence, artwork
    with _picture_replaced(suggestion, picture):
        suggestion.save()
    return suggestion


@transaction.atomic
def withdraw(source_key: str) -> None:
    """Forget a suggestion and its picture, decided or not; nothing happens where there is none."""
    for suggestion in LabelSuggestion.objects.select_for_update().filter(source_key=source_key):
        _delete_file_after_commit(suggestion.picture.name)
        suggestion.delete()


@contextmanager
def _picture_replaced(suggestion: LabelSuggestion, data: bytes | None):
    """Put `data` in the place of the picture; no file stays behind, whether saving succeeds or fails."""
    old = suggestion.picture.name
    if data is not None and (not suggestion.is_open or _reads(suggestion) == data):
        yield
        return
    _delete_file_after_commit(old)
    suggestion.picture.name = ""
    if data is not None:
        suggestion.picture.save("picture.jpg", ContentFile(data), save=False)
    try:
        yield
    except BaseException:
        if data is not None:
            suggestion.picture.storage.delete(suggestion.picture.name)
        raise


def _reads(suggestion: LabelSuggestion) -> bytes | None:
    """The picture that is kept, if it is there."""
    if not suggestion.picture:
        return None
    try:
        with suggestion.picture.open("rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _delete_file_after_commit(name: str) -> None:
    if name:
        delete: Callable[[], None] = partial(LabelSuggestion().picture.storage.delete, name)
        transaction.on_commit(delete)
