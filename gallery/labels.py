"""Which label is right? Suggestions of people and of the model, and what curators made of them."""

from collections.abc import Callable
from contextlib import contextmanager
from functools import partial

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext

from ml import inference

from . import changes
from .models import Artwork, Change, LabelSuggestion, Opinion, Style

LOCK = 0x4C_61_62_6C  # to PostgreSQL this number means "labels are being doubted"
BY_MODEL = "model:"  # how the keys of the model's own suggestions begin


class CannotDecide(Exception):  # noqa: N818 - reads as what happened
    """The message says why, and what to do."""


# Suggestions of people


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


# Suggestions of the model


def find_doubts(limit: int) -> int:
    """Put up to so many works into the queue whose style the model in use doubts; tells how many were new.

    It doubts a style that it knows where it is sure of another one, and no curator has set the style.
    Doubts that are gone leave the queue; what a curator decided about a work and a style stays decided.
    """
    doubts = _doubts(inference.model_card())
    _forget_settled(doubts)
    known = LabelSuggestion.objects.filter(
        artwork=OuterRef("artwork"), is_by_model=True, proposed__name=OuterRef("label")
    )
    styles = {style.name: style for style in Style.objects.filter(name__in=inference.model_card()["labels"])}
    new = doubts.filter(~Exists(known), label__in=styles).select_related("artwork__style").order_by("pk")
    rows = [_suggestion(opinion, styles) for opinion in new[:limit]]
    LabelSuggestion.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _doubts(card):
    """Opinions of this model that contradict the catalogue."""
    return (
        Opinion.objects.filter(
            model_version=card["version"],
            certainty="sure",
            artwork__is_published=True,
            artwork__style__name__in=card["labels"],
        )
        .exclude(label=F("artwork__style__name"))
        .exclude(artwork__rights=Artwork.Rights.GENERATED)  # their style is what they were made for
        .exclude(artwork__curated_fields__contains=["style"])
    )


def _forget_settled(doubts) -> None:
    standing = doubts.filter(artwork=OuterRef("artwork"), label=OuterRef("proposed__name"))
    LabelSuggestion.objects.open().filter(~Exists(standing), is_by_model=True).delete()


def _suggestion(opinion: Opinion, styles: dict[str, Style]) -> LabelSuggestion:
    style = styles[opinion.label]
    return LabelSuggestion(
        source_key=f"{BY_MODEL}{opinion.artwork_id}:{style.slug}",
        is_by_model=True,
        artwork=opinion.artwork,
        proposed=style,
        predicted=style,
        confidence=opinion.probability,
    )


# Decisions of curators


def accept(suggestion: LabelSuggestion, style: Style, *, user: AbstractBaseUser) -> None:
    """The picture is of this style: the one proposed, or another one. A work of the catalogue gets it.

    Raises CannotDecide when somebody else was faster.
    """
    with transaction.atomic():
        suggestion = _still_open(suggestion)
        if work := suggestion.artwork:
            suggestion.style_before = work.style
            reason = "The model suggested it." if suggestion.is_by_model else "Somebody suggested it."
            with changes.recorded(work, user=user, kind=Change.Kind.REVIEW, reason=reason) as batch:
                work.style = style
                work.save(update_fields=["style"])
            suggestion.batch = batch if Change.objects.filter(batch=batch).exists() else None
        _decide(suggestion, LabelSuggestion.Status.ACCEPTED, style, user)


def reject(suggestion: LabelSuggestion, *, user: AbstractBaseUser) -> None:
    """The suggestion is wrong; the same one does not come back. Raises CannotDecide when somebody was faster."""
    with transaction.atomic():
        _decide(_still_open(suggestion), LabelSuggestion.Status.REJECTED, None, user)


def skip(suggestion: LabelSuggestion) -> None:
    """Put it off: it comes again when all others are through."""
    LabelSuggestion.objects.open().filter(pk=suggestion.pk).update(skipped_at=timezone.now())


def undo(suggestion: LabelSuggestion, *, user: AbstractBaseUser) -> None:
    """Take a decision back: the work has its style again, and the suggestion is the next to be reviewed.

    Raises changes.CannotUndo when the work was changed since.
    """
    with transaction.atomic():
        suggestion = LabelSuggestion.objects.select_for_update(of=("self",)).get(pk=suggestion.pk)
        if suggestion.batch and changes.stands(suggestion.batch):  # else somebody undid it in the log
            changes.undo_batch(suggestion.batch, user=user)
        suggestion.status, suggestion.decided_style = LabelSuggestion.Status.OPEN, None
        suggestion.style_before = suggestion.batch = suggestion.decided_by = None
        suggestion.decided_at = suggestion.skipped_at = None
        suggestion.save()


def _still_open(suggestion: LabelSuggestion) -> LabelSuggestion:
    rows = LabelSuggestion.objects.select_for_update(of=("self",)).select_related("artwork__style")
    row = rows.filter(pk=suggestion.pk).first()
    if row is None:
        raise CannotDecide(gettext("This suggestion was withdrawn. Here is the next one."))
    if not row.is_open:
        raise CannotDecide(gettext("Somebody else has decided this one meanwhile. Here is the next one."))
    return row


def _decide(suggestion: LabelSuggestion, status: str, style: Style | None, user: AbstractBaseUser) -> None:
    suggestion.status, suggestion.decided_style = status, style
    suggestion.decided_by, suggestion.decided_at = user, timezone.now()
    suggestion.save()


def in_words(confidence: float) -> str:
    """How sure a prediction is: "quite sure", "probably" or "hard to say", as for visitors."""
    sure = inference.certainty_of(confidence, 0.0, inference.model_card()["certainty"]["thresholds"])
    return {"sure": gettext("quite sure"), "likely": gettext("probably")}.get(sure, gettext("hard to say"))
