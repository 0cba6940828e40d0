"""Where pictures lie that cannot be made again: on a disk, or in a bucket. Only this module knows which.

Previews and the like always lie on a disk of ours, below MEDIA_ROOT/derived: they are a cache.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage

ASKED_AT_ONCE = 16  # questions to a bucket, each some milliseconds of waiting


class StoreAway(OSError):  # noqa: N818 - reads as what happened
    """The bucket does not answer, or does not let us in."""


class Entry(NamedTuple):
    """A file as it lies in its store: the name that rows use, bytes, seconds since 1970."""

    name: str
    size: int
    modified_s: float


def content_of(file: File) -> bytes:
    """All bytes of an upload; those that are in memory already are not copied."""
    return file.file.getvalue() if isinstance(file.file, BytesIO) else file.read()


def lies_on_disk(storage: Storage) -> bool:
    """Whether files of this storage have paths here."""
    return isinstance(storage, FileSystemStorage)


def keep(storage: Storage, name: str, path: Path, *, replace: bool = False) -> None:
    """Keep a file that lies on the disk of the media folder under this name; `path` stays.

    On a disk it is linked, in a bucket it is sent; either way it is there whole or not at all. One that is
    there already stays, unless it is to be replaced.
    """
    if lies_on_disk(storage):
        target = Path(storage.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        if replace:
            target.unlink(missing_ok=True)
        with suppress(FileExistsError):
            target.hardlink_to(path)
    elif replace or not storage.exists(name):
        with path.open("rb") as file:
            storage.save(name, File(file))


def entries(storage: Storage, folder: str) -> Iterator[Entry]:
    """All files below a folder, whatever is below it; nothing where there is no such folder."""
    return _entries_on_disk(storage, folder) if lies_on_disk(storage) else storage.entries(folder)


def _entries_on_disk(storage: Storage, folder: str) -> Iterator[Entry]:
    root = Path(storage.path(""))
    for parent, folders, names in os.walk(storage.path(folder)):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            with suppress(FileNotFoundError):  # gone meanwhile
                found = path.lstat()
                yield Entry(path.relative_to(root).as_posix(), found.st_size, found.st_mtime)


def sizes(storage: Storage, names: Iterable[str]) -> int:
    """Bytes of these files together; what is gone counts nothing."""
    with ThreadPoolExecutor(1 if lies_on_disk(storage) else ASKED_AT_ONCE) as threads:
        return sum(threads.map(lambda name: _size(storage, name), names))


def _size(storage: Storage, name: str) -> int:
    try:
        return storage.size(name)
    except FileNotFoundError:
        return 0


class LocalCopies:
    """Paths of stored files for whoever needs one: their own, or those of copies that go afterwards."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory | None = None

    def __enter__(self) -> "LocalCopies":
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._folder:
            self._folder.cleanup()

    def path(self, storage: Storage, name: str) -> Path:
        """The path of this file; one that is gone has a path where there is nothing. Raises StoreAway."""
        if lies_on_disk(storage):
            return Path(storage.path(name))
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="styleart-")
        copy = Path(self._folder.name, name.replace("/", "-"))
        with suppress(FileNotFoundError), storage.open(name) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        return copy

    def forget(self, path: Path) -> None:
        """This one is not needed any more."""
        if self._folder and path.parent == Path(self._folder.name):
            path.unlink(missing_ok=True)
