import hashlib
import secrets
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

TOKEN_PREFIX = "styleart_"  # noqa: S105 - so that people and scanners know what leaked
TOKEN_BYTES = 32
NOTE_USE_EVERY = timedelta(minutes=1)
ANSWERS_KEPT_FOR = timedelta(hours=24)
LONGEST_REQUEST = timedelta(seconds=90)  # the web server ends whatever takes longer than 60 s
MISSING_AFTER = timedelta(seconds=60)  # programs say every 15 s that they are there


class EmailUserManager(UserManager):
    """Makes users that are known by their e-mail address alone."""

    def _create_user(self, email: str, password: str | None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        return self._create_user(email, password, **{"is_staff": False, "is_superuser": False, **fields})

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self._create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractUser):
    """Somebody with an account; the e-mail address is the name."""

    username = None
    first_name = None
    last_name = None
    email = models.EmailField(_("e-mail address"), unique=True)
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", editable=False,
        help_text="As chosen on the site; empty until then.",
    )  # fmt: skip
    wants_answer_mails = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A mail when an answer took long; classifier.mailing reads this.",
    )
    left_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Deleted by its holder; what remains is being erased.",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = EmailUserManager()

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email.split("@")[0]


class ExportQuerySet(models.QuerySet):
    LEASE = timedelta(seconds=90)  # longer than a slice of packing may take
    RESEND_AFTER = timedelta(seconds=60)
    MAX_ATTEMPTS = 3  # in a row, without a slice that went well

    def unfinished(self):
        return self.filter(status__in=[Export.Status.QUEUED, Export.Status.RUNNING])

    def expired(self):
        return self.filter(expires_at__lte=timezone.now())

    def available_to(self, user: User):
        """What this user may see and fetch."""
        return self.filter(user=user).exclude(expires_at__lte=timezone.now())

    def start(self, user: User) -> "Export":
        """The export of this user that is being made, or a new one in the queue. The caller sends it."""
        running = self.unfinished().filter(user=user)
        if (export := running.first()) is not None:
            return export
        try:
            with transaction.atomic():
                return self.create(user=user, language=get_language() or "")
        except IntegrityError:  # a double click: the other request was faster
            return running.get()

    def claim(self, pk: UUID) -> "Export | None":
        """Take an export for this worker, or None when somebody else has it or it has ended."""
        now = timezone.now()
        is_free = Q(lease_until=None) | Q(lease_until__lt=now)
        free = self.unfinished().filter(is_free, pk=pk)
        claimed = free.update(
            status=Export.Status.RUNNING, attempt=F("attempt") + 1, lease_until=now + self.LEASE, sent_at=now
        )
        return self.select_related("user").get(pk=pk) if claimed else None

    def sweep(self) -> list[UUID]:
        """Give up on what failed too often; returns the ids of what nobody works on, to be sent again."""
        now = timezone.now()
        is_free = Q(lease_until=None) | Q(lease_until__lt=now)
        lost = self.unfinished().filter(is_free, sent_at__lt=now - self.RESEND_AFTER)
        has_failed_often = Q(attempt__gte=F("good_attempt") + self.MAX_ATTEMPTS)
        for export in lost.filter(has_failed_often):
            export.fail("gave_up")
        waiting = list(lost.exclude(has_failed_often).values_list("pk", flat=True))
        self.filter(pk__in=waiting).update(sent_at=now)
        return waiting


