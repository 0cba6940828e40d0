"""Imports, for the people who look after the catalogue: start, watch, stop, resume, try again."""

import json
from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gallery import handover

from . import runs
from .forms import ImportForm
from .models import ImportFailure, ImportRun
from .tasks import carry_on

FAILURES_SHOWN = 20


class ReadOnlyAdmin(admin.ModelAdmin):
    """What the machine wrote: to be looked at, acted upon by buttons, and changed by nobody."""

    def has_change_permission(self, request, obj=None):
        return False

    def may_steer(self, request) -> bool:
        """Whether this person may stop, resume and try again."""
        return request.user.has_perm("scraper.change_importrun")

    def page(self, request, template: str, **context):
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = [
        "what",
        "state_in_words",
        "records",
        "works_new",
        "pictures_new",
        "failures_open",
        "started_by",
        "created_at",
    ]
    list_display_links = ["what"]
    list_select_related = ["started_by"]
    list_per_page = 50

    def get_queryset(self, request):
        still_open = Count("failures", filter=Q(failures__settled_at=None))
        return super().get_queryset(request).annotate(failures_open=still_open)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", view(self.progress_view), name="scraper_importrun_progress"),
            path("<int:pk>/stop/", view(self.stop_view), name="scraper_importrun_stop"),
            path("<int:pk>/resume/", view(self.resume_view), name="scraper_importrun_resume"),
            path("<int:pk>/again/", view(self.again_view), name="scraper_importrun_again"),
            *super().get_urls(),
        ]

    # The list

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": _("Imports from WikiArt"), **(extra_context or {})})

    @admin.display(description=_("import"))
    def what(self, run):
        return runs.Options.read(run.options)

    @admin.display(description=_("state"), ordering="state")
    def state_in_words(self, run):
        return run.get_state_display()

    @admin.display(description=_("failed"), ordering="failures_open")
    def failures_open(self, run):
        return run.failures_open

    # Start

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            run = runs.plan(form.options(), started_by=request.user)
            _hand_to_worker(run)
            return redirect("admin:scraper_importrun_change", run.pk)
        return self.page(request, "admin/scraper/start.html", title=_("Import from WikiArt"), form=form)

    # Watch

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not object_id.isdecimal():
            raise Http404
        run = self._run(request, int(object_id))
        title = str(runs.Options.read(run.options))
        return self.page(request, "admin/scraper/run.html", title=title, **self._progress(request, run))

    def progress_view(self, request, pk: int):
        """The part of the page that asks for itself again while the import is under way."""
        run = self._run(request, pk)
        return self.page(request, "admin/scraper/_progress.html", **self._progress(request, run))

    def _run(self, request, pk: int) -> ImportRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportRun.objects.select_related("started_by"), pk=pk)

    def _progress(self, request, run: ImportRun) -> dict:
        left = run.steps_left()
        failures = run.failures.open()
        return {
            "run": run,
            "left": left,
            "all_steps": run.steps_done + left if left is not None else None,
            "time_left": _time_left(run, left) if run.is_running else "",
            "pictures_left": run.wanted_pictures.count(),
            "failures": failures.select_related("artwork")[:FAILURES_SHOWN],
            "failure_count": failures.count(),
            "may_steer": self.may_steer(request),
        }

    # Steer

    @method_decorator(require_POST)
    def stop_view(self, request, pk: int):
        run = self._steered(request, pk)
        run.ask_to_stop()
        return redirect("admin:scraper_importrun_change", run.pk)

    @method_decorator(require_POST)
    def resume_view(self, request, pk: int):
        run = self._steered(request, pk)
        if not run.is_under_way:
            _hand_to_worker(run)
        return redirect("admin:scraper_importrun_change", run.pk)

    @method_decorator(require_POST)
    def again_view(self, request, pk: int):
        run = self._steered(request, pk)
        _try_again(request, run.failures.all())
        return redirect("admin:scraper_importrun_change", run.pk)

    def _steered(self, request, pk: int) -> ImportRun:
        if not self.may_steer(request):
            raise PermissionDenied
        return get_object_or_404(ImportRun, pk=pk)


@admin.register(ImportFailure)
class ImportFailureAdmin(ReadOnlyAdmin):
    list_display = ["which", "why", "kind", "run", "at", "is_mended"]
    list_display_links = ["which"]
    list_filter = ["kind", ("settled_at", admin.EmptyFieldListFilter), "run"]
    list_select_related = ["run"]
    list_per_page = 50
    search_fields = ["name", "reason"]
    actions = ["try_again"]
    fields = ["which", "kind", "why", "run", "work", "at", "settled_at", "as_sent"]
    readonly_fields = ["which", "why", "work", "as_sent"]

    def has_add_permission(self, request):
        return False

    def has_steer_permission(self, request):
        return self.may_steer(request)

    @admin.display(description=_("which"), ordering="name")
    def which(self, failure):
        return failure.which

    @admin.display(description=_("why"), ordering="reason")
    def why(self, failure):
        return failure.why

    @admin.display(description=_("mended"), boolean=True)
    def is_mended(self, failure):
        return failure.is_settled

    @admin.display(description=_("work"))
    def work(self, failure):
        if failure.artwork is None:
            return "–"
        address = reverse("admin:gallery_artwork_change", args=[failure.artwork_id])
        return format_html('<a href="{}">{}</a>', address, failure.artwork)

    @admin.display(description=_("as WikiArt sent it"))
    def as_sent(self, failure):
        return format_html("<pre>{}</pre>", json.dumps(failure.raw, indent=1, ensure_ascii=False))

    @admin.action(description=_("Try again"), permissions=["steer"])
    def try_again(self, request, failures):
        _try_again(request, failures)


def _hand_to_worker(run: ImportRun) -> None:
    """When Redis is away nothing is lost: the sweep finds the row."""
    run.resume(in_background=True)
    handover.after_commit(carry_on, run.pk)


def _try_again(request, failures) -> None:
    """Put failures up again and let the worker begin with those imports that are not under way."""
    count = 0
    for run in ImportRun.objects.filter(pk__in=failures.open().values("run")):
        count += run.try_again(failures)
        if not run.is_under_way:
            _hand_to_worker(run)
    if count:
        messages.info(request, ngettext("Trying %d again.", "Trying %d again.", count) % count)
    else:
        messages.info(request, _("There is nothing to try again."))


def _time_left(run: ImportRun, left: int | None) -> str:
    """In words; empty where nobody can tell yet."""
    if not left or run.steps_done < 10 or not run.busy_s:
        return ""
    seconds = left * run.busy_s / run.steps_done
    if seconds < 90:
        return _("about a minute left")
    if seconds < 2 * 3600:
        minutes = round(seconds / 60)
        return ngettext("about %d minute left", "about %d minutes left", minutes) % minutes
    span = timedelta(seconds=seconds)
    if span.days > 1:
        return ngettext("about %d day left", "about %d days left", span.days) % span.days
    hours = round(seconds / 3600)
    return ngettext("about %d hour left", "about %d hours left", hours) % hours
