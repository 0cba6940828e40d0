"""Is everything there that StyleArt needs, does it fit together, and if not: what to do? `manage.py doctor` shows it.

Each check is a generator of findings. It looks and changes nothing; what can be put right without a decision
comes along as `fix`.
"""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import KombuError
from PIL import Image

from classifier.models import Prediction
from gallery import embeddings, stored, switching
from gallery.checks import BRING_MODEL_BACK
from gallery.models import Artwork
from ml import inference

from . import belongings, demo
from .backups import database, restoring
from .celery import app

LITTLE_ROOM = 0.1  # of a disk
NO_ROOM_BYTES = 500_000_000  # what bin/start asks for
OLD_QUEUE = timedelta(minutes=2)  # the sweep sends again after 20 s
CLOCK_S = 2.0
WRONG_CLOCK_S = 30.0  # from here on codes of authenticator apps fail
PATIENCE_S = 3.0  # for the worker's answer
NAMED = 5  # examples that a finding names


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"  # works, and somebody should look
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do."""

    check: str
    level: Level
    said: str
    advice: str = ""
    fix: Callable[[], str] | None = None  # safe to do at any time; says what it did


class CannotExamine(RuntimeError):  # noqa: N818 - reads as what happened
    """Without a database there is nothing to look at. The message says what to do."""


def examine(*, files: bool = True) -> Iterator[Finding]:
    """Yield the findings of all checks, one or more each. `files` looks at every file, which takes a while.

    Raises CannotExamine when the database does not answer.
    """
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise CannotExamine(
            f"The database does not answer: {str(error).strip()}. "
            + (
                "Look into log/postgres.log."
                if settings.EMBEDDED
                else "Is DATABASE_URL right, and the server up?"
            )
        ) from error
    for name, check in CHECKS.items():
        if check is _files and not files:
            continue
        yield from _carefully(name, check)


def _carefully(name: str, check: Callable[[], Iterator[tuple]]) -> Iterator[Finding]:
    """One check that fails must not keep the others from being made."""
    try:
        for found in check():
            yield Finding(name, *found)
    except Exception as error:  # whatever is broken; somebody looks because something is
        why = f"{type(error).__name__}: {error}".strip().split("\n")[0]
        yield Finding(
            name,
            Level.TROUBLE,
            f"It could not be checked: {why}",
            "See to what is above first.",
        )


# Services


def _postgresql() -> Iterator[tuple]:
    found = database.versions()
    said = f"PostgreSQL {found['postgresql']}, pgvector {found['pgvector'] or 'missing'}"
    if advice := database.advice_on_pgvector():
        yield Level.TROUBLE, said, advice
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_stat_activity), current_setting('max_connections')::int"
        )
        used, most = cursor.fetchone()
    said = f"{said}, {used} of {most} connections"
    if used > 0.8 * most:
        yield Level.NOTE, said, "Raise max_connections, or start fewer web processes and workers."
    else:
        yield Level.OK, said


def _redis() -> Iterator[tuple]:
    begun = time.monotonic()
    try:
        with app.connection_for_read(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
            client = broker.default_channel.client
            info = client.info()
            waiting = client.llen(app.conf.task_default_queue)
    except (OSError, KombuError) as error:
        advice = (
            "Look into log/redis.log." if not settings.REDIS_URL else "Is REDIS_URL right, and the server up?"
        )
        yield (
            Level.TROUBLE,
            f"Redis does not answer: {error}",
            f"{advice} Nothing is lost: rows wait until then.",
        )
        return
    said = f"Redis {info['redis_version']}, {waiting:,} messages wait, {1000 * (time.monotonic() - begun):.0f} ms"
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        yield Level.NOTE, f"{said}, {info['maxmemory_policy']}", "Set maxmemory-policy to noeviction."
    else:
        yield Level.OK, said
    yield from _clock("Redis", client.time()[0])


def _migrations() -> Iterator[tuple]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known = set(executor.loader.disk_migrations)
    newer = [key for key in executor.loader.applied_migrations if key not in known]
    if missing:
        yield Level.TROUBLE, f"{len(missing)} migrations are missing", "Run manage.py migrate."
    elif newer:
        name = ".".join(min(newer))
        yield (
            Level.NOTE,
            f"The database is newer than this code: {len(newer)} migrations are not known here, such as {name}",
            "Bring the code up to date, or roll the database back before the code (docs/deploy.md).",
        )
    else:
        yield Level.OK, "The database is up to date"


# Machine


def _disk() -> Iterator[tuple]:
    for place in _own_disks():
        usage, nodes = shutil.disk_usage(place), os.statvfs(place)
        said = f"{usage.free / 1e9:,.1f} GB of {usage.total / 1e9:,.1f} are free at {place}"
        advice = "Make some space, or move the folder to a larger disk (STYLEART_DATA, MEDIA_ROOT)."
        if usage.free < NO_ROOM_BYTES:
            yield Level.TROUBLE, said, advice
        elif nodes.f_files and nodes.f_favail < LITTLE_ROOM * nodes.f_files:
            yield (
                Level.NOTE,
                f"{said}, but only {nodes.f_favail:,} more files fit",
                "Use a disk with more inodes.",
            )
        elif usage.free < LITTLE_ROOM * usage.total:
            yield Level.NOTE, said, advice
        else:
            yield Level.OK, said


def _own_disks() -> list[Path]:
    """Data and media folder; one of them where both are on one disk."""
    found: dict[int, Path] = {}
    for place in (Path(settings.DATA_DIR), Path(settings.MEDIA_ROOT)):
        if place.is_dir():
            found.setdefault(place.stat().st_dev, place)
    return list(found.values())


def _folders() -> Iterator[tuple]:
    said_something = False
    for place in (Path(settings.DATA_DIR), Path(settings.MEDIA_ROOT), Path(settings.MODELS_DIR)):
        if place.is_dir() and not os.access(place, os.W_OK | os.X_OK):
            said_something = True
            yield (
                Level.TROUBLE,
                f"{place} may not be written to",
                "Run this as the user of the site, or chown it.",
            )
        elif place.is_dir() and place.stat().st_mode & stat.S_IWOTH:
            said_something = True
            yield (
                Level.TROUBLE,
                f"Everybody may write to {place}",
                f"chmod o-w {place}",
                partial(_close, place, 0o002),
            )
    key = Path(settings.DATA_DIR) / "secret_key"
    if key.exists() and key.stat().st_mode & 0o077:
        said_something = True
        yield Level.TROUBLE, f"Others may read {key}", f"chmod 600 {key}", partial(_close, key, 0o077)
    strangers = [path for path in _parts() if path.stat().st_uid != Path(settings.DATA_DIR).stat().st_uid]
    if strangers:
        said_something = True
        yield (
            Level.NOTE,
            f"{_examples(str(path) for path in strangers)} belong to somebody else than {settings.DATA_DIR}",
            "Start the site always as the same user, and chown -R what another one made.",
        )
    if not said_something:
        yield Level.OK, f"{settings.DATA_DIR} and what is in it belong to the site alone"


def _parts() -> list[Path]:
    """Folders that hold pictures; the embedded PostgreSQL's is its own."""
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _close(path: Path, bits: int) -> str:
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~bits)
    return f"{path} is closed to others now."


