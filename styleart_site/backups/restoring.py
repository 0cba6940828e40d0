"""Restoring a backup: all is read and checked aside before anything is touched, and a failure is taken back.

The files of a folder change places by renaming: what was there goes to `.before-restore`, what is new comes out
of `.restoring`. Then the database changes in one transaction. Only after that the old files are deleted.
A restore that was killed between is finished or taken back by the next one; the database says which.
"""

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from gallery import stored

from .. import demo
from . import BackupError, archive, database
from .making import FORMAT, fingerprint

NEW, OLD = ".restoring", ".before-restore"
ALL_MOVED = ".all-moved"  # in OLD: from here on what lies outside is new
MARK = ".mark"  # in OLD, to its end: by which the database tells whether the restore came through
REST = (
    ".rest.json"  # in OLD of the media: what remains once the database came through, for whoever finishes it
)
OTHER_KEY = (
    "Put the SECRET_KEY of the system that was backed up into SECRET_KEY or SECRET_KEY_FALLBACKS: "
    "without it all must sign in again, and authenticator apps and recovery codes do not open. "
    "A backup of a copy with embedded services holds it: tar -xOf FILE secret_key."
)
PLACES = ("media/", "models/", "database.dump", "secret_key", "gone.jsonl", "about.json")


@dataclass(frozen=True)
class Staged:
    """A backup that was read to its end and found whole, with its files beside where they belong."""

    about: dict[str, Any]
    dump: Path
    secret_key: str | None
    gone: list[
        list[Any]
    ]  # rows whose files went while it was made: model, field, key, whether the row stayed
    files: int

    def keep_rest(self, folder: Path) -> None:
        """Write down all that `_finish` needs, should somebody else have to do that. The folder is ours alone."""
        rest = {"about": self.about, "secret_key": self.secret_key, "gone": self.gone, "files": self.files}
        (folder / REST).write_text(json.dumps(rest))

    @classmethod
    def read_rest(cls, folder: Path) -> "Staged | None":
        """What a restore that came through has left to do; None where it did all that."""
        place = folder / REST
        return cls(dump=folder, **json.loads(place.read_text())) if place.exists() else None


@dataclass(frozen=True)
class Report:
    """What was restored, and what there is to do."""

    about: dict[str, Any]
    files: int
    rows: int
    has_other_key: bool  # sessions and authenticator apps do not open with the key of this system
    closed: tuple[str, ...]  # demo accounts, whose passwords everybody knows

    def steps(self) -> list[str]:
        """What somebody has to know or to do, a sentence or two each."""
        steps = [OTHER_KEY] if self.has_other_key else []
        if self.closed:
            steps.append(
                f"The demo accounts ({' and '.join(self.closed)}) came along and were closed, since their passwords "
                "are public: nobody can sign in to them. Make a curator of somebody else (docs/curate.md)."
            )
        return steps


def check(source: Path, *, progress: Callable[[int], object]) -> dict[str, Any]:
    """Read a backup to its end and compare all; touches nothing. Gives its about.json. Raises BackupError."""
    about = None
    for member in _members(source, progress):
        if about is None:
            about = _read_about(member)
            check_versions(about)
    return about


@contextmanager
def _alone() -> Iterator[None]:
    """Keep others from restoring, and from taking back what is still at work. Raises BackupError."""
    place = Path(settings.DATA_DIR)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "restore.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another restore is at work right now.") from error
        yield


@_alone()
def restore(source: Path, *, progress: Callable[[int], object]) -> Report:
    """Put a backup in the place of all there is; whole or not at all.

    `progress` hears how many bytes of the file were read. Raises BackupError, and all is as it was then. Stopped
    or failing after that, it `has_come_through`, and `recover` does the rest.
    """
    _recover()
    if others := database.other_connections():
        raise BackupError(
            f"The database is in use by {others} other connections: stop web server, worker and scheduler first."
        )
    swaps = _swaps()
    mark = str(uuid4())
    try:
        staged = _stage(source, *(swap.new for swap in swaps), progress)
        sent = _Sent()
        try:
            if not stored.lies_on_disk(default_storage):
                sent.send_all(swaps[0].new)
            for swap in swaps:
                swap.make(mark)
            staged.keep_rest(swaps[0].old)
            database.replace(staged.dump, counts=staged.about["rows"], mark=mark)
        except BaseException:
            if not database.bears(mark):  # Ctrl-C may come a moment after all is done
                for swap in swaps:
                    swap.undo()
                sent.take_back()
            raise
    except BaseException:
        if not has_come_through():
            _clear(swaps)
        raise
    return _end(staged, swaps)


def _end(staged: Staged | None, swaps: list["Swap"]) -> Report | None:
    """Do the rest of a restore that came through; may be broken off anywhere, and done again."""
    report = _finish(staged) if staged else None
    for swap in swaps:
        swap.finish()
    _clear(swaps)
    return report


