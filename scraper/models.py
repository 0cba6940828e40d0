"""Imports from WikiArt: what was asked for, how far they are, what is still to be fetched, what failed."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import Artwork

from .reasons import kept, said, storable

SOON = timedelta(seconds=20)  # until then a message is on its way, or a worker busy
LEASE = timedelta(seconds=60)  # without a sign of life for that long, nobody is at it any more


class ImportRunQuerySet(models.QuerySet):
    def unfinished(self):
        return self.exclude(state=ImportRun.State.DONE)

    def for_worker(self):
        """Runs that the worker is to carry on."""
        return self.filter(is_in_background=True, state__in=ImportRun.GOING)

    def abandoned(self):
        """Runs of the worker that nobody is at: their message is lost, or their worker."""
        return self.for_worker().filter(lease_until__lt=timezone.now())

    def idle(self):
        """Runs that wait, or whose process is gone."""
        is_left = Q(state=ImportRun.State.RUNNING, lease_until__lt=timezone.now())
        return self.filter(Q(state=ImportRun.State.QUEUED) | is_left)


class ImportRun(models.Model):
    """One import from WikiArt. The row, its sources and its wanted pictures say all that is left to do."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")

    GOING = [State.QUEUED, State.RUNNING]

    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    is_in_background = models.BooleanField(_("by the worker"), default=False)
    wants_stop = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("started by"),
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last sign of life"), null=True)
    lease_until = models.DateTimeField(default=timezone.now, help_text="Somebody is at it until then.")
    finished_at = models.DateTimeField(null=True)
    records = models.PositiveIntegerField(_("records read"), default=0)
    works_new = models.PositiveIntegerField(_("new works"), default=0)
    works_changed = models.PositiveIntegerField(_("changed works"), default=0)
    works_known = models.PositiveIntegerField(_("known works"), default=0)
    pictures_new = models.PositiveIntegerField(_("pictures fetched"), default=0)
    busy_s = models.FloatField(default=0, help_text="Seconds that somebody was at it, altogether.")
    error = models.TextField(_("why it stopped"), blank=True)  # in English
    error_code = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    error_facts = models.JSONField(default=dict, db_default={}, blank=True, editable=False)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import from WikiArt")
        verbose_name_plural = _("imports from WikiArt")

    def __str__(self) -> str:
        return gettext("Import %d") % self.pk

    def add_sources(self, sources: list[tuple[str, str]]) -> None:
        """Add pairs of kind and name to the plan; those that are in it already stay where they are."""
        rows = [ImportSource(run=self, kind=kind, name=name) for kind, name in sources]
        ImportSource.objects.bulk_create(rows, ignore_conflicts=True)

    def note(self, **counts: int) -> None:
        """Add to the counts, and show that somebody is at it, as they were since the last sign of life."""
        since_s = (timezone.now() - self.seen_at).total_seconds() if self.seen_at else 0
        added = {name: F(name) + count for name, count in (counts | {"busy_s": since_s}).items()}
        self._change(**added, **_alive())

    def begin(self) -> bool:
        """Note that this process is at it; False where somebody stopped it meanwhile."""
        going = ImportRun.objects.filter(pk=self.pk, state__in=self.GOING)
        has_begun = going.update(state=self.State.RUNNING, finished_at=None, **_told(""), **_alive())
        self.refresh_from_db()
        return bool(has_begun)

    def live(self) -> bool:
        """Show that somebody is at it; tells whether it may go on. One query."""
        going = ImportRun.objects.filter(pk=self.pk, wants_stop=False, state=self.State.RUNNING)
        return bool(going.update(**_alive()))

    def stop(self, error: str = "") -> None:
        self._change(state=self.State.STOPPED, wants_stop=False, lease_until=timezone.now(), **_told(error))

    def rest(self, *, error: str = "", until: timedelta = timedelta(0)) -> None:
        """Wait for the worker to go on, at once or later, unless somebody stopped it meanwhile."""
        self._rest(ImportRun.objects.filter(state__in=self.GOING), error, until)

    def give_way(self, *, error: str, until: timedelta) -> None:
        """Wait for another process to be done, unless that one is at this very run."""
        self._rest(ImportRun.objects.idle(), error, until)

    def _rest(self, runs: ImportRunQuerySet, error: str, until: timedelta) -> None:
        rested = {"state": self.State.QUEUED, "lease_until": timezone.now() + until}
        runs.filter(pk=self.pk).update(**rested, **_told(error))
        self.refresh_from_db()

    def finish(self) -> None:
        now = timezone.now()
        self._change(state=self.State.DONE, finished_at=now, seen_at=now, lease_until=now)

    def ask_to_stop(self) -> None:
        """At once where nobody is at it; otherwise whoever is finds it written here."""
        with transaction.atomic():
            if not ImportRun.objects.idle().filter(pk=self.pk).update(state=self.State.STOPPED):
                ImportRun.objects.filter(pk=self.pk, state=self.State.RUNNING).update(wants_stop=True)
        self.refresh_from_db()

    def resume(self, *, in_background: bool) -> None:
        """Put it up to be carried on: by the worker, or by the process that calls this."""
        self._change(
            state=self.State.QUEUED,
            is_in_background=in_background,
            wants_stop=False,
            lease_until=timezone.now() + SOON,
            **_told(""),
        )

    def try_again(self, failures: "ImportFailureQuerySet") -> int:
        """Put failures of this import among what is to be done; gives how many that is."""
        return failures.filter(run=self).open().update(is_up_again=True)

    def _change(self, **fields: Any) -> None:
        ImportRun.objects.filter(pk=self.pk).update(**fields)
        self.refresh_from_db()

    def expected_records(self) -> int | None:
        """How many records there will be, as far as can be told now; None while nothing can. One query."""
        lists = self.sources.exclude(
            kind__in=[ImportSource.Kind.ARTISTS, ImportSource.Kind.UPDATED]
        ).aggregate(
            count=Count("pk"),
            done=Count("pk", filter=Q(is_done=True)),
            counted=Count("expected"),
            sum=Sum("expected"),
        )
        if lists["count"] and lists["counted"] == lists["count"]:
            expected = lists["sum"]
        elif lists["done"]:
            expected = self.records * lists["count"] // lists["done"]
        else:
            expected = None
        limit = self.options.get("limit")
        return expected if limit is None else min(limit, expected or limit)

    def steps_left(self) -> int | None:
        """Records and pictures still to come, as far as can be told now. Two queries."""
        expected = self.expected_records()
        if expected is None and self.sources.filter(is_done=False).exists():
            return None
        return max(0, (expected or 0) - self.records) + self.wanted_pictures.count()

    @property
    def why_it_stopped(self) -> str:
        """Or waits, in the language of the page; empty where there is nothing to say."""
        return said(self.error, self.error_code, self.error_facts)

    @property
    def steps_done(self) -> int:
        return self.records + self.pictures_new

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE

    @property
    def is_running(self) -> bool:
        """Whether somebody is at it, as far as the row tells."""
        return self.state == self.State.RUNNING and self.lease_until > timezone.now()

    @property
    def is_under_way(self) -> bool:
        """Running, or waiting for the worker: it goes on by itself."""
        return self.is_running or (self.is_in_background and self.state in self.GOING)


