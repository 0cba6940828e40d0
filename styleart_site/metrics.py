"""The numbers under /metrics: what the processes counted, and what the rows and the machine say at the moment."""

import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from classifier.models import FAILURES, Prediction
from ml import inference

from . import counting, health
from .models import SignOfLife

LOOPBACK = {"127.0.0.1", "::1"}
COUNT_EVERY_S = 60.0  # counting all predictions reads the whole table

HTTP_SECONDS = Histogram(
    "styleart_http_seconds",
    "Time from a request to its answer, by view.",
    ["view"],
    buckets=[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
)
HTTP_ANSWERS = Counter("styleart_http_answers", "Answers, by kind of status.", ["status"])
TASK_SECONDS = Histogram(
    "styleart_task_seconds",
    "Time of a task of the worker, by task and outcome.",
    ["task", "state"],
    buckets=[0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
)


def note_request(view: str, status: int, seconds: float) -> None:
    """`view` is a name such as classifier:prediction-detail, or nothing for a file or an unknown address."""
    _expect_faults()
    HTTP_SECONDS.labels(view or "none").observe(seconds)
    HTTP_ANSWERS.labels(f"{status // 100}xx").inc()


# Prometheus sees no increase in a number that is there for the first time: what alerts watch begins at 0.


@cache
def _expect_faults() -> None:
    HTTP_ANSWERS.labels("5xx")


def expect_failures_of(tasks: Iterable[str]) -> None:
    """Called once by a process that does these tasks."""
    for name in tasks:
        TASK_SECONDS.labels(name, "failure")


def note_task(name: str, state: str, seconds: float) -> None:
    TASK_SECONDS.labels(name, state.lower()).observe(seconds)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers, as Prometheus reads them; nobody else learns that there are any."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(_Now())
    body = generate_latest(registry) + _counted_so_far()
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _counted_so_far() -> bytes:
    """What all processes counted; this one alone where they share no folder."""
    if not settings.METRICS_ARE_SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    with counting.at_rest(settings.METRICS_DIR):
        counting.fold(settings.METRICS_DIR)
        MultiProcessCollector(registry, path=str(settings.METRICS_DIR))
        return generate_latest(registry)


def _may_read(request: HttpRequest) -> bool:
    """Who shows the token, a superuser with two factors, or, on an embedded copy, this machine itself."""
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return constant_time_compare(shown.strip(), settings.METRICS_TOKEN)
    if settings.EMBEDDED and request.META.get("REMOTE_ADDR") in LOOPBACK and not _came_through_proxy(request):
        return True
    user = request.user
    return user.is_superuser and (not settings.STAFF_NEEDS_TWO_FACTORS or is_mfa_enabled(user))


def _came_through_proxy(request: HttpRequest) -> bool:
    return any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"))


class _Now(Collector):
    """What the rows, the folders and the parts say when they are asked. What cannot be asked is left out."""

    def collect(self) -> Iterator[Metric]:
        parts = health.parts()
        yield _gauge("styleart_ready", "Whether a part that the site needs is there.", "part", parts)
        if parts["model"]:
            version = {inference.model_version(): 1}
            yield _gauge("styleart_model_info", "The model in use.", "version", version)
        if parts["database"] and parts["migrations"]:
            yield from _of_rows()
        yield from _of_disks()


def _of_rows() -> Iterator[Metric]:
    states, failures = counts()
    yield _gauge("styleart_predictions", "Predictions, by state.", "state", states)
    yield _gauge("styleart_prediction_failures", "Failed predictions, by cause.", "code", failures)
    waiting = queue()
    yield GaugeMetricFamily("styleart_queue_length", "Predictions that wait.", waiting["length"])
    yield GaugeMetricFamily(
        "styleart_queue_oldest_seconds", "How long the oldest of them waits.", waiting["oldest_s"]
    )
    yield GaugeMetricFamily("styleart_running", "Predictions that a worker is at.", waiting["running"])
    alive = {kind: SignOfLife.objects.alive(kind).count() for kind in ("worker", "scheduler")}
    yield _gauge("styleart_programs", "Workers and schedulers seen within a minute.", "kind", alive)
    ran = SignOfLife.objects.filter(kind="task").values_list("name", "seen_at")
    ages = {name: (timezone.now() - seen_at).total_seconds() for name, seen_at in ran}
    yield _gauge("styleart_task_age_seconds", "Since a scheduled task last ran.", "task", ages)


def queue() -> dict[str, float]:
    """`length`, `oldest_s` (0 when nothing waits) and `running`. One query, by the index of what is unfinished."""
    unfinished = {
        row["status"]: row
        for row in Prediction.objects.unfinished()
        .order_by()
        .values("status")
        .annotate(count=Count("pk"), oldest=Min("queued_at"))
    }
    waiting, running = unfinished.get("queued"), unfinished.get("running")
    return {
        "length": waiting["count"] if waiting else 0,
        "oldest_s": max((timezone.now() - waiting["oldest"]).total_seconds(), 0.0) if waiting else 0.0,
        "running": running["count"] if running else 0,
    }


_found: dict[str, tuple[float, tuple[dict, dict]]] = {}
_counting = threading.Lock()


def counts() -> tuple[dict[str, int], dict[str, int]]:
    """Predictions by state, and those that failed by cause; counted anew at most every COUNT_EVERY_S."""
    with _counting:
        counted_at, found = _found.get("now", (float("-inf"), ({}, {})))
        if time.monotonic() - counted_at > COUNT_EVERY_S:
            found = _count()
            _found["now"] = time.monotonic(), found
        return found


def forget_counts() -> None:
    """Count anew when asked next."""
    _found.clear()


def _count() -> tuple[dict[str, int], dict[str, int]]:
    states, failures = dict.fromkeys(Prediction.Status.values, 0), dict.fromkeys(FAILURES, 0)
    rows = Prediction.objects.order_by().values_list("status", "error_code").annotate(count=Count("pk"))
    for status, code, count in rows:
        states[status] += count
        if status == Prediction.Status.FAILED:
            failures[code] = count
    return states, failures


def _of_disks() -> Iterator[Metric]:
    free = GaugeMetricFamily(
        "styleart_disk_free_bytes", "Room left on the disk of a folder.", labels=["folder"]
    )
    size = GaugeMetricFamily("styleart_disk_size_bytes", "Size of the disk of a folder.", labels=["folder"])
    for name, usage in disks().items():
        free.add_metric([name], usage.free)
        size.add_metric([name], usage.total)
    yield from (free, size)


def disks() -> dict:
    """Of the data folder and of the pictures: `shutil.disk_usage`, in bytes. What is not there is left out."""
    usages = {}
    for name, folder in {"data": settings.DATA_DIR, "media": Path(settings.MEDIA_ROOT)}.items():
        nearest = next((place for place in [folder, *folder.parents] if place.exists()), None)
        if nearest is not None:
            usages[name] = shutil.disk_usage(nearest)
    return usages


def _gauge(name: str, sentence: str, label: str, values: dict) -> Metric:
    family = GaugeMetricFamily(name, sentence, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], float(value))
    return family
