"""Do all files belong to a row, and has every row its files? Looked at folder by folder, in constant memory."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models

from classifier.models import Prediction
from gallery import stored
from gallery.models import Artist, Artwork

SETTLED_S = 86_400  # a younger file may belong to a row that is about to be saved
ROWS_AT_ONCE = 2000


@dataclass
class Found:
    """How many there are, and the names of the first ones."""

    keep: int
    count: int = 0
    seen: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < self.keep:
            self.names.append(name)


def file_fields() -> list[models.FileField]:
    """Every field of every model that names a file."""
    return [
        field
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.FileField)
    ]


def named_files(of: models.FileField) -> Iterator[tuple[object, str]]:
    """Keys and names of the files that a field names, by name, each name once."""
    last = None
    rows = of.model._base_manager.exclude(**{of.name: ""}).order_by(of.name)
    for pk, name in rows.values_list("pk", of.name).iterator(chunk_size=ROWS_AT_ONCE):
        if name and name != last:
            yield pk, name
        last = name


def missing_files(*, keep: int) -> Found:
    """Files that rows name and that are not there."""
    found = Found(keep)
    for each in file_fields():
        for pk, name in named_files(each):
            found.seen += 1
            if (
                not each.storage.exists(name)
                and each.model._base_manager.filter(pk=pk, **{each.name: name}).exists()
            ):
                found.add(name)
    return found


def unknown_files(*, keep: int) -> Found:
    """Files in the folders of originals, catalogue, portraits and suggestions that no row names."""
    found = Found(keep)
    for folder in ("originals", "catalogue", "portraits", "suggestions"):
        for names in _settled_names(folder):
            known: set[str] = set()
            for each in file_fields():
                rows = each.model._base_manager.filter(**{f"{each.name}__in": names})
                known.update(rows.values_list(each.name, flat=True))
            for name in names:
                if name not in known:
                    found.add(name)
    return found


def orphaned_copies(*, keep: int) -> Found:
    """Previews, thumbnails and the like whose picture is gone."""
    found = Found(keep)
    for path in _orphans():
        found.add(path.relative_to(settings.MEDIA_ROOT).as_posix())
    return found


def remove_orphaned_copies() -> int:
    """Delete them: they could be made again if there were something to make them from."""
    count = 0
    for path in _orphans():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count


def _orphans() -> Iterator[Path]:
    """Folders of predictions and files of works and artists; what is not known to be a copy is left alone."""
    derived = Path(settings.MEDIA_ROOT, "derived")
    for folder in _folders(derived):
        if folder.name in ("catalogue", "portraits", "squares"):
            continue
        by_pk = {pk: path for path in _folders(folder) if (pk := _uuid(path.name)) and _is_settled(path)}
        alive = set(Prediction.objects.filter(pk__in=list(by_pk)).values_list("pk", flat=True))
        yield from (path for pk, path in by_pk.items() if pk not in alive)
    for folder in _folders(derived / "catalogue"):
        yield from _without_row(folder, Artwork.objects.all(), "sha256")
    yield from _without_row(derived / "portraits", Artist.objects.all(), "pk")
    yield from (path for path in _files(derived / "squares") if _is_settled(path))  # the hour of each is over


def _without_row(folder: Path, rows: models.QuerySet, column: str) -> Iterator[Path]:
    """Files named KEY-… whose KEY no row has."""
    by_key: dict[str, list[Path]] = {}
    for path in _files(folder):
        key = path.name.partition("-")[0]
        if _is_settled(path) and (column != "pk" or key.isdecimal()):
            by_key.setdefault(key, []).append(path)
    alive = {
        str(key) for key in rows.filter(**{f"{column}__in": list(by_key)}).values_list(column, flat=True)
    }
    for key, paths in by_key.items():
        if key not in alive:
            yield from paths


def _settled_names(folder: str) -> Iterator[list[str]]:
    """Names of settled files below a folder, on disk or in the bucket, some at a time."""
    now = time.time()
    found = (
        entry.name for entry in stored.entries(default_storage, folder) if entry.modified_s < now - SETTLED_S
    )
    while names := list(islice(found, ROWS_AT_ONCE)):
        yield names


def _is_settled(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - SETTLED_S
    except FileNotFoundError:
        return False


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_file()) if root.is_dir() else []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
