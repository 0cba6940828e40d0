"""Do the files of the catalogue and its rows belong together? Looked at folder by folder, in the background."""

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from . import pictures, stored
from .models import LARGE_PX, Artist, Artwork, Change, FileCheck, LabelSuggestion, MissingFile

LOCK = 0x46_69_6C_65  # to PostgreSQL this number means "files are being checked"
FOLDERS = 256  # by the first two digits of a picture's hash
SETTLED_AFTER = timedelta(days=1)  # a younger file may belong to a row that is about to be saved
MOST_NAMED = 1000  # dangling files that are remembered by name
AGAIN_AFTER = timedelta(days=1)
_sizes, _kinds = (
    "|".join(map(str, names)) for names in ((*pictures.COPIES_PX, LARGE_PX), pictures.ENCODINGS)
)
COPY_NAME = re.compile(rf"(?P<sha256>[0-9a-f]{{64}})-({_sizes})\.({_kinds})")


def begin() -> FileCheck:
    """Begin a new check, or go on with the one that is not finished."""
    return FileCheck.objects.filter(finished_at=None).first() or FileCheck.objects.create()


def is_due() -> bool:
    """Whether a check was begun and not finished, or the last one is a day old."""
    last = FileCheck.objects.first()
    return last is None or last.finished_at is None or last.finished_at < timezone.now() - AGAIN_AFTER


def advance(check: FileCheck, *, seconds: float) -> bool:
    """Check folder after folder for about so long; tells whether it is finished. May be stopped at any time."""
    end = time.monotonic() + seconds
    while check.folders_done < FOLDERS and time.monotonic() < end:
        prefix = f"{check.folders_done:02x}"
        remove_orphaned_copies(prefix)
        _check_folder(check, prefix)
    if check.folders_done < FOLDERS:
        return False
    MissingFile.objects.filter(artwork__picture="").delete()
    remove_orphaned_suggestions()
    remove_orphaned_portraits()
    check.finished_at = timezone.now()
    check.save(update_fields=["finished_at"])
    FileCheck.objects.filter(pk__lt=check.pk).delete()
    return True


@transaction.atomic
def _check_folder(check: FileCheck, prefix: str) -> None:
    """Note the works of a folder whose file is missing or empty, and its files that no work needs.

    A work that comes back when a change by hand is undone needs its file, too.
    """
    storage = Artwork.picture.field.storage
    found = {entry.name: entry for entry in stored.entries(storage, f"catalogue/{prefix}")}
    works = Artwork.objects.exclude(picture="").filter(sha256__startswith=prefix)
    pictures = dict(works.values_list("pk", "picture"))
    missing = {pk for pk, name in pictures.items() if name not in found or not found[name].size}
    MissingFile.objects.bulk_create(
        [MissingFile(artwork_id=pk) for pk in sorted(missing)], ignore_conflicts=True
    )
    MissingFile.objects.filter(artwork__in=pictures.keys() - missing).delete()

    settled = (timezone.now() - SETTLED_AFTER).timestamp()
    unshown = found.keys() - pictures.values()
    dangling = {name for name in unshown if found[name].modified_s < settled}
    dangling -= _needed_by_undo(dangling)
    check.dangling = (check.dangling + sorted(dangling))[:MOST_NAMED]
    check.dangling_count += len(dangling)
    check.folders_done += 1
    check.save(update_fields=["dangling", "dangling_count", "folders_done"])


def _needed_by_undo(names: Collection[str]) -> set[str]:
    """Those of these files that works would have again if changes by hand were undone.

    One query that reads the log of all changes, and none where there is nothing to ask.
    """
    if not names:
        return set()
    changes = Change.objects.standing().filter(model="artwork", before__picture__in=names)
    return set(changes.order_by().values_list("before__picture", flat=True))


def remove_dangling(check: FileCheck) -> int:
    """Delete the files that a check named, as far as no work needs them by now; tells how many went."""
    removed = 0
    for name in set(check.dangling) - _needed_by_undo(check.dangling):
        prefix = name.split("/")[1]
        if not Artwork.objects.filter(sha256__startswith=prefix, picture=name).exists():
            Artwork.picture.field.storage.delete(name)
            removed += 1
    check.dangling_count -= len(check.dangling)
    check.dangling = []
    check.save(update_fields=["dangling", "dangling_count"])
    return removed


def remove_orphaned_copies(prefix: str) -> int:
    """Delete what was made from pictures that are gone or not shown any more, and what no page asks for.

    Of one folder; tells how many. Nobody need be asked: whatever is missed is made again.
    """
    works = Artwork.objects.with_picture().filter(sha256__startswith=prefix)
    shown = set(works.values_list("sha256", flat=True))
    folder = Path(settings.MEDIA_ROOT, "derived", "catalogue", prefix)
    return _remove_settled(
        Path(entry.path)
        for entry in _entries(folder)
        if (copy := COPY_NAME.fullmatch(entry.name)) is None or copy["sha256"] not in shown
    )


def remove_orphaned_portraits() -> int:
    """Delete what was made from portraits that artists do not have any more. Tells how many."""
    artists = Artist.objects.exclude(portrait="").only("portrait")
    needed = {place.name for artist in artists.iterator() if (place := artist.portrait_place()) is not None}
    entries = _entries(Path(settings.MEDIA_ROOT, "derived", "portraits"))
    return _remove_settled(Path(entry.path) for entry in entries if entry.name not in needed)


def _entries(folder: Path) -> Iterator[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))
    except FileNotFoundError:
        return


def _remove_settled(paths: Iterable[Path]) -> int:
    """Delete those of these files that nobody can be writing any more. Tells how many."""
    settled = (timezone.now() - SETTLED_AFTER).timestamp()
    removed = 0
    for path in paths:
        try:
            if path.stat().st_mtime < settled:
                path.unlink()
                removed += 1
        except FileNotFoundError:  # gone meanwhile
            continue
    return removed


def remove_orphaned_suggestions() -> int:
    """Delete pictures of suggestions that are gone: nobody may look at them any more. Tells how many."""
    known = set(LabelSuggestion.objects.exclude(picture="").values_list("picture", flat=True))
    settled = (timezone.now() - SETTLED_AFTER).timestamp()
    storage = LabelSuggestion.picture.field.storage
    found = stored.entries(storage, "suggestions")
    orphans = [entry.name for entry in found if entry.name not in known and entry.modified_s < settled]
    for name in orphans:
        storage.delete(name)
    return len(orphans)