class Export(models.Model):
    """Everything one user has here, packed into a ZIP by the worker; the row says how far it is.

    Like a Prediction it is its own outbox: `status`, `attempt`, `sent_at` and `lease_until` say what
    remains to be done.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being packed")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")

    FAILURES = {
        "no_space": _(
            "There is not enough room on our disk at the moment. Nothing is lost: try again tomorrow."
        ),
        "gave_up": _(
            "We tried three times and could not pack your pictures. Nothing is lost: try again in a while."
        ),
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="exports")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When row and file are erased.")
    total = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pictures to pack; empty until counted."
    )
    packed = models.PositiveIntegerField(default=0, help_text="Pictures in the file so far.")
    size_bytes = models.PositiveBigIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", editable=False,
        help_text="In which it was asked for.",
    )  # fmt: skip
    attempt = models.PositiveIntegerField(default=0)
    good_attempt = models.PositiveIntegerField(default=0, help_text="The last attempt that went well.")
    sent_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_export_at_a_time", fields=["user"], condition=Q(status__in=["queued", "running"])
            ),
            models.CheckConstraint(
                name="finished_export_ends",
                condition=~Q(status__in=["done", "failed"]) | Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Export of {self.created_at:%-d %B %Y}"

    def get_absolute_url(self) -> str:
        """Its page: how far it is, and then the file."""
        return reverse("account:export-detail", args=[self.pk])

    @property
    def path(self) -> Path:
        """Where the finished file lies."""
        return Path(settings.MEDIA_ROOT) / "exports" / self.pk.hex[:2] / f"{self.pk}.zip"

    @property
    def part_path(self) -> Path:
        """Where the file grows."""
        return self.path.with_suffix(".part")

    @property
    def is_unfinished(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}

    @property
    def is_done(self) -> bool:
        return self.status == self.Status.DONE

    @property
    def failure(self) -> str:
        """What went wrong and what to do, as a sentence."""
        return str(self.FAILURES.get(self.error_code, self.FAILURES["gave_up"]))

    def note(self, **fields: object) -> bool:
        """Write down how far it is; False when the row is gone or somebody else works on it."""
        for name, value in fields.items():
            setattr(self, name, value)
        mine = Export.objects.unfinished().filter(pk=self.pk, attempt=self.attempt)
        return bool(mine.update(**fields))

    def hand_back(self) -> bool:
        """End a slice that went well: the next one may be anybody's."""
        return self.note(lease_until=None, good_attempt=self.attempt, sent_at=timezone.now())

    def finish(self) -> bool:
        """Offer the file from now on, for EXPORT_DAYS; False when the row is gone meanwhile."""
        return self.note(
            status=self.Status.DONE, finished_at=timezone.now(), expires_at=_export_end(), lease_until=None,
            size_bytes=self.path.stat().st_size,
        )  # fmt: skip

    def older(self) -> ExportQuerySet:
        """What the same user had packed before."""
        return Export.objects.filter(user=self.user_id, created_at__lt=self.created_at)

    def fail(self, code: str) -> None:
        """End it with a failure; the half-made file goes."""
        self.note(
            status=self.Status.FAILED, finished_at=timezone.now(), expires_at=_export_end(), lease_until=None,
            error_code=code,
        )  # fmt: skip
        self.remove_files()

    def remove_files(self) -> None:
        _remove(self.path, self.part_path)


def _export_end() -> datetime:
    return timezone.now() + timedelta(days=settings.EXPORT_DAYS)


@receiver(post_delete, sender=Export)
def forget_export(instance: Export, **kwargs) -> None:
    """Whatever deletes a row, and be it the deletion of its user: the file goes with it."""
    transaction.on_commit(partial(_remove, instance.path, instance.part_path), robust=True)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


# What programs need: tokens, answers to repeat


class AccessTokenManager(models.Manager):
    def make(self, owner: User, name: str, *, days: int) -> tuple["AccessToken", str]:
        """A new token of this owner, and its secret, which nothing keeps."""
        secret = f"{TOKEN_PREFIX}{secrets.token_urlsafe(TOKEN_BYTES)}"
        expires_at = timezone.now() + timedelta(days=days)
        return self.create(owner=owner, name=name, digest=digest_of(secret), expires_at=expires_at), secret

    def using(self, secret: str) -> "AccessToken | None":
        """The token with this secret, if it still opens the door; notes that it was used. One or two queries."""
        now = timezone.now()
        found = self.select_related("owner").filter(digest=digest_of(secret), expires_at__gt=now).first()
        if found is None or not found.owner.is_active:
            return None
        if found.last_used_at is None or now - found.last_used_at > NOTE_USE_EVERY:
            found.last_used_at = now
            found.save(update_fields=["last_used_at"])
        return found


