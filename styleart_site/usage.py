"""How much of what there is somebody uses."""

from collections.abc import Iterable
from pathlib import Path

from classifier.models import Prediction
from gallery import stored

from .models import User


def storage_bytes(user: User) -> int:
    """Bytes of all that belongs to this user: originals, what was made from them, exports.

    Two queries, and a look at every file.
    """
    predictions = Prediction.objects.of(user).only("id", "original")
    places: list[Path] = []
    originals: list[str] = []
    for prediction in predictions.iterator(chunk_size=1000):
        originals.append(prediction.original.name)
        places += _files(prediction.derived_folder)
    for export in user.exports.all():
        places += [export.path, export.part_path]
    return stored.sizes(Prediction.original.field.storage, originals) + sum(_sizes(places))


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _sizes(places: Iterable[Path]) -> Iterable[int]:
    for place in places:
        try:
            yield place.stat().st_size
        except FileNotFoundError:  # gone meanwhile
            yield 0