def _clocks() -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        yield from _clock("PostgreSQL", cursor.fetchone()[0]) or ()
    yield Level.OK, f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC here"


def _clock(whose: str, their_time: float) -> Iterator[tuple]:
    """Nothing unless that clock and ours differ."""
    difference_s = abs(their_time - time.time())
    if difference_s > CLOCK_S + 1:  # Redis tells whole seconds
        level = Level.TROUBLE if difference_s > WRONG_CLOCK_S else Level.NOTE
        advice = "Let both machines keep their clocks by NTP; leases and codes of authenticator apps need it."
        yield level, f"The clock of {whose} differs by {difference_s:.0f} s from ours", advice


def _restores() -> Iterator[tuple]:
    if restoring.has_leftovers() and restoring.is_at_work():
        yield Level.NOTE, "A restore is at work", "Wait until it is done, then look again."
    elif restoring.has_leftovers():
        yield (
            Level.TROUBLE,
            "A restore was killed in the middle",
            "Run manage.py doctor --fix with the site stopped: it is finished or taken back.",
            _recover,
        )
    else:
        yield Level.OK, "No restore was left unfinished"


def _recover() -> str:
    return restoring.recover()


def _store() -> Iterator[tuple]:
    if stored.lies_on_disk(default_storage):
        yield Level.OK, f"Pictures lie in {settings.MEDIA_ROOT}"
        return
    try:
        default_storage.exists("originals")
    except OSError as error:
        advice = "See to MEDIA_BUCKET and its credentials; uploads answer 503 until then."
        yield Level.TROUBLE, f"The bucket {settings.MEDIA_BUCKET} does not answer: {error}", advice
    else:
        yield Level.OK, f"Pictures lie in the bucket {settings.MEDIA_BUCKET}"


