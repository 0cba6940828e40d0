"""Making a backup: the database first, then the files that it names."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from classifier import squares
from gallery import switching
from ml import inference

from ..belongings import file_fields, named_files
from . import BackupError, archive, database

FORMAT = 1
SHIPPED = Path(inference.__file__).parent / "model"


@dataclass
class Report:
    """What a backup holds."""

    files: int = 0
    missing: int = 0  # rows name them, and they are not there
    gone: int = 0  # deleted with their rows while this went on
    size_bytes: int = 0


@dataclass(frozen=True)
class NamedFile:
    """A file that a row names."""

    field: models.FileField
    pk: Any
    name: str

    @property
    def storage(self) -> Storage:
        return self.field.storage

    def is_still_named(self) -> bool:
        """Whether the row, as it is now, names this file."""
        return self._rows().filter(**{self.field.name: self.name}).exists()

    def row_exists(self) -> bool:
        return self._rows().exists()

    def _rows(self) -> models.QuerySet:
        return self.field.model._base_manager.filter(pk=self.pk)


def make(
    target: Path, *, with_derived: bool, with_secret_key: bool, progress: Callable[[int, int], object]
) -> Report:
    """Pack the whole site into `target`, which appears when it is complete.

    `progress` hears how many files are packed and how many there are. Stopped at any time nothing half
    remains but a hidden file and folder that the next backup of this name overwrites. Raises BackupError, OSError.
    """
    report = Report()
    with _draft(target) as file, _workplace(target) as folder:
        dump, names, gone = (folder / name for name in ("database.dump", "names", "gone.jsonl"))
        with database.snapshot() as snapshot:
            about = _about()
            database.dump(dump, snapshot=snapshot)
            total = _write_names(names)
        with archive.Writer(file, is_compressed=archive.is_compressed(target)) as writer:
            writer.add_bytes("about.json", json.dumps(about, indent=1).encode())
            if with_secret_key and settings.EMBEDDED:
                writer.add_bytes("secret_key", settings.SECRET_KEY.encode())
            _add_path(writer, "database.dump", dump)
            dump.unlink()
            with gone.open("w") as notes:
                for done, named in enumerate(_read_names(names), start=1):
                    _add_named(writer, named, notes, report)
                    progress(done, total)
            if with_derived:
                report.files += _add_derived(writer)
            for name, path in _models():
                _add_path(writer, f"models/{name}", path)
            _add_path(writer, "gone.jsonl", gone)
            writer.finish()
    report.size_bytes = target.stat().st_size
    return report


def _about() -> dict:
    """What whoever restores must know before the rest."""
    return {
        "format": FORMAT,
        "id": str(uuid4()),
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "migrations": sorted(
            f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
        ),
        **database.versions(),
        "model": inference.model_version(),
        "models": {
            name: link.resolve().name
            for name in (switching.ACTIVE, switching.PREVIOUS, switching.NEXT)
            if (link := Path(settings.MODELS_DIR, name)).is_symlink()
        },
        "secret_key": fingerprint(settings.SECRET_KEY),
        "rows": database.count_rows(),
    }


def fingerprint(secret_key: str) -> str:
    """Tells whether two keys are the same without telling a key."""
    return hashlib.pbkdf2_hmac("sha256", secret_key.encode(), b"StyleArt backup", 100_000).hex()[:32]


@contextlib.contextmanager
def _draft(target: Path) -> Iterator[IO[bytes]]:
    """A hidden file beside the target that takes its place when all went well."""
    draft = target.with_name(f".{target.name}.part")
    with draft.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"Another backup is writing {target} right now.") from error
        file.truncate(0)  # what a killed one has left
        try:
            draft.chmod(0o600)  # all that anybody ever entrusted to this site
            yield file
            file.flush()
            os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _workplace(target: Path) -> Iterator[Path]:
    """A hidden folder beside the target, for whoever holds its draft; what a killed one has left goes first."""
    folder = target.with_name(f".{target.name}.work")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_names(target: Path) -> int:
    """List on disk which files the rows name, each once; gives how many there are."""
    count = 0
    with target.open("w") as lines:
        for field in file_fields():
            for pk, name in named_files(field):
                lines.write(json.dumps([field.model._meta.label, field.name, str(pk), name]) + "\n")
                count += 1
    return count


def _read_names(source: Path) -> Iterator[NamedFile]:
    with source.open() as lines:
        for line in lines:
            label, field, pk, name = json.loads(line)
            yield NamedFile(apps.get_model(label)._meta.get_field(field), pk, name)


def _add_named(writer: archive.Writer, named: NamedFile, notes: IO[str], report: Report) -> None:
    try:
        size = named.storage.size(named.name)
        file = named.storage.open(named.name)
    except FileNotFoundError:
        if named.is_still_named():
            report.missing += 1
        else:
            report.gone += 1
            label, field = named.field.model._meta.label, named.field.name
            notes.write(json.dumps([label, field, named.pk, named.row_exists()]) + "\n")
        return
    with file:
        writer.add(f"media/{named.name}", file, size)
    report.files += 1


def _add_derived(writer: archive.Writer) -> int:
    """Pack previews and thumbnails as they are found; gives how many. Squares are of use for seconds only."""
    count = 0
    for path in _tree(Path(settings.MEDIA_ROOT, "derived")):
        if path.parent == squares.folder():
            continue
        with contextlib.suppress(FileNotFoundError):  # its picture was deleted a moment ago
            _add_path(writer, f"media/{path.relative_to(settings.MEDIA_ROOT).as_posix()}", path)
            count += 1
    return count


def _models() -> Iterator[tuple[str, Path]]:
    """Files of the models that were activated, and of one in use that lies elsewhere; not the shipped one."""
    kept = Path(settings.MODELS_DIR)
    for path in _tree(kept):
        name = path.relative_to(kept)
        if not name.parts[0].startswith("."):
            yield name.as_posix(), path
    in_use = inference.model_folder().resolve()
    if in_use != SHIPPED.resolve() and not in_use.is_relative_to(kept.resolve()):
        for path in _tree(in_use):
            yield f"{inference.model_version()}/{path.relative_to(in_use).as_posix()}", path


def _tree(folder: Path) -> Iterator[Path]:
    """All files below a folder that are not hidden; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def _add_path(writer: archive.Writer, name: str, path: Path) -> None:
    with path.open("rb") as file:
        writer.add(name, file, os.fstat(file.fileno()).st_size)
