"""Files made from pictures: decoded by ml.inference's one decoder, written whole or not at all."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from ml import inference

JPEG_QUALITY = 84


@dataclass(frozen=True)
class Measured:
    """What one look at a picture tells; travels between processes."""

    sha256: str
    facts: inference.PictureFacts
    embedding: np.ndarray  # float32, shape (256,), unit length
    model_version: str


def measure(data: bytes) -> Measured:
    """Check a picture to its end and describe what it looks like; needs no Django.

    About 30 ms for a small picture, most of it the network. Raises UnreadableImage.
    """
    facts = inference.inspect(data)
    answer = inference.classify(data)
    return Measured(hashlib.sha256(data).hexdigest(), facts, answer.embedding, answer.model_version)


def describe(data: bytes, *, model: Path) -> np.ndarray:
    """What a picture looks like to the model in this folder: float32, shape (256,); needs no Django.

    Raises UnreadableImage.
    """
    return inference.load_model(model).answer(data).embedding


def jpeg(data: bytes, size_px: int) -> bytes:
    """Re-encode a picture as an sRGB JPEG that fits into size_px × size_px, upright, without metadata.

    Raises UnreadableImage when the bytes cannot be decoded.
    """
    out = BytesIO()
    picture = inference.decode(data, fit_px=size_px)
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