# Model and catalogue


def _model() -> Iterator[tuple]:
    try:
        version = inference.model_version()
        inference.load_model().answer(_stripes())
    except (inference.ModelMismatch, OSError, ValueError) as error:
        yield Level.TROUBLE, f"The model cannot be used: {error}", BRING_MODEL_BACK
        return
    yield Level.OK, f"{version} answers, from {inference.model_folder()}"
    for name in (switching.ACTIVE, switching.PREVIOUS, switching.NEXT):
        link = Path(settings.MODELS_DIR) / name
        if link.is_symlink() and not (link / "model.json").exists():
            yield (
                Level.TROUBLE,
                f"{link} leads nowhere",
                "Run manage.py activate_model with the folder of a model.",
            )


def _stripes() -> bytes:
    out = BytesIO()
    Image.frombytes("L", (256, 1), bytes(range(256))).resize((64, 64)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def _embeddings() -> Iterator[tuple]:
    version = inference.model_version()
    total = Artwork.objects.exclude(picture="").count()
    advice = "The worker sees to it; manage.py embed_artworks does it at once."
    for words, waiting in (
        ("have no embedding", Artwork.objects.without_embedding(version)),
        ("were not asked for their style", Artwork.objects.not_looked_at(version)),
        ("have no palette", Artwork.objects.without_palette()),
    ):
        if count := waiting.count():
            yield Level.NOTE, f"{count:,} of {total:,} works {words} of {version} yet", advice
            return
    yield Level.OK, f"{version} has seen all {total:,} works with a picture"


def _indexes() -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
            " WHERE NOT (indisvalid AND indisready) AND c.relnamespace = 'public'::regnamespace"
        )
        broken = [name for (name,) in cursor.fetchall()]
    if broken:
        yield Level.TROUBLE, f"Not valid: {_examples(broken)}", f"REINDEX INDEX CONCURRENTLY {broken[0]};"
    version = inference.model_version()
    if not embeddings.has_index(version):
        yield (
            Level.TROUBLE,
            f"The HNSW index of {version} is missing: every search reads all embeddings",
            "Run manage.py doctor --fix, or manage.py embed_artworks; nobody waits while it is made.",
            partial(_make_index, version),
        )
    elif not broken:
        yield Level.OK, f"The HNSW index of {version} is there and valid"


def _make_index(version: str) -> str:
    embeddings.make_index(version)
    return f"The HNSW index of {version} was made."


def _files() -> Iterator[tuple]:
    missing = belongings.missing_files(keep=NAMED)
    if missing.count:
        yield (
            Level.TROUBLE,
            f"{missing.count:,} files that rows name are not there: {_examples(missing.names)}",
            "Bring them back from a backup (docs/backup.md); works can be imported again.",
        )
    unknown = belongings.unknown_files(keep=NAMED)
    if unknown.count:
        yield (
            Level.NOTE,
            f"{unknown.count:,} files that no row names: {_examples(unknown.names)}",
            "Was an older database restored? If not, delete them. Of the catalogue: Data quality, Remove them.",
        )
    derived = belongings.orphaned_copies(keep=NAMED)
    if derived.count:
        yield (
            Level.NOTE,
            f"{derived.count:,} previews of what is gone: {_examples(derived.names)}",
            "Run manage.py doctor --fix.",
            _remove_copies,
        )
    if not (missing.count or unknown.count or derived.count):
        yield Level.OK, f"All {missing.seen:,} files that rows name are there, and no others"


def _remove_copies() -> str:
    return f"{belongings.remove_orphaned_copies():,} previews were removed."


# Work


