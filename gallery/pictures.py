"""Files made from pictures: decoded by ml.inference's one decoder, written whole or not at all."""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ml import inference

from . import palette

JPEG_QUALITY = 84
HASHED_PX = 64  # a hash needs no more, and a JPEG is decoded quickly at this size


class Opinion(NamedTuple):
    """The style that a model sees first in a picture: its name, how probable (0 to 1), how certain."""

    label: str
    probability: float
    certainty: str


@dataclass(frozen=True)
class Looks:
    """What a picture looks like to a model; travels between processes."""

    embedding: np.ndarray  # float32, shape (256,), unit length
    model_version: str
    opinion: Opinion
    picture_hash: int  # 64 bits, nearly the same for nearly the same pictures
    colours: Sequence[palette.Colour]  # the main ones, the largest share first


@dataclass(frozen=True)
class Measured(Looks):
    """What one look at a new picture tells."""

    sha256: str
    facts: inference.PictureFacts


def measure(data: bytes) -> Measured:
    """Check a picture to its end and describe what it looks like; needs no Django.

    About 30 ms for a small picture, most of it the network. Raises UnreadableImage.
    """
    facts = inference.inspect(data)
    looks = _looks(data, inference.load_model())
    return Measured(**vars(looks), sha256=hashlib.sha256(data).hexdigest(), facts=facts)


def describe(data: bytes, *, model: Path) -> Looks:
    """What a picture looks like to the model in this folder; needs no Django. Raises UnreadableImage."""
    return _looks(data, inference.load_model(model))


def _looks(data: bytes, model: inference.Model) -> Looks:
    answer = model.answer(data)
    label, probability = next(iter(answer.probabilities.items()))
    small = inference.decode(data, fit_px=HASHED_PX)
    return Looks(
        embedding=answer.embedding,
        model_version=answer.model_version,
        opinion=Opinion(label, min(probability, 1.0), answer.certainty),
        picture_hash=inference.difference_hash(small),
        colours=palette.main_colours(small),
    )


def jpeg(data: bytes, size_px: int, *, cut: inference.Cut | None = None) -> bytes:
    """Re-encode a picture, or what `cut` leaves of it, as an sRGB JPEG that fits into size_px × size_px, upright, without metadata.

    Raises UnreadableImage when the bytes cannot be decoded.
    """
    out = BytesIO()
    picture = inference.decode(data, fit_px=size_px, cut=cut)
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def keep(path: Path, make: Callable[..., bytes], *args) -> Path:
    """Return `path`, made with `make(*args)` first where it is missing.

    The file appears under its name when it is complete, so a crash or a second
    request at the same moment leaves no half file.
    """
    if not path.exists():
        content = make(*args)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(content)
                file.close()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
        path.chmod(0o640)
    return path
