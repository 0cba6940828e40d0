"""The Celery application: the worker classifies, the scheduler sweeps."""

import gc
import logging.config
import os
import signal
import socket
import sys
import threading
import time
from typing import Any

import psutil
import structlog
from celery import Celery
from celery.beat import PersistentScheduler
from celery.signals import (
    before_task_publish,
    heartbeat_sent,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "styleart_site.settings")

logger = structlog.get_logger(__name__)

SIGN_EVERY_S = 15.0

app = Celery("styleart")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf["CELERY_DB_REUSE_MAX"] = (
    sys.maxsize
)  # else a new connection, and a process of PostgreSQL, for each task
app.autodiscover_tasks()


@task_prerun.connect
def renew_connections(task: Any, **kwargs) -> None:
    """Let go of connections that are old or broken, as Django does before each request."""
    from django.db import close_old_connections

    if not task.request.is_eager:  # else it runs within somebody's transaction
        close_old_connections()


@worker_process_init.connect
def prepare_child(**kwargs) -> None:
    """Load the model in every child, so that the first picture does not wait for it; then limit its memory."""
    from django.conf import settings

    from ml import inference

    from . import metrics

    inference.load_model()
    gc.collect()
    gc.freeze()  # what is there now stays: the collector need not go through it again and again
    metrics.expect_failures_of(name for name in app.tasks if not name.startswith("celery."))
    _limit_memory(settings.WORKER_MEMORY_MB * 2**20)


def _limit_memory(more_bytes: int) -> None:
    """Let this process take so much more memory; what goes beyond is a MemoryError in the task that asks."""
    if sys.platform == "linux":  # elsewhere nothing counts what a process maps
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (psutil.Process().memory_info().data + more_bytes, most))


@worker_shutting_down.connect
def let_go_in_time(**kwargs) -> None:
    """Give running tasks a while; then tell them that their time is over, so that they hand their rows back."""
    from django.conf import settings

    timer = threading.Timer(settings.DRAIN_S, _end_tasks)
    timer.daemon = True
    timer.start()


def _end_tasks() -> None:
    for child in psutil.Process().children():
        child.send_signal(signal.SIGUSR1)  # billiard raises SoftTimeLimitExceeded in the task


@setup_logging.connect
def log_as_the_site_does(**kwargs) -> None:
    """Celery leaves logging alone where this is connected."""
    from . import logs

    logging.config.dictConfig(logs.config())


# The id of a request goes with the tasks that it sends, and with those that they send in turn.

REQUEST_ID = "styleart_request_id"  # a header of the message


@before_task_publish.connect
def send_request_id_along(headers: dict[str, Any] | None = None, **kwargs) -> None:
    if headers is not None and (request_id := structlog.contextvars.get_contextvars().get("request_id")):
        headers[REQUEST_ID] = request_id


@task_prerun.connect
def take_request_id_up(task: Any, task_id: str, **kwargs) -> None:
    structlog.contextvars.clear_contextvars()
    request_id = getattr(task.request, REQUEST_ID, None) or (task.request.headers or {}).get(REQUEST_ID)
    known = {"request_id": request_id} if request_id else {}
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id, **known)
    task.request.styleart_started = time.perf_counter()


@task_postrun.connect
def note_how_it_went(task: Any, state: str | None = None, retval: Any = None, **kwargs) -> None:
    """Measure the task, and keep when a scheduled one last ran."""
    from . import metrics

    started = getattr(task.request, "styleart_started", None)
    if started is not None:
        seconds = time.perf_counter() - started
        metrics.note_task(task.name, state or "UNKNOWN", seconds)
        if task.name in _scheduled():
            error = type(retval).__name__ if isinstance(retval, BaseException) else ""
            _note_sign("task", task.name, seconds=seconds, error=error[:100])
    structlog.contextvars.clear_contextvars()


def _scheduled() -> set[str]:
    return {entry["task"] for entry in app.conf.beat_schedule.values()}


# Signs of life: rows that say when worker and scheduler were last seen


class _Pulse:
    """Writes a sign of life at most every SIGN_EVERY_S; called much more often."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def beat(self, kind: str, name: str) -> None:
        if time.monotonic() - self._last > SIGN_EVERY_S:
            self._last = time.monotonic()
            _note_sign(kind, name)
            _close_connections()  # the worker's main process forks: its children shall inherit none


def _note_sign(kind: str, name: str, **facts: object) -> None:
    """A database that is away must not end a program, nor a task that went well."""
    from django.db import DatabaseError, InterfaceError

    from .models import SignOfLife

    try:
        SignOfLife.objects.note(kind, name, **facts)
    except (DatabaseError, InterfaceError):
        logger.warning("no sign of life could be written", kind=kind, exc_info=True)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


_worker = _Pulse()


@worker_ready.connect
@heartbeat_sent.connect
def show_worker(sender: Any = None, **kwargs) -> None:
    """Every two seconds, in the worker's main process."""
    _worker.beat("worker", f"worker@{socket.gethostname()}")


class Scheduler(PersistentScheduler):
    """Celery's own, which also says that it is alive."""

    _pulse = _Pulse()

    def tick(self, *args, **kwargs) -> float:
        self._pulse.beat("scheduler", f"scheduler@{socket.gethostname()}")
        return super().tick(*args, **kwargs)
