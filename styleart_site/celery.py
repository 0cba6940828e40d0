"""The Celery application: the worker classifies, the scheduler sweeps."""

import os
import signal
import sys
import threading

import psutil
from celery import Celery
from celery.signals import worker_process_init, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "styleart_site.settings")

app = Celery("styleart")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def prepare_child(**kwargs) -> None:
    """Load the model in every child, so that the first picture does not wait for it; then limit its memory."""
    from django.conf import settings

    from ml import inference

    inference.load_model()
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