def _queue() -> Iterator[tuple]:
    now = timezone.now()
    oldest = Prediction.objects.unfinished().order_by("created_at").first()
    count = Prediction.objects.unfinished().count()
    if oldest is not None and now - oldest.created_at > OLD_QUEUE:
        minutes = (now - oldest.created_at) / timedelta(minutes=1)
        yield (
            Level.TROUBLE,
            f"{count:,} pictures wait, the oldest for {minutes:,.0f} minutes",
            "Is the worker there (below), and is it enough of them? More of them: docs/deploy.md.",
        )
    else:
        yield Level.OK, f"{count:,} pictures wait"
    day = Prediction.objects.filter(created_at__gt=now - timedelta(days=1))
    done, failed = day.filter(status="done").count(), day.filter(status="failed").count()
    if failed > max(10, 0.1 * done):
        yield (
            Level.NOTE,
            f"{failed:,} pictures of the last day failed, {done:,} were answered",
            "Look into the log.",
        )


def _workers() -> Iterator[tuple]:
    try:
        answers = app.control.inspect(timeout=PATIENCE_S).ping() or {}
    except (OSError, KombuError):
        yield Level.TROUBLE, "Nobody can be asked while Redis is away", "See to Redis first."
        return
    if answers:
        yield Level.OK, f"{len(answers)} answered: {_examples(sorted(answers))}"
    else:
        yield (
            Level.TROUBLE,
            f"No worker answered within {PATIENCE_S:.0f} s",
            "Start one: bin/start does, or celery -A styleart_site worker (docs/deploy.md).",
        )
    stale = Prediction.objects.to_send_again().filter(sent_at__lt=timezone.now() - OLD_QUEUE)
    if answers and stale.exists():
        yield (
            Level.TROUBLE,
            "Nobody sends waiting pictures again",
            "Start the scheduler: celery -A styleart_site beat.",
        )


# Settings


def _settings() -> Iterator[tuple]:
    made = checks.run_checks(include_deployment_checks=not settings.EMBEDDED)
    found = [message for message in made if not message.is_silenced()]
    for message in found:
        yield (
            Level.TROUBLE if message.is_serious() else Level.NOTE,
            f"{message.msg} ({message.id})".replace("\n", " "),
            message.hint or "See .env.example.",
        )
    if not settings.EMBEDDED and not settings.BEHIND_PROXY and settings.HTTPS:
        yield Level.NOTE, "HTTPS is on and BEHIND_PROXY is off", "Set BEHIND_PROXY where a proxy ends TLS."
    if not found:
        yield Level.OK, "a private copy" if settings.EMBEDDED else "fit for the public (check --deploy)"


def _mail() -> Iterator[tuple]:
    backend = settings.EMAIL_BACKEND.rpartition(".")[2]
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        yield Level.OK, f"Mails become files ({backend}): nothing is sent"
        return
    try:
        with get_connection(timeout=5):
            pass
    except OSError as error:
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield (
            Level.TROUBLE,
            f"{where} takes no mail: {error}",
            "Nobody can sign up: see to EMAIL_HOST and the others.",
        )
    else:
        yield Level.OK, f"{settings.EMAIL_HOST} takes mail"


def _accounts() -> Iterator[tuple]:
    if settings.EMBEDDED:
        yield Level.OK, "Demo accounts may be here: this is a copy of somebody's own"
    elif open_to_all := [user.email for user in demo.open_to_all()]:
        yield (
            Level.TROUBLE,
            f"Everybody can sign in as {' and '.join(open_to_all)}: the passwords of demo accounts are public",
            "Run manage.py doctor --fix: nobody can sign in to them then. What belongs to them stays.",
            lambda: f"Closed: {', '.join(demo.close())}.",
        )
    else:
        yield Level.OK, "No demo account can be signed in to"


CHECKS: dict[str, Callable[[], Iterator[Any]]] = {
    "disk": _disk,  # first: a full one is the cause of much below
    "folders": _folders,
    "postgresql": _postgresql,
    "migrations": _migrations,
    "redis": _redis,
    "workers": _workers,
    "queue": _queue,
    "model": _model,
    "embeddings": _embeddings,
    "indexes": _indexes,
    "restores": _restores,
    "store": _store,
    "clocks": _clocks,
    "settings": _settings,
    "accounts": _accounts,
    "mail": _mail,
    "files": _files,
}


def _examples(names: Any) -> str:
    names = list(names)
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