def has_leftovers() -> bool:
    """Whether a restore was killed in the middle; one that `is_at_work` looks the same."""
    swaps = _swaps()
    return any(folder.is_dir() for folder in (*_unpacked(swaps), *(swap.old for swap in swaps)))


def is_at_work() -> bool:
    """Whether somebody restores right now."""
    try:
        with _alone():
            return False
    except BackupError:
        return True


def has_come_through() -> bool:
    """Whether what a restore has left is no longer as it was before, but waits to be finished."""
    return any(swap.old.is_dir() and database.bears(swap.mark()) for swap in _swaps())


@_alone()
def recover(*, does_rest: bool = True) -> str:
    """Finish or take back what a killed restore has left; tells which in a sentence, nothing where there was nothing.

    Without `does_rest` only files are finished: for a database that another restore is about to replace.
    Raises BackupError while one is at work.
    """
    return _recover(does_rest=does_rest)


def _recover(*, does_rest: bool = True) -> str:
    if not has_leftovers():
        return ""
    swaps = _swaps()
    if not any(swap.old.is_dir() for swap in swaps):
        _clear(swaps)
        return "What a restore had unpacked when it was broken off was deleted."
    if not has_come_through():
        for swap in swaps:
            swap.undo()
        _clear(swaps)
        return "A restore that was broken off was taken back: all is as it was before it."
    report = _end(Staged.read_rest(swaps[0].old) if does_rest else None, swaps)
    return " ".join(["A restore that was broken off was finished.", *(report.steps() if report else ())])


def _swaps() -> list["Swap"]:
    return [Swap(Path(settings.MEDIA_ROOT)), Swap(Path(settings.MODELS_DIR))]


def _clear(swaps: list["Swap"]) -> None:
    for folder in _unpacked(swaps):
        shutil.rmtree(folder, ignore_errors=True)


def _unpacked(swaps: list["Swap"]) -> list[Path]:
    return [_aside(), *(swap.new for swap in swaps)]


def _aside() -> Path:
    """Where the dump lies until it is in the database."""
    return Path(settings.DATA_DIR) / NEW


def read_about(source: Path) -> dict[str, Any]:
    """What a backup says of itself, without reading the rest. Raises BackupError."""
    with source.open("rb") as file:
        for member in archive.read(file):
            return _read_about(member)
    raise BackupError("The file is no backup of ours.")


