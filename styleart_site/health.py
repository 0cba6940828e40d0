"""Is the process alive, and is everything it needs there?"""

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from kombu.exceptions import KombuError

from ml import inference

from .celery import app

logger = logging.getLogger(__name__)


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, broker and model, each by name; 503 when one is missing."""
    parts = {"database": _database(), "migrations": _migrations(), "broker": _broker(), "model": _model()}
    ready = all(parts.values())
    return JsonResponse(
        {"status": "ok" if ready else "not ready", "parts": parts}, status=200 if ready else 503
    )


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
