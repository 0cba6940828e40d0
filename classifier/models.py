"""Predictions: every upload, its state and its answer. The row is the truth; the queue only carries its id."""

import hashlib
import json
import logging
import math
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, InterfaceError, OperationalError, connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, format_html
from django.utils.translation import gettext, gettext_lazy, gettext_noop
from pgvector.django import HalfVectorField
from PIL import Image

from gallery import decoding, labels, palette, pictures, room
from gallery.models import EMBEDDING_LENGTH, Style, matching, searchable
from gallery.said import style_name
from gallery.words import one_of
from ml import inference

from . import squares
from .counting import RequestCount  # noqa: F401 - Django looks for models here

logger = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=settings.CLASSIFY_RESEND_S)
PREVIEW_PX = 1280
THUMBNAIL_PX = 480
COPY_NAMES = {
    PREVIEW_PX: "preview",
    THUMBNAIL_PX: "thumbnail",
}  # of files; all others are called by their size
NOTE_LENGTH = 2000
# What had no quiet moment by then gets a placeholder, and pages make the rest.
DERIVED_WITHIN = timedelta(hours=1)
QUIET_AFTER = timedelta(seconds=2)
WATCHED_EVERY = timedelta(seconds=4)
STILL_THERE = timedelta(seconds=15)  # a page that waits asks every two seconds
TOKEN_BYTES = 24  # 192 bits: nobody finds a shared page by trying
MAPS_TYPE = np.dtype("<f2")  # 1,470 bytes for 15 styles; more digits would not be seen
BOTH = 0.65  # two styles that have as much together stand alone
BESIDE = 0.6  # and the second is as close to the first as that
FAILURES = {
    "unreadable_image": gettext_noop(
        "This picture cannot be opened. Try saving it again as JPEG or PNG, then send it once more."
    ),
    "too_large_to_decode": gettext_noop(
        "This picture needs more memory than we have. Make it smaller and send it once more."
    ),
    "missing_original": gettext_noop(
        "The file of this picture is gone from our store. Please send the picture once more."
    ),
    "gave_up": gettext_noop(
        "We tried three times and could not look at this picture. Nothing is lost: try again in a moment."
    ),
}


@dataclass(frozen=True)
class Upload:
    """A checked picture on its way in: bytes, upright size in pixels, what the sender calls it, what counts of it.

    `cut` is None when all of it counts, as it is; one that leaves it as it is has to be None. `square` is what
    the model looks at, where checking the picture made it along: uint8, made with this cut.
    """

    data: bytes
    facts: inference.PictureFacts
    title: str = ""
    cut: inference.Cut | None = None
    square: np.ndarray | None = field(default=None, repr=False, compare=False)

    @cached_property
    def sha256(self) -> str:
        """The content's name: the same bytes are the same picture."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def edit(self) -> str:
        """The cut as the row keeps it: "left,top,width,height,turns", or nothing."""
        return ",".join(str(part) for part in astuple(self.cut)) if self.cut else ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels, of what the answer will be about."""
        return self.cut.size if self.cut else (self.facts.width, self.facts.height)


@dataclass(frozen=True)
class Sender:
    """Who sends or looks: a user, or a visitor without account (a random id kept in the session).

    `network` is a hash of the network address that changes daily; it limits visitors, and is
    never kept for users.
    """

    user: models.Model | None = None
    visitor: UUID | None = None
    network: str = ""


Viewer = Sender | AbstractBaseUser | AnonymousUser  # who looks: scripts and apps always have an account


@dataclass(frozen=True)
class Bar:
    """One line of the style plot. `style` is None when the catalogue lacks the model's style."""

    name: str
    probability: float
    style: Style | None

    @property
    def label(self) -> str:
        """The style's name in the language of the page."""
        return style_name(self.name)

    @property
    def linked(self) -> str:
        """The label, a link where the style has a page."""
        if self.style is None:
            return conditional_escape(self.label)
        return format_html('<a href="{}">{}</a>', self.style.get_absolute_url(), self.label)

    @property
    def percent(self) -> str:
        """Whole percent: "71 %", "under 1 %"."""
        if self.probability < 0.005:
            return gettext("under %(number)s %%") % {"number": 1}
        return _percent(self.probability, digits=0)

    @property
    def exact(self) -> str:
        """Percent with one digit more, for whoever looks closely: "71.3 %", "under 0.1 %"."""
        if self.probability < 0.0005:
            return gettext("under %(number)s %%") % {"number": number_format(0.1, 1)}
        return _percent(self.probability, digits=1)

    @property
    def width(self) -> str:
        """Length of the bar as an SVG length."""
        return f"{max(self.probability * 100, 0.4):.1f}%"


def _percent(share: float, *, digits: int) -> str:
    """ "71 %": half a percent counts as much as Python's own rounding makes of it."""
    return gettext("%(number)s %%") % {"number": number_format(f"{100 * share:.{digits}f}", digits)}


FINISHED = "predictions_finished"  # where PostgreSQL tells the ids of rows that are finished

# One UPDATE that also reads the row; the ORM would need two statements.
_CLAIM = """
    UPDATE classifier_prediction SET status = 'running', attempt = attempt + 1, lease_until = %s
    WHERE id = %s AND status = 'queued' RETURNING *
"""


def _trash_ends_for() -> datetime:
    """What went into the trash before this moment is to be erased."""
    return timezone.now() - timedelta(days=settings.TRASH_DAYS)


