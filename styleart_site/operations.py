"""The page "Operations" of the admin: how the work goes, what failed and why, and trying it again.

It tells of pictures only how many there are, and shows none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from classifier.models import FAILURES, Prediction
from classifier.tasks import send
from ml import inference

from . import health, metrics
from .models import MISSING_AFTER, SignOfLife

RECENT = 20  # failures shown one by one
PLACE = "admin:styleart_site_signoflife_changelist"
PART_NAMES = {
    "database": gettext_lazy("database"),
    "migrations": gettext_lazy("migrations"),
    "broker": gettext_lazy("Redis"),
    "model": gettext_lazy("model"),
    "worker": gettext_lazy("worker"),
    "scheduler": gettext_lazy("scheduler"),
    "disk": gettext_lazy("room on the disk"),
}


@dataclass(frozen=True)
class ScheduledTask:
    """One line of the schedule, and how it last went."""

    name: str
    every: timedelta
    last: SignOfLife | None
    set_up_at: datetime

    @property
    def is_late(self) -> bool:
        """Whether it should have run since the last time, or since the site was set up: twice its time and a minute."""
        since = self.last.seen_at if self.last else self.set_up_at
        return timezone.now() - since > self.every * 2 + MISSING_AFTER


@dataclass(frozen=True)
class Cause:
    """Why predictions failed, how many did, and how many of them in the last day."""

    code: str
    count: int
    lately: int
    newest: datetime | None

    @property
    def sentence(self) -> str:
        """What their senders were told."""
        return FAILURES.get(self.code, FAILURES["gave_up"])


@admin.register(SignOfLife)
class OperationsAdmin(admin.ModelAdmin):
    """A page instead of a list: nobody writes these rows by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("state/", view(self.state_view), name="styleart_site_signoflife_state"),
            path("again/", view(self.all_again_view), name="styleart_site_signoflife_all_again"),
            path("again/<uuid:pk>/", view(self.again_view), name="styleart_site_signoflife_again"),
            path("", view(self.changelist_view), name="styleart_site_signoflife_changelist"),
        ]

    # Look

    def changelist_view(self, request, extra_context=None):
        self._check(request)
        context = _state() | _failures() | {"title": gettext("Operations"), "may_steer": _may_steer(request)}
        return self._page(request, "admin/operations/page.html", context)

    def state_view(self, request):
        """The part of the page that asks for itself again."""
        self._check(request)
        return self._page(request, "admin/operations/_state.html", _state())

    # Steer

    def again_view(self, request, pk: UUID):
        """Try one failed prediction again."""
        if refused := self._refused(request):
            return refused
        prediction = get_object_or_404(Prediction.objects.alive(), pk=pk)
        if prediction.queue_again():
            send(prediction.pk)
            messages.success(request, gettext("It waits again, and goes to the worker at once."))
        else:
            messages.warning(request, gettext("It is not among the failed ones any more."))
        return redirect(PLACE)

    def all_again_view(self, request):
        """Try all that failed again, or all of one cause."""
        if refused := self._refused(request):
            return refused
        failed = Prediction.objects.alive().filter(status=Prediction.Status.FAILED)
        if code := request.POST.get("code", ""):
            failed = failed.filter(error_code=code)
        count = failed.queue_again()
        metrics.forget_counts()
        told = ngettext(
            "%(count)d picture waits again. The scheduler sends it within half a minute.",
            "%(count)d pictures wait again. The scheduler sends them within half a minute.",
            count,
        )
        messages.success(request, told % {"count": count})
        return redirect(PLACE)

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        if not _may_steer(request):
            raise PermissionDenied
        return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, context: dict) -> TemplateResponse:
        request.current_app = self.admin_site.name
        around = self.admin_site.each_context(request)
        return TemplateResponse(request, template, {**around, "opts": self.opts, **context})


def _may_steer(request: HttpRequest) -> bool:
    return request.user.has_perm("classifier.change_prediction")


def _state() -> dict:
    """How everything is at this moment. About ten queries, and none of them reads a whole table."""
    parts = health.parts() | health.also()
    programs = SignOfLife.objects.exclude(kind=SignOfLife.Kind.TASK).order_by("kind", "name")
    return {
        "missing": [PART_NAMES[name] for name, is_there in parts.items() if not is_there],
        "queue": metrics.queue(),
        "failed_lately": _failed().filter(finished_at__gt=timezone.now() - timedelta(days=1)).count(),
        "programs": programs,
        "schedule": _schedule(),
        "model": inference.model_card() if parts["model"] else None,
        "disks": metrics.disks(),
        "database_bytes": _database_bytes(),
        "now": timezone.now(),
    }


def _schedule() -> list[ScheduledTask]:
    last = {sign.name: sign for sign in SignOfLife.objects.filter(kind=SignOfLife.Kind.TASK)}
    # Or brought up to date.
    set_up_at = MigrationRecorder.Migration.objects.aggregate(at=Max("applied"))["at"]
    return [
        ScheduledTask(name, timedelta(seconds=entry["schedule"]), last.get(entry["task"]), set_up_at)
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
    ]


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def _failed():
    return Prediction.objects.alive().filter(status=Prediction.Status.FAILED)


def _failures() -> dict:
    """The causes, the most frequent first, and the newest failures without anything of their senders."""
    lately = Q(finished_at__gt=timezone.now() - timedelta(days=1))
    causes = (
        _failed()
        .order_by()
        .values("error_code")
        .annotate(count=Count("pk"), lately=Count("pk", filter=lately), newest=Max("finished_at"))
        .order_by("-count", "error_code")
    )
    newest = _failed().order_by("-finished_at", "-pk").only("id", "error_code", "attempt", "finished_at")
    return {
        "causes": [Cause(row["error_code"], row["count"], row["lately"], row["newest"]) for row in causes],
        "recent": newest[:RECENT],
    }