def _told(error: str) -> dict[str, Any]:
    """Why a run stopped or waits, as its columns keep it."""
    return {"error": storable(error), **kept(error, prefix="error_")}


def _alive() -> dict[str, Any]:
    now = timezone.now()
    return {"seen_at": now, "lease_until": now + LEASE}


class ImportSource(models.Model):
    """One list of works, or of artists, that an import reads; and how far it has read it."""

    class Kind(models.TextChoices):
        FILE = "file", _("saved file")
        ARTIST = "artist", _("artist")
        STYLE = "style", _("style")
        GENRE = "genre", _("genre")
        MOST_VIEWED = "most viewed", _("most viewed works")
        ARTISTS = "artists", _("all artists")
        UPDATED = "updated", _("artists updated since")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=1000, blank=True, help_text="A slug, a date, a path.")
    position = models.CharField(max_length=1000, blank=True, help_text="The last page that is done.")
    names_done = models.JSONField(default=list, help_text="Records of the page after that.")
    records_done = models.PositiveIntegerField(default=0, help_text="The same as a number.")
    expected = models.PositiveIntegerField(null=True, help_text="Records in all, where WikiArt says it.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Turns that ended here without getting on.")
    is_done = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="source_once_per_run", fields=["run", "kind", "name"]),
        ]
        indexes = [
            models.Index(name="source_to_do", fields=["run", "id"], condition=Q(is_done=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}".strip()


class WantedPicture(models.Model):
    """A work that should have a picture and has none: the import that listed it last fetches it."""

    artwork = models.OneToOneField(Artwork, models.CASCADE, primary_key=True, related_name="+")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="wanted_pictures")
    path = models.CharField(max_length=500, help_text="At WikiArt's picture hosts.")
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["tries", "pk"]

    def __str__(self) -> str:
        return f"picture of {self.artwork}"


class ImportFailureQuerySet(models.QuerySet):
    def open(self):
        """Failures that no later try has mended."""
        return self.filter(settled_at__isnull=True)

    def up_again(self):
        """Those that the next turn tries again."""
        return self.open().filter(is_up_again=True)


class ImportFailure(models.Model):
    """Something an import could not use, and why; kept for another try."""

    class Kind(models.TextChoices):
        SOURCE = "source", _("list")
        RECORD = "record", _("work")
        ARTIST = "artist", _("artist")
        PICTURE = "picture", _("picture")

    run = models.ForeignKey(
        ImportRun, models.CASCADE, verbose_name=_("import from WikiArt"), related_name="failures"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("which"), max_length=1000)
    reason = models.TextField(_("why"))  # in English
    code = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    facts = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    raw = models.JSONField(_("as WikiArt sent it"), null=True, blank=True)
    artwork = models.ForeignKey(Artwork, models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("when"), auto_now_add=True)
    is_up_again = models.BooleanField(_("to be tried again"), default=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = ImportFailureQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("failed import")
        verbose_name_plural = _("failed imports")
        indexes = [
            models.Index(name="failure_open", fields=["run", "id"], condition=Q(settled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.which}: {self.why}"

    @property
    def which(self) -> str:
        """What failed; a list in the language of the page."""
        named = self.raw or {}
        if self.kind == self.Kind.SOURCE and named.get("kind") in ImportSource.Kind.values:
            return f"{ImportSource.Kind(named['kind']).label} {named.get('name', '')}".strip()
        return self.name

    @property
    def why(self) -> str:
        """The reason in the language of the page."""
        return said(self.reason, self.code, self.facts)

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    def fail_again(self, reason: str) -> None:
        """Keep it with its new reason."""
        self.is_up_again, self.reason = False, storable(reason)
        self.code, self.facts = kept(reason).values()
        self.save(update_fields=["is_up_again", "reason", "code", "facts"])

    def settle(self) -> None:
        self.is_up_again, self.settled_at = False, timezone.now()
        self.save(update_fields=["is_up_again", "settled_at"])