class PredictionQuerySet(models.QuerySet):
    def without_placeholder(self):
        """Answered predictions whose pictures have nothing to stand in while they load."""
        return self.filter(status=Prediction.Status.DONE, placeholder="")

    def to_derive(self):
        """New answers of whose pictures nothing has been made, and nobody has tried to."""
        is_new = Q(created_at__gt=timezone.now() - DERIVED_WITHIN, lease_until=None)
        return self.light().without_placeholder().filter(is_new)

    def is_quiet(self) -> bool:
        """Whether nobody waits for an answer, and nobody sent a picture just now. One query or two."""
        just_sent = self.without_placeholder().filter(created_at__gt=timezone.now() - QUIET_AFTER)
        return not (self.unfinished().exists() or just_sent.exists())

    def alive(self):
        """Predictions that are not in the trash."""
        return self.filter(trashed_at__isnull=True)

    def light(self):
        """Without the numbers that no list shows: embedding and maps."""
        return self.defer("embedding", "maps")

    def of(self, viewer: Viewer):
        """All that this person sent, with or without account, in the trash or not."""
        sender = viewer if isinstance(viewer, Sender) else Sender(user=viewer)
        if sender.user is not None and sender.user.is_authenticated:
            return self.filter(owner=sender.user)
        if sender.visitor is not None:
            return self.filter(visitor=sender.visitor)
        return self.none()

    def visible_to(self, viewer: Viewer):
        """What this person may see: their own, as long as it is not in the trash."""
        return self.of(viewer).alive()

    def in_trash_of(self, viewer: Viewer):
        """What this person may still bring back."""
        return self.of(viewer).filter(trashed_at__gte=_trash_ends_for())

    def expired(self):
        """In the trash for so long that nobody can bring it back: to be erased."""
        return self.filter(trashed_at__lt=_trash_ends_for())

    def unfinished(self):
        return self.filter(status__in=[Prediction.Status.QUEUED, Prediction.Status.RUNNING])

    def with_lost_lease(self):
        """Claimed by a worker that did not come back in time."""
        return self.filter(status=Prediction.Status.RUNNING, lease_until__lt=timezone.now())

    def to_send_again(self):
        """Queued, but not picked up for a while: the message may be lost."""
        return self.filter(status=Prediction.Status.QUEUED, sent_at__lt=timezone.now() - RESEND_AFTER)

    def search(self, text: str):
        """Predictions whose title and note hold every word, case and accents aside."""
        return self.filter(matching(text))

    def known(self, upload: Upload, sender: Sender):
        """The same bytes, cut the same way, from the same person under the model in use."""
        same = self.of(sender).filter(sha256=upload.sha256, edit=upload.edit)
        return same.filter(asked_model=inference.model_version())

    def submit(self, upload: Upload, sender: Sender) -> tuple["Prediction", bool]:
        """Keep the picture and queue it; returns the prediction and whether there is work to send.

        The same person sending the same bytes, cut the same way, under the same model gets the prediction
        that is there already, back from the trash if it was there, or queued anew if it had failed.
        """
        prediction = self.add(upload, sender)
        if prediction is None:
            return self.known(upload, sender).get().send_again(upload)
        return prediction, True

    def add(self, upload: Upload, sender: Sender) -> "Prediction | None":
        """Keep the picture and queue it; None where the same is `known`, which stays as it is.

        That is rare, so nobody asks first: the row that would be the second of its kind is refused.
        """
        prediction = Prediction.from_upload(upload, sender)
        try:
            with transaction.atomic():
                prediction.original.save("", ContentFile(upload.data), save=False)
                prediction.save(force_insert=True)
                if upload.square is not None:
                    # Before others see the row: whoever erases it erases this, too.
                    squares.keep(prediction.pk, prediction.edit, upload.square)
        except IntegrityError:
            prediction.discard_original()
            return None
        except (OperationalError, InterfaceError) as error:
            if room.is_full(error):  # PostgreSQL says so itself, so there is no row
                prediction.discard_original()
            raise  # else the row may be there all the same, so its file stays
        except BaseException:
            prediction.discard_original()
            raise
        return prediction

    def to_mail(self):
        """Answers of which their owners are to be told by mail, now."""
        return self.filter(mail_due_at__lte=timezone.now(), mailed_at__isnull=True)

    def claim_mail(self, pk: UUID) -> "Prediction | None":
        """Take one mail for this worker; from now on nobody sends it once more."""
        claimed = self.to_mail().filter(pk=pk).update(mailed_at=timezone.now())
        return self.select_related("owner").get(pk=pk) if claimed else None

    def claim(self, pk: UUID) -> "Prediction | None":
        """Take one queued prediction for this worker, or None when somebody else has it or it is done."""
        rows = self.raw(_CLAIM, [timezone.now() + timedelta(seconds=settings.CLASSIFY_LEASE_S), pk])
        return next(iter(rows), None)

    def sweep(self, *, limit: int = 500) -> list[UUID]:
        """Put lost work back in the queue, give up on what failed too often; returns the ids to send."""
        exhausted = self.with_lost_lease().filter(attempt__gte=settings.CLASSIFY_MAX_ATTEMPTS)
        for prediction in exhausted[:limit]:
            prediction.mark_failed("gave_up")
        self.with_lost_lease().filter(attempt__lt=settings.CLASSIFY_MAX_ATTEMPTS).update(
            status=Prediction.Status.QUEUED, sent_at=timezone.now() - 2 * RESEND_AFTER
        )
        waiting = list(self.to_send_again().order_by("created_at").values_list("pk", flat=True)[:limit])
        self.filter(pk__in=waiting).update(sent_at=timezone.now())
        return waiting

    def queue_again(self) -> int:
        """Queue those that failed for a fresh round of attempts; returns how many. One UPDATE.

        Whoever has the ids sends them at once; else the sweep does, after a while.
        """
        return self.filter(status=Prediction.Status.FAILED).update(
            status=Prediction.Status.QUEUED,
            attempt=0,
            queued_at=timezone.now(),
            sent_at=timezone.now(),
            finished_at=None,
            error_code="",
            error_detail="",
        )

    def adopt(self, visitor: UUID, owner: models.Model) -> int:
        """Move a visitor's predictions into an account, also from one whose address nobody ever confirmed: it
        was mistyped. Pictures the account has already are erased, as nobody could reach them any more; the
        account's own come back from its trash, and those that had failed are queued.
        """
        confirmed = EmailAddress.objects.filter(user=OuterRef("owner"), verified=True)
        mistyped = Q(owner__last_login__isnull=True) & ~Exists(confirmed) & ~Q(owner=owner)
        theirs = self.filter(Q(owner__isnull=True) | mistyped, visitor=visitor)
        same = {"sha256": OuterRef("sha256"), "edit": OuterRef("edit")}
        moved = theirs.filter(~Exists(self.filter(owner=owner, **same))).update(owner=owner)
        is_gone_or_failed = Q(trashed_at__isnull=False) | Q(status=Prediction.Status.FAILED)
        for twin in self.filter(is_gone_or_failed, Exists(theirs.filter(**same)), owner=owner):
            twin.revive()
        theirs.filter(Exists(self.filter(owner=owner, **same)), owner=None).erase()
        return moved

    @transaction.atomic
    def trash(self) -> datetime:
        """Move all into the trash at one moment, by which they can be brought back together; returns it."""
        moment = timezone.now()
        judged = list(self.alive().filter(feedback_style__isnull=False))
        self.alive().update(trashed_at=moment)
        for prediction in judged:
            labels.withdraw(prediction.source_key)
        return moment

    @transaction.atomic
    def restore(self) -> int:
        """Bring all back from the trash; returns how many."""
        trashed = self.filter(trashed_at__isnull=False)
        judged = list(trashed.filter(feedback_style__isnull=False).select_related("style", "feedback_style"))
        restored = trashed.update(trashed_at=None)
        for prediction in judged:
            prediction.suggest_feedback()
        return restored

    def expire(self) -> int:
        """Take from the trash what nobody shall bring back any more; returns how many."""
        trashed = self.filter(trashed_at__isnull=False)
        return trashed.update(trashed_at=_trash_ends_for() - timedelta(seconds=1))

    def erase(self, *, limit: int | None = None) -> int:
        """Delete rows and files for good, each for itself, at most `limit`; returns how many.

        What has left the query meanwhile stays, such as a picture of the trash that was sent again.
        """
        pks = self.values_list("pk", flat=True)[:limit].iterator(chunk_size=200)
        return sum(self._erase_one(pk) for pk in pks)

    @transaction.atomic
    def _erase_one(self, pk: UUID) -> bool:
        row = self.light().select_for_update(of=("self",)).filter(pk=pk).first()
        if row is not None:
            row.erase()
        return row is not None


