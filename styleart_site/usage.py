"""How much of what there is somebody uses."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from classifier.models import Prediction

from .models import User


def storage_bytes(user: User) -> int:
    """Bytes on disk of all that belongs to this user: originals, what was made from them, exports.

    Two queries, and a look at every file.
    """
    root = Path(settings.MEDIA_ROOT)
    predictions = Prediction.objects.of(user).only("id", "original")
    places: list[Path] = []
    for prediction in predictions.iterator(chunk_size=1000):
        places += [root / prediction.original.name, *_files(prediction.derived_folder)]
    for export in user.exports.all():
        places += [export.path, export.part_path]
    return sum(_sizes(places))


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _sizes(places: Iterable[Path]) -> Iterable[int]:
    for place in places:
        try:
            yield place.stat().st_size
        except FileNotFoundError:  # gone meanwhile
            yield 0