class AccessToken(models.Model):
    """What a script of its owner shows instead of a password. Only a hash of the secret is kept."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="To the minute.")

    objects = AccessTokenManager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()


def digest_of(secret: str) -> str:
    """What is kept of a secret. It has 256 bits of chance, so nobody finds it by trying, however fast the hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class IdempotencyKeyManager(models.Manager):
    def outdated(self) -> models.QuerySet:
        """Whose answers nobody shall be given again."""
        return self.filter(begun_at__lt=timezone.now() - ANSWERS_KEPT_FOR)

    def begin(self, owner: User, key: str, fingerprint: str) -> tuple["IdempotencyKey", bool]:
        """The row of a key, and whether this request is the one to do the work.

        So it is when the key is new, older than a day, or its first request never came back.
        """
        self.outdated().delete()
        lost_before = timezone.now() - LONGEST_REQUEST
        self.filter(owner=owner, key=key, status__isnull=True, begun_at__lt=lost_before).delete()
        return self.get_or_create(owner=owner, key=key, defaults={"fingerprint": fingerprint})


class IdempotencyKey(models.Model):
    """The first answer to a request that its sender marked, to be given again for a day.

    `status` is empty while the first request is on its way.
    """

    owner = models.ForeignKey(User, models.CASCADE, related_name="idempotency_keys")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(
        max_length=64, help_text="Of what was asked, so that a key means one thing."
    )
    begun_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(
        default="", blank=True, help_text="JSON; as text, so that its keys keep their order."
    )
    # Without a constraint, as the code of the release before deletes predictions and knows nothing of this.
    prediction = models.ForeignKey(
        "classifier.Prediction", models.CASCADE, null=True, db_constraint=False, related_name="+",
        help_text="What the answer tells of; with it goes the answer.",
    )  # fmt: skip

    objects = IdempotencyKeyManager()

    class Meta:
        constraints = [models.UniqueConstraint(name="key_once_per_owner", fields=["owner", "key"])]

    def __str__(self) -> str:
        return self.key


class SignOfLifeManager(models.Manager):
    def note(self, kind: str, name: str, **facts: object) -> None:
        """Say that this program is alive, or that this task just ran. One statement."""
        sign = self.model(kind=kind, name=name[:200], seen_at=timezone.now(), **facts)
        self.bulk_create(
            [sign],
            update_conflicts=True,
            unique_fields=["kind", "name"],
            update_fields=["seen_at", "seconds", "error"],
        )

    def alive(self, kind: str) -> models.QuerySet:
        """Programs that were seen a short while ago."""
        return self.filter(kind=kind, seen_at__gt=timezone.now() - MISSING_AFTER)

    def outdated(self) -> models.QuerySet:
        """Of programs that have not been seen for a week, as those of machines that are gone."""
        return self.filter(seen_at__lt=timezone.now() - timedelta(days=7))


class SignOfLife(models.Model):
    """When a worker or the scheduler was last seen, and when a scheduled task last ran and how it went.

    A row and no key in Redis, so that it can be read while Redis is away.
    """

    class Kind(models.TextChoices):
        WORKER = "worker", "Worker"
        SCHEDULER = "scheduler", "Scheduler"
        TASK = "task", "Task"

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200, help_text="Of a program: its name and machine.")
    seen_at = models.DateTimeField()
    seconds = models.FloatField(null=True, blank=True, help_text="How long the task took.")
    error = models.CharField(max_length=100, blank=True, help_text="The kind of error the task ended with.")

    objects = SignOfLifeManager()

    class Meta:
        verbose_name = verbose_name_plural = _("operations")
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="sign_of_life_once")]

    def __str__(self) -> str:
        return f"{self.name}, {self.seen_at:%-d %B %Y, %H:%M:%S}"

    @property
    def is_missing(self) -> bool:
        """Of a program: whether it should have been seen since."""
        return timezone.now() - self.seen_at > MISSING_AFTER