def _maps_columns(answer: inference.Answer, names: Sequence[str]) -> dict[str, object]:
    """The maps of an answer as columns of a row whose styles are `names`; not a number for those it does not know."""
    if answer.maps is None:
        return {"maps": None, "maps_model": ""}
    known = dict(zip(answer.probabilities, answer.maps, strict=True))
    unknown = np.full(answer.maps.shape[1:], np.nan)
    maps = np.stack([known.get(name, unknown) for name in names])
    return {"maps": maps.astype(MAPS_TYPE).tobytes(), "maps_model": answer.model_version}


def _palette_json(picture: Image.Image) -> bytes:
    return json.dumps([[colour.rgb, colour.share] for colour in palette.main_colours(picture)]).encode()


CERTAINTY_RANK = Coalesce(F("confidence"), Value(-1.0))  # what has no answer yet is the least sure


def original_path(prediction: "Prediction", filename: str) -> str:
    """Where the original lies: under the row's UUID, without the sender's name or suffix."""
    return f"originals/{prediction.pk.hex[:2]}/{prediction.pk}"


class Prediction(models.Model):
    """One picture somebody sent, and what the model says of it.

    Also the outbox of the queue: `status`, `attempt`, `sent_at` and `lease_until` say what remains
    to be done, so losing Redis or a worker loses nothing.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", gettext_lazy("Waiting")
        RUNNING = "running", gettext_lazy("Looking")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    class Certainty(models.TextChoices):
        SURE = "sure", gettext_lazy("Quite sure")
        LIKELY = "likely", gettext_lazy("Likely")
        UNSURE = "unsure", gettext_lazy("Hard to say")
        NOT_A_PAINTING = "not_a_painting", gettext_lazy("Not a painting")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="predictions"
    )
    visitor = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    visitor_network = models.CharField(max_length=32, blank=True, editable=False)
    title = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=NOTE_LENGTH, blank=True, validators=[MaxLengthValidator(NOTE_LENGTH)])
    is_favourite = models.BooleanField(default=False)
    search_text = models.TextField(blank=True, editable=False)
    original = models.FileField(upload_to=original_path, max_length=200, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    edit = models.CharField(
        max_length=40, blank=True, default="", db_default="", editable=False,
        help_text="What counts of the original: left,top,width,height in its upright pixels, quarter turns.",
    )  # fmt: skip
    placeholder = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="See gallery.pictures.placeholder.",
    )
    width = models.PositiveIntegerField(
        gettext_lazy("width"), editable=False, help_text=gettext_lazy("Pixels, upright, of what counts.")
    )
    height = models.PositiveIntegerField(
        gettext_lazy("height"), editable=False, help_text=gettext_lazy("Pixels, upright, of what counts.")
    )
    created_at = models.DateTimeField(gettext_lazy("sent"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(gettext_lazy("finished"), null=True, blank=True, editable=False)
    trashed_at = models.DateTimeField(null=True, blank=True, editable=False)

    status = models.CharField(
        gettext_lazy("state"), max_length=10, choices=Status, default=Status.QUEUED, editable=False
    )
    attempt = models.PositiveSmallIntegerField(gettext_lazy("attempts"), default=0, editable=False)
    queued_at = models.DateTimeField(  # the default of the database is for code of the release before
        default=timezone.now, db_default=Now(), editable=False, help_text="When it last began to wait."
    )
    sent_at = models.DateTimeField(gettext_lazy("given to a worker"), default=timezone.now, editable=False)
    lease_until = models.DateTimeField(
        gettext_lazy("a worker has it until"), null=True, blank=True, editable=False
    )
    error_code = models.CharField(gettext_lazy("cause of failure"), max_length=40, blank=True, editable=False)
    error_detail = models.CharField(
        gettext_lazy("more about the failure"), max_length=300, blank=True, editable=False
    )

    watched_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a page last asked, while it took long."
    )
    mail_due_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="From when on its owner is to be told by mail."
    )
    mailed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Set before the mail goes out, so that it goes once."
    )

    asked_model = models.CharField(
        max_length=100, editable=False, help_text="The model in use when it was sent."
    )
    model_version = models.CharField(gettext_lazy("model"), max_length=100, blank=True, editable=False)
    probabilities = models.JSONField(
        default=list, blank=True, editable=False, help_text="[style name, probability], highest first."
    )
    style = models.ForeignKey(
        Style, models.SET_NULL, verbose_name=gettext_lazy("style"), null=True, blank=True, editable=False,
        related_name="+",
    )  # fmt: skip
    confidence = models.FloatField(
        gettext_lazy("probability"),
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("Probability of the top style."),
    )
    certainty = models.CharField(
        gettext_lazy("certainty"), max_length=20, choices=Certainty, blank=True, editable=False
    )
    embedding = HalfVectorField(dimensions=EMBEDDING_LENGTH, null=True, blank=True, editable=False)
    embedding_model = models.CharField(
        max_length=100, blank=True, editable=False, help_text="Newer than the answer's after a switch."
    )
    maps = models.BinaryField(
        null=True, editable=False,
        help_text="What each place adds to each style: float16, styles as in probabilities, rows from above.",
    )  # fmt: skip
    maps_model = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False,
        help_text="Newer than the answer's where that had no maps.",
    )  # fmt: skip
    asked_again_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="asked_again",
        help_text="The same picture under the model before.",
    )  # fmt: skip

    feedback_style = models.ForeignKey(
        Style, models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="What the sender says it is; the answer's own style means “right”.",
    )  # fmt: skip
    feedback_at = models.DateTimeField(null=True, blank=True, editable=False)
    feedback_shows_picture = models.BooleanField(
        default=False, editable=False, help_text="The sender lets curators see the picture."
    )

    objects = PredictionQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("prediction")
        verbose_name_plural = gettext_lazy("predictions")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="prediction_history"),
            models.Index(F("owner"), CERTAINTY_RANK.desc(), F("id").desc(), name="prediction_by_certainty"),
            models.Index(
                fields=["trashed_at"], name="prediction_trash", condition=Q(trashed_at__isnull=False)
            ),
            models.Index(
                fields=["mail_due_at"],
                name="prediction_to_mail",
                condition=Q(mail_due_at__isnull=False, mailed_at__isnull=True),
            ),
            models.Index(
                fields=["sent_at"],
                name="prediction_unfinished",
                condition=Q(status__in=["queued", "running"]),
            ),
            models.Index(
                fields=["-created_at"],
                name="prediction_to_derive",
                condition=Q(placeholder="", status="done"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="picture_once_per_owner_and_model",
                fields=["owner", "sha256", "edit", "asked_model"],
                condition=Q(owner__isnull=False),
            ),
            models.UniqueConstraint(
                name="picture_once_per_visitor_and_model",
                fields=["visitor", "sha256", "edit", "asked_model"],
                condition=Q(visitor__isnull=False),
            ),
            models.CheckConstraint(
                name="prediction_belongs_to_somebody",
                condition=Q(owner__isnull=False) | Q(visitor__isnull=False),
            ),
            models.CheckConstraint(
                name="edit_is_a_cut", condition=Q(edit="") | Q(edit__regex=r"^\d+,\d+,\d+,\d+,[0-3]$")
            ),
            models.CheckConstraint(
                name="confidence_is_a_probability",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
            models.CheckConstraint(
                name="done_has_an_answer",
                condition=~Q(status="done")
                | Q(
                    confidence__isnull=False, embedding__isnull=False, certainty__gt="", model_version__gt=""
                ),
            ),
            models.CheckConstraint(
                name="embedding_names_its_maker",
                condition=Q(embedding__isnull=True) | Q(embedding_model__gt=""),
            ),
            models.CheckConstraint(
                name="maps_name_their_maker", condition=Q(maps__isnull=True) | Q(maps_model__gt="")
            ),
            models.CheckConstraint(
                name="failed_says_why", condition=~Q(status="failed") | Q(error_code__gt="")
            ),
        ]

    def __str__(self) -> str:
        sent = timezone.localtime(self.created_at)
        return self.title or gettext("Picture of %(date)s") % {"date": date_format(sent)}

    def save(self, *args, **kwargs) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or not {"title", "note"}.isdisjoint(fields):
            self.search_text = searchable(f"{self.title} {self.note}").strip()
            kwargs["update_fields"] = fields and {*fields, "search_text"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("classifier:prediction-detail", args=[self.pk])

    @classmethod
    def from_upload(cls, upload: Upload, sender: Sender) -> "Prediction":
        """A new row, not saved yet."""
        return cls(
            owner=sender.user,
            visitor=None if sender.user else sender.visitor,
            visitor_network="" if sender.user else sender.network,
            title=upload.title,
            sha256=upload.sha256,
            edit=upload.edit,
            width=upload.size[0],
            height=upload.size[1],
            asked_model=inference.model_version(),
        )

    # The original

    def send_again(self, upload: Upload) -> tuple["Prediction", bool]:
        """Its owner sent the same once more; returns the prediction and whether there is work to send."""
        self.keep_again(upload)
        return self, self.revive()

    def keep_again(self, upload: Upload) -> None:
        """Put the original back where it was lost, now that its owner sent it once more."""
        storage = self.original.storage
        if not storage.exists(self.original.name):
            try:
                storage.save(self.original.name, ContentFile(upload.data))
            except BaseException:
                self.discard_original()
                raise

    def discard_original(self) -> None:
        """Delete the files of a row that could not be saved, and be it half a file on a full disk."""
        self.original.storage.delete(original_path(self, ""))
        squares.drop(self.pk)

    # The way of the work

    @property
    def is_unfinished(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}

    @property
    def is_done(self) -> bool:
        return self.status == self.Status.DONE

    @property
    def is_failed(self) -> bool:
        return self.status == self.Status.FAILED

    @property
    def is_fresh(self) -> bool:
        """Whether it was sent just now: on an idle machine the answer comes any moment."""
        return self.is_unfinished and timezone.now() - self.created_at < timedelta(seconds=2)

    @property
    def is_slow(self) -> bool:
        """Whether it has waited for over five seconds: time for a word about it."""
        return self.is_unfinished and timezone.now() - self.created_at > timedelta(seconds=5)

    def count_before(self) -> int:
        """How many unfinished predictions were sent earlier. One query."""
        return Prediction.objects.unfinished().filter(created_at__lt=self.created_at).count()

    def read_bytes(self) -> bytes:
        """The original as it was sent, whole."""
        with self.original.open("rb") as file:
            return file.read()

    @property
    def cut(self) -> inference.Cut | None:
        """The part of the original that the answer is about; None for all of it as it is."""
        return inference.Cut(*map(int, self.edit.split(","))) if self.edit else None

    def ask_model(self) -> inference.Answer:
        """What the model in use says of the picture. Raises UnreadableImage or FileNotFoundError.

        Decodes the original only where the door left nothing that fits. An original that is lost is lost all the
        same: nobody could see what the answer is about.
        """
        model = inference.load_model()
        square = squares.read(self.pk, self.edit, model.size_px)
        if square is None or not self.original.storage.exists(self.original.name):
            return inference.classify(self.read_bytes(), cut=self.cut)
        return model.answer_about(square)

    def _mine(self) -> PredictionQuerySet:
        """This row, as long as this attempt still holds it."""
        return Prediction.objects.filter(pk=self.pk, status=self.Status.RUNNING, attempt=self.attempt)

    def record(self, answer: inference.Answer) -> bool:
        """Store the answer and its maps, unless another attempt was faster. All in one UPDATE."""
        ranked = list(answer.probabilities.items())
        name, confidence = ranked[0]
        now = timezone.now()
        return self._finish(
            status=self.Status.DONE,
            finished_at=now,
            mail_due_at=now if self._is_worth_a_mail(now) else None,
            model_version=answer.model_version,
            probabilities=[[style_name, round(float(p), 6)] for style_name, p in ranked],
            style_id=Subquery(Style.objects.filter(name=name).order_by().values("pk")[:1]),
            confidence=min(max(float(confidence), 0.0), 1.0),
            certainty=answer.certainty,
            embedding=answer.embedding,
            embedding_model=answer.model_version,
            **_maps_columns(answer, [style_name for style_name, _ in ranked]),
            error_code="",
            error_detail="",
        )

    def _finish(self, **columns: object) -> bool:
        """End this attempt, unless another one was faster, and tell its id to whoever listens on FINISHED."""
        is_mine = bool(self._mine().update(lease_until=None, **columns))
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [FINISHED, str(self.pk)])
            squares.drop(self.pk)
        return is_mine

    def _is_worth_a_mail(self, now: datetime) -> bool:
        """Whether it took so long that its owner, who wants mails then, may have left. One query at most."""
        took_long = now - self.created_at >= timedelta(seconds=settings.ANSWER_MAIL_AFTER_S)
        return took_long and self.owner is not None and self.owner.wants_answer_mails

    def note_watching(self) -> None:
        """Somebody looks at the page that waits; written down when it takes long, every few seconds."""
        if self.is_slow and (self.watched_at is None or timezone.now() - self.watched_at > WATCHED_EVERY):
            Prediction.objects.unfinished().filter(pk=self.pk).update(watched_at=timezone.now())

    @property
    def was_watched(self) -> bool:
        """Whether somebody looked at the page when the answer came."""
        return self.watched_at is not None and self.finished_at - self.watched_at < STILL_THERE

    def embed_again(self) -> None:
        """Let the model in use look at the original where an older one did; the answer stays as it was.

        So similar works are found after a switch, too. Where the original cannot be read all stays as it is.
        """
        if self.embedding_model != inference.model_version():
            self._look_again()

    def explain_again(self) -> None:
        """Let the model in use draw the maps of an answer that came without; as `embed_again` does."""
        if not self.maps_model and inference.draws_maps():
            self._look_again()

    def _look_again(self) -> None:
        """Ask the model in use once and keep whatever of its answer this row lacks."""
        try:
            data = self.read_bytes()
            with decoding.turn:
                answer = inference.classify(data, cut=self.cut)
        except (inference.UnreadableImage, OSError, MemoryError):
            logger.warning("prediction %s cannot be looked at again", self.pk, exc_info=True)
            return
        news: dict[str, object] = {}
        if self.embedding_model != answer.model_version:
            news |= {"embedding": answer.embedding, "embedding_model": answer.model_version}
        if not self.maps_model:
            news |= _maps_columns(answer, [name for name, _ in self.probabilities])
        for name, value in news.items():
            setattr(self, name, value)
        self.save(update_fields=list(news))

    @property
    def has_maps(self) -> bool:
        """Whether it can be said which parts of the picture speak for a style."""
        return self.is_done and (bool(self.maps_model) or inference.draws_maps())

    def places(self) -> dict[str, np.ndarray]:
        """What each place of the picture adds to each style: float32, shape (7, 7), rows from above.

        Empty where no model has drawn maps yet; without styles that the maps' model does not know.
        """
        if self.maps is None:
            return {}
        values = np.frombuffer(self.maps, MAPS_TYPE).astype("float32")
        side = math.isqrt(len(values) // len(self.probabilities))
        maps = values.reshape(len(self.probabilities), side, side)
        named = {name: one for (name, _), one in zip(self.probabilities, maps, strict=True)}
        return {name: one for name, one in named.items() if not np.isnan(one).any()}

    def mark_failed(self, code: str, detail: str = "") -> bool:
        """End this attempt with a failure that another try would not mend. `detail` is a code, too."""
        return self._finish(
            status=self.Status.FAILED,
            finished_at=timezone.now(),
            error_code=code,
            error_detail=detail[:300],
        )

    def release(self) -> None:
        """Give the claim back at once, for another attempt or, after the last one, the end."""
        self._mine().update(lease_until=timezone.now() - timedelta(seconds=1))

    def queue_again(self) -> bool:
        """Queue a failed prediction for a fresh round of attempts; tells whether it had failed."""
        is_queued = bool(Prediction.objects.filter(pk=self.pk).queue_again())
        if is_queued:
            self.refresh_from_db()
        return is_queued

    def revive(self) -> bool:
        """Bring it back: out of the trash, and queued when it had failed. True when there is work to send."""
        if self.trashed_at is not None:
            self.restore()
        return self.queue_again()

    # What its sender says of it

    @transaction.atomic
    def give_feedback(self, style: Style, *, shows_picture: bool = False) -> None:
        """Keep what the sender says it is and tell the curators. `shows_picture` lets them see the picture.

        Raises NoAnswerYet.
        """
        if not self.is_done:
            raise NoAnswerYet(self.pk)
        self.feedback_style, self.feedback_at = style, timezone.now()
        self.feedback_shows_picture = shows_picture
        self._save_feedback()
        self.suggest_feedback()

    @transaction.atomic
    def withdraw_feedback(self) -> None:
        """Take back what the sender said; nothing of it remains, with the curators neither."""
        self.feedback_style = self.feedback_at = None
        self.feedback_shows_picture = False
        self._save_feedback()
        labels.withdraw(self.source_key)

    def suggest_feedback(self) -> None:
        """Put what the sender said into the curators' queue."""
        labels.suggest(
            source_key=self.source_key,
            proposed=self.feedback_style,
            predicted=self.style,
            confidence=self.confidence,
            picture=self._picture_for_curators(),
        )

    @property
    def source_key(self) -> str:
        """How the curators' queue knows this prediction."""
        return f"prediction:{self.pk}"

    @property
    def is_said_right(self) -> bool:
        return self.feedback_style_id is not None and self.feedback_style_id == self.style_id

    def _picture_for_curators(self) -> bytes | None:
        if not self.feedback_shows_picture:
            return None
        try:
            return self.thumbnail().read_bytes()
        except (inference.UnreadableImage, OSError):
            logger.warning("prediction %s has no picture for curators", self.pk, exc_info=True)
            return None

    def _save_feedback(self) -> None:
        self.save(update_fields=["feedback_style", "feedback_at", "feedback_shows_picture"])

    # A page for others

    def share_with(self, expires_in_days: int | None) -> "ShareLink":
        """Open a public page for this answer, for ever when `expires_in_days` is None.

        A page that is open already keeps its address and gets the new end; one that has ended gets a new
        address. Raises NotShareable when there is no answer yet, or nobody with an account to revoke it.
        """
        if not self.can_be_shared:
            raise NotShareable(self.pk)
        ShareLink.objects.expired().filter(prediction=self).delete()
        expires_at = timezone.now() + timedelta(days=expires_in_days) if expires_in_days else None
        share, _ = ShareLink.objects.update_or_create(prediction=self, defaults={"expires_at": expires_at})
        self.share = share
        return share

    def unshare(self) -> None:
        """Close the public page; its address leads nowhere from now on."""
        ShareLink.objects.filter(prediction=self).delete()
        self._state.fields_cache.pop("share", None)

    @property
    def can_be_shared(self) -> bool:
        return self.is_done and self.owner_id is not None and self.trashed_at is None

    @property
    def open_share(self) -> "ShareLink | None":
        """Its public page, as long as that is open. One query unless `share` was selected along."""
        share = getattr(self, "share", None)
        return share if share and not share.has_expired else None

    # Asking again

    @property
    def can_ask_again(self) -> bool:
        """Whether another model is in use now than when this was asked and answered."""
        in_use = inference.model_version()
        return (
            self.is_done
            and self.owner_id is not None
            and in_use not in {self.model_version, self.asked_model}
        )

    def ask_again(self) -> tuple["Prediction", bool]:
        """Ask the model in use about the same picture; this answer stays as it is.

        Returns the prediction of the model in use, linked to this one, and whether there is work to send.
        Raises FileNotFoundError when the original is gone.
        """
        upload = self.as_upload(self.cut)
        newer, is_waiting = Prediction.objects.submit(upload, Sender(user=self.owner))
        if newer.asked_again_from_id is None and newer != self:
            newer.asked_again_from = self
            newer.note = newer.note or self.note
            newer.save(update_fields=["asked_again_from", "note"])
        return newer, is_waiting

    def as_upload(self, cut: inference.Cut | None) -> Upload:
        """The kept original once more, with this cut. Raises FileNotFoundError."""
        data = self.read_bytes()
        return Upload(data, inference.inspect(data), self.title, cut)

    def other_cuts(self) -> models.QuerySet["Prediction"]:
        """What the same person has of the same file, cut differently, the newest first."""
        same = Q(owner=self.owner_id) if self.owner_id else Q(owner=None, visitor=self.visitor)
        return Prediction.objects.alive().light().filter(same, sha256=self.sha256).exclude(edit=self.edit)

    def other_answers(self) -> Sequence["Prediction"]:
        """What other models said of the same picture, the oldest first. One query."""
        others = Prediction.objects.alive().filter(status=self.Status.DONE).exclude(pk=self.pk)
        linked = Q(pk=self.asked_again_from_id) | Q(asked_again_from=self)
        return others.filter(linked, owner=self.owner_id).select_related("style").order_by("created_at")

    # The trash

    def trash(self) -> datetime:
        """Move it into the trash; returns the moment."""
        self.trashed_at = Prediction.objects.filter(pk=self.pk).trash()
        return self.trashed_at

    def restore(self) -> None:
        Prediction.objects.filter(pk=self.pk).restore()
        self.trashed_at = None

    @property
    def days_in_trash_left(self) -> int:
        """Days until it is erased for good, the begun one included; at least 1."""
        left = self.trashed_at + timedelta(days=settings.TRASH_DAYS) - timezone.now()
        return max(-(-left // timedelta(days=1)), 1)

    def erase(self) -> None:
        """Delete the row and, once that is certain, its files: a crash between leaves a file, never a broken page."""
        self.delete()  # see `forget`

    # Files made from the original, on demand, and kept

    @property
    def derived_folder(self) -> Path:
        return Path(settings.MEDIA_ROOT) / "derived" / self.pk.hex[:2] / str(self.pk)

    def preview(self) -> Path:
        """A JPEG of at most 1280 px, re-encoded by us without metadata."""
        return self.copy(PREVIEW_PX)

    def thumbnail(self) -> Path:
        """A JPEG of at most 480 px, re-encoded by us without metadata."""
        return self.copy(THUMBNAIL_PX)

    def copy(self, size_px: int, kind: str = "jpg") -> Path:
        """The picture at no more than so many pixels, re-encoded by us without metadata.

        Raises UnreadableImage or FileNotFoundError.
        """
        return pictures.keep(self._copy_path(size_px, kind), self._copy, size_px, kind)

    def _copy_path(self, size_px: int, kind: str) -> Path:
        return self.derived_folder / f"{COPY_NAMES.get(size_px, size_px)}.{kind}"

    @property
    def copies(self) -> pictures.Copies:
        """Where its owner's pages find the picture."""
        return self.copies_below(self.get_absolute_url())

    def copies_below(self, address: str) -> pictures.Copies:
        """Where the picture is for those who may see this page of it."""
        return pictures.Copies(f"{address}{{size_px}}.{{kind}}", self.width, self.height, self.placeholder)

    def keep_placeholder(self) -> None:
        """Make what pages show until the picture is there. Raises UnreadableImage or FileNotFoundError."""
        self._save_placeholder(pictures.placeholder_of(self.read_bytes(), cut=self.cut))

    def _save_placeholder(self, placeholder: str) -> None:
        self.placeholder = placeholder
        Prediction.objects.filter(pk=self.pk).update(placeholder=placeholder)

    def palette(self) -> list[palette.Colour]:
        """The main colours of the picture, the largest share first. Raises UnreadableImage, FileNotFoundError."""
        path = pictures.keep(self._palette_path, lambda: _palette_json(self._decoded(pictures.HASHED_PX)))
        return [
            palette.Colour(rgb, palette.lab_of(rgb), share) for rgb, share in json.loads(path.read_text())
        ]

    @property
    def _palette_path(self) -> Path:
        return self.derived_folder / "palette.json"

    def _decoded(self, fit_px: int) -> Image.Image:
        return decoding.decode(self.read_bytes(), fit_px=fit_px, cut=self.cut)

    def _copy(self, size_px: int, kind: str) -> bytes:
        return pictures.copy(self.read_bytes(), size_px, kind, cut=self.cut)

    def claim_deriving(self) -> bool:
        """Take it for this worker to `derive`; nobody has tried before, and nobody will once more."""
        until = timezone.now() + timedelta(seconds=settings.CLASSIFY_LEASE_S)
        return bool(Prediction.objects.to_derive().filter(pk=self.pk).update(lease_until=until))

    def derive(self) -> None:
        """Make what pages show first: preview, thumbnail, placeholder and palette. Decodes once.

        Raises UnreadableImage or FileNotFoundError.
        """
        large = self._decoded(PREVIEW_PX)
        small = pictures.fitted(large, pictures.HASHED_PX)
        pictures.keep(self._copy_path(PREVIEW_PX, "jpg"), pictures.encoded, large)
        pictures.keep(
            self._copy_path(THUMBNAIL_PX, "jpg"),
            lambda: pictures.encoded(pictures.fitted(large, THUMBNAIL_PX)),
        )
        pictures.keep(self._palette_path, _palette_json, small)
        self._save_placeholder(pictures.placeholder(small))

    def whole(self) -> Path:
        """A JPEG of the whole original, of at most 1280 px: what one sees when cutting it anew."""
        return pictures.keep(self.derived_folder / "whole.jpg", self._whole_jpeg)

    def _whole_jpeg(self) -> bytes:
        return pictures.copy(self.read_bytes(), PREVIEW_PX)

    # What the page says

    @property
    def verdict(self) -> str:
        """The answer as a sentence that admits its doubt."""
        labels_of_three = [style_name(name) for name, _ in self.probabilities[:3]]
        styles = {"style": self.top_label, "styles": one_of(labels_of_three)}
        if self.is_between:
            styles = {"first": labels_of_three[0], "second": labels_of_three[1]}
            return gettext("Between %(first)s and %(second)s.") % styles
        return {
            self.Certainty.SURE: gettext("This is %(style)s, quite sure."),
            self.Certainty.LIKELY: gettext("Probably %(style)s."),
            self.Certainty.UNSURE: gettext("Hard to say: %(styles)s."),
            self.Certainty.NOT_A_PAINTING: gettext(
                "This does not look like a painting. The closest would be %(style)s."
            ),
        }.get(self.certainty, "") % styles

    @property
    def top_label(self) -> str:
        """The first style's name in the language of the page; empty before the answer."""
        return style_name(self.probabilities[0][0]) if self.probabilities else ""

    @property
    def short_answer(self) -> str:
        """The answer in a few words, as below a picture of the history: "Cubism, quite sure"."""
        return {
            self.Certainty.SURE: gettext("%(style)s, quite sure"),
            self.Certainty.LIKELY: gettext("%(style)s, likely"),
            self.Certainty.UNSURE: gettext("%(style)s, hard to say"),
        }.get(self.certainty, "%(style)s") % {"style": self.top_label}

    @property
    def is_between(self) -> bool:
        """Whether two styles, and no others, share an answer that is not sure."""
        shares = [probability for _, probability in self.probabilities[:2]]
        is_unsure = self.certainty == self.Certainty.UNSURE
        return is_unsure and len(shares) == 2 and sum(shares) >= BOTH and shares[1] >= BESIDE * shares[0]

    @property
    def failure(self) -> str:
        """What went wrong and what to do, as a sentence."""
        return gettext(FAILURES.get(self.error_code, FAILURES["gave_up"]))

    def bars(self) -> Sequence[Bar]:
        """The style plot: every style the model knows, highest first. One query."""
        styles = {style.name: style for style in Style.objects.of_the_house()}
        return [Bar(name, probability, styles.get(name)) for name, probability in self.probabilities]


@receiver(post_delete, sender=Prediction)
def forget(instance: Prediction, **kwargs) -> None:
    """Whatever deletes a row, and be it the deletion of its owner: files and suggestion go with it."""
    labels.withdraw(instance.source_key)
    pk = instance.pk  # which is gone after the deletion
    original, derived = instance.original.name, instance.derived_folder

    def remove_files() -> None:
        squares.drop(pk)
        if original:
            instance.original.storage.delete(original)
        shutil.rmtree(derived, ignore_errors=True)

    transaction.on_commit(remove_files, robust=True)


class NoAnswerYet(ValueError):  # noqa: N818 - reads as what happened
    """There is nothing yet of which one could say whether it is right."""


class NotShareable(ValueError):  # noqa: N818 - reads as what happened
    """There is no answer to show yet, or nobody with an account who could revoke the page."""


class ShareLinkQuerySet(models.QuerySet):
    def expired(self):
        return self.filter(expires_at__lte=timezone.now())

    def open(self):
        """Links that lead to a page now: not at their end, and the picture is not in the trash."""
        has_not_ended = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(has_not_ended, prediction__trashed_at__isnull=True)


def new_token() -> str:
    """32 characters that nobody guesses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class ShareLink(models.Model):
    """The public page of one prediction: whoever has its address may look, until it is revoked or ends."""

    prediction = models.OneToOneField(Prediction, models.CASCADE, related_name="share")
    token = models.CharField(max_length=43, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: open until revoked.")

    objects = ShareLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Shared: {self.prediction}"

    def get_absolute_url(self) -> str:
        return reverse("classifier:share-detail", args=[self.token])

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