def check_versions(about: dict[str, Any]) -> None:
    """Raises BackupError when this system is older than the one that was backed up."""
    if about["format"] > FORMAT:
        raise BackupError("The backup was made by a newer StyleArt: get that version first.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := set(about["migrations"]) - known:
        raise BackupError(
            f"The backup was made by a newer StyleArt, or with other apps ({min(unknown)} is not known here): "
            "get that version first."
        )
    here = database.versions()
    if _numbers(here["postgresql"])[0] < _numbers(about["postgresql"])[0]:
        raise BackupError(
            f"The backup comes from PostgreSQL {about['postgresql']}, and this is {here['postgresql']}: "
            "restore into the same version or a newer one."
        )
    vector = here["pgvector"] or database.offered_pgvector()
    if not vector:
        raise BackupError("This PostgreSQL has no pgvector: install that extension first.")
    if _numbers(vector) < _numbers(about["pgvector"]):
        raise BackupError(
            f"The backup comes from pgvector {about['pgvector']}, and this server has {vector}: raise it first."
        )


def what_is_here() -> list[str]:
    """Why this system is not empty, in words; nothing when it is."""
    words = {
        "styleart_site_user": "accounts",
        "classifier_prediction": "predictions",
        "gallery_artwork": "artworks",
    }
    found = [f"{count:,} {words[table]}" for table, count in database.count_of(words).items() if count]
    if strangers := database.tables_of_others():
        found.append(f"{len(strangers):,} tables that are not ours, such as {strangers[0]}")
    for place in (settings.MEDIA_ROOT, settings.MODELS_DIR):
        if any(path.is_file() and not _is_hidden(path, place) for path in Path(place).rglob("*")):
            found.append(f"files in {place}")
    return found


def _is_hidden(path: Path, place: Path | str) -> bool:
    """What we keep for ourselves, such as a probe of whether a folder can be written to."""
    return any(part.startswith(".") for part in path.relative_to(place).parts)


class Swap:
    """One folder whose content is exchanged, and back again, whenever we are killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.new, self.old = folder, folder / NEW, folder / OLD

    def make(self, mark: str) -> None:
        """Let what is in `.restoring` take the place of all that is in the folder."""
        self.old.mkdir(mode=0o700, parents=True)
        (self.old / MARK).write_text(mark)
        self._move_all(self.folder, self.old)
        (self.old / ALL_MOVED).touch()
        self._move_all(self.new, self.folder)

    def undo(self) -> None:
        """Put all back as it was; safe at any point of `make`, and again."""
        if not self.old.is_dir():
            return
        if (self.old / ALL_MOVED).exists():
            self.new.mkdir(exist_ok=True)
            self._move_all(self.folder, self.new)
            (self.old / ALL_MOVED).unlink()
        self._move_all(self.old, self.folder)
        shutil.rmtree(self.old)

    def finish(self) -> None:
        """Delete what was there before; the mark goes last, and only if all else went.

        Without it this would look like a restore that failed, and what is left would be put back.
        """
        if self.old.is_dir():
            for path in self.old.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name != MARK:
                    path.unlink(missing_ok=True)
            if {path.name for path in self.old.iterdir()} <= {MARK}:
                shutil.rmtree(self.old, ignore_errors=True)

    def mark(self) -> str:
        try:
            return (self.old / MARK).read_text()
        except FileNotFoundError:  # killed before anything was moved
            return ""

    @staticmethod
    def _move_all(source: Path, target: Path) -> None:
        for path in list(source.iterdir()):
            if path.name not in {NEW, OLD, ALL_MOVED, MARK, REST}:
                path.rename(target / path.name)


def _numbers(version: str) -> list[int]:
    """ "18.4" as numbers that compare; [0] where there is none."""
    return [int(number) for number in re.findall(r"\d+", version)] or [0]


class _Sent:
    """Files that went from the staged ones into the bucket; what was there before stays there."""

    def __init__(self) -> None:
        self._names = tempfile.TemporaryFile("w+")  # noqa: SIM115 - goes with us; there may be millions

    def send_all(self, folder: Path) -> None:
        """Send what cannot be made again; the rest stays on the disk."""
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith("derived/"):
                if not default_storage.exists(name):
                    self._names.write(name + "\n")
                stored.keep(default_storage, name, path, replace=True)
                path.unlink()

    def take_back(self) -> None:
        self._names.seek(0)
        for line in self._names:
            default_storage.delete(line.rstrip("\n"))


def _stage(source: Path, media: Path, models: Path, progress: Callable[[int], object]) -> Staged:
    """Unpack all aside, on the disks where it belongs, and check it. Raises BackupError."""
    for folder in (media, models):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o700)
    about, files, kept = None, 0, {}
    shutil.rmtree(_aside(), ignore_errors=True)
    _aside().mkdir(mode=0o700, parents=True)
    dump = _aside() / "database.dump"
    for member in _members(source, progress):
        if about is None:
            about = _read_about(member)
            check_versions(about)
        elif member.name.startswith("media/"):
            _write(media / member.name.removeprefix("media/"), member)
            files += 1
        elif member.name.startswith("models/"):
            _write(models / member.name.removeprefix("models/"), member)
        elif member.name == "database.dump":
            _write(dump, member)
        else:
            kept[member.name] = member.file.read().decode()
    if about is None or not dump.exists():
        raise BackupError("The backup holds no database: it is not one of ours.")
    for name, version in about["models"].items():
        (models / name).symlink_to(version)
    gone = [json.loads(line) for line in kept.get("gone.jsonl", "").splitlines()]
    return Staged(about, dump, kept.get("secret_key"), gone, files)


def _members(source: Path, progress: Callable[[int], object]) -> Iterator[archive.Member]:
    with source.open("rb") as file:
        for member in archive.read(file):
            if not member.name.startswith(PLACES):
                raise BackupError(f"The backup holds {member.name!r}, which is not a file of ours.")
            yield member
            progress(file.tell())


def _write(target: Path, member: archive.Member) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        shutil.copyfileobj(member.file, file, 1 << 20)
    target.chmod(0o640)


def _read_about(member: archive.Member) -> dict[str, Any]:
    try:
        about = json.loads(member.file.read()) if member.name == "about.json" else {}
    except ValueError as error:
        raise BackupError("The file is no backup of ours, or it is damaged.") from error
    if "format" not in about:
        raise BackupError("The file is no backup of ours.")
    return about


def _finish(staged: Staged) -> Report:
    """What remains once database and files are in place; each step may be made again by hand."""
    keeps_key = bool(staged.secret_key) and settings.EMBEDDED and not os.environ.get("SECRET_KEY")
    if keeps_key:
        _keep_secret_key(staged.secret_key)
    connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    for row in staged.gone:
        _forget_file(*row)
    has_other_key = not keeps_key and staged.about["secret_key"] != fingerprint(settings.SECRET_KEY)
    closed = () if settings.EMBEDDED else demo.close()
    return Report(staged.about, staged.files, sum(staged.about["rows"].values()), has_other_key, closed)


def _keep_secret_key(key: str) -> None:
    place = Path(settings.DATA_DIR) / "secret_key"
    with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as file:  # mode 0600
        file.write(key)
    Path(file.name).replace(place)


def _forget_file(label: str, field: str, pk: str, stayed: bool) -> None:
    """Who deleted something while the backup was made does not find it again."""
    rows = apps.get_model(label)._base_manager.filter(pk=pk)
    file = getattr(rows.first(), field, None)
    if file and file.storage.exists(file.name):
        return  # it came anew since
    if stayed:
        rows.update(**{field: ""})
    else:
        rows.delete()
