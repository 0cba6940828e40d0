"""The Celery application: the worker classifies, the scheduler sweeps."""

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "styleart_site.settings")

app = Celery("styleart")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def load_model_after_fork(**kwargs) -> None:
    """Load the model in every child, so that the first picture does not wait for it."""
    from ml import inference

    inference.load_model()
