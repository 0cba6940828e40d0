"""Is the process alive, and is everything it needs there?"""

import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from kombu.exceptions import KombuError

from ml import inference

from .celery import app
from .models import SignOfLife

logger = logging.getLogger(__name__)

LEAST_FREE_BYTES = 200_000_000  # about a dozen uploads with all that is made from them


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, broker and model, each by name; 503 when one is missing.

    What pages can do without for a while is told beside them and makes nobody unready: uploads wait for a
    worker in their rows.
    """
    needed = parts()
    ready = all(needed.values())
    status = {"status": "ok" if ready else "not ready", "parts": needed}
    told = {"also": also()} if needed["database"] and needed["migrations"] else {}
    return JsonResponse(status | told, status=200 if ready else 503)


def parts() -> dict[str, bool]:
    """What the site cannot do without, and whether it is there."""
    return {
        "database": _database(),
        "migrations": _migrations(),
        "broker": _broker(),
        "model": _model(),
    }


def also() -> dict[str, bool]:
    """What should be there as well: a worker and the scheduler, seen within a minute, and room for pictures."""
    alive = SignOfLife.objects.alive
    return {
        "worker": alive("worker").exists(),
        "scheduler": alive("scheduler").exists(),
        "disk": shutil.disk_usage(_existing(Path(settings.MEDIA_ROOT))).free > LEAST_FREE_BYTES,
    }


def _existing(folder: Path) -> Path:
    return next(place for place in [folder, *folder.parents] if place.exists())


def _database() -> bool:
    try:
        with connection.cursor() as cursor:  # a connection of before may still look whole
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return False
    return True


def _migrations() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _broker() -> bool:
    try:
        with app.connection_for_write(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (OSError, KombuError):
        logger.exception("the broker does not answer")
        return False
    return True


def _model() -> bool:
    try:
        inference.model_card()
    except inference.ModelMismatch:
        logger.exception("the model cannot be read")
        return False
    return True
