"""Files made from pictures: decoded by ml.inference's one decoder, written whole or not at all."""

import base64
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, features

from ml import inference

from . import decoding, palette

HASHED_PX = 64  # a hash needs no more, and a JPEG is decoded quickly at this size
COPIES_PX = (320, 480, 720, 960, 1280)  # the longer sides of the copies that pages ask for
PLACEHOLDER_PX = 16
PLACEHOLDER_QUALITY = 20


class Encoding(NamedTuple):
    """How copies are written: Pillow's name, the media type, and what Pillow is told."""

    name: str
    media_type: str
    options: dict[str, Any]


# The smallest first. Chosen to look alike; benchmarks/pictures.py measures what each costs. AVIF at its two
# fastest speeds takes as long as WebP, so that no page waits for it; a slower one saves a tenth more.
ENCODINGS = {
    kind: encoding
    for kind, encoding in {
        "avif": Encoding("AVIF", "image/avif", {"quality": 65, "speed": 9, "max_threads": 1}),
        "webp": Encoding("WEBP", "image/webp", {"quality": 82, "method": 4}),
        "jpg": Encoding("JPEG", "image/jpeg", {"quality": 84, "optimize": True, "progressive": True}),
    }.items()
    if kind == "jpg" or features.check(kind)  # Pillow's wheels write all of them; one built by hand may not
}


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
    placeholder: str  # see `placeholder`


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
        placeholder=placeholder(small),
    )


def copy(data: bytes, size_px: int, kind: str = "jpg", *, cut: inference.Cut | None = None) -> bytes:
    """Re-encode a picture, or what `cut` leaves of it, so that it fits into size_px × size_px.

    Upright, in sRGB, without metadata.

    `kind` is one of ENCODINGS. Raises UnreadableImage when the bytes cannot be decoded.
    """
    return encoded(decoding.decode(data, fit_px=size_px, cut=cut), kind)


def encoded(picture: Image.Image, kind: str = "jpg") -> bytes:
    """A decoded picture as one of ENCODINGS."""
    out, encoding = BytesIO(), ENCODINGS[kind]
    picture.save(out, encoding.name, **encoding.options)
    return out.getvalue()


def fitted(picture: Image.Image, size_px: int) -> Image.Image:
    """A decoded picture so small that it fits into size_px × size_px; never enlarged."""
    scale = size_px / max(picture.size)
    if scale >= 1:
        return picture
    size = [max(round(scale * side), 1) for side in picture.size]
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def placeholder(picture: Image.Image) -> str:
    """A WebP of at most 16 px, in base64, about 100 characters: pages show it until the picture is there."""
    out = BytesIO()
    scale = PLACEHOLDER_PX / max(picture.size)
    size = [max(round(scale * side), 1) for side in picture.size]
    small = picture.convert("RGB").resize(size, Image.Resampling.BOX)
    small.save(out, "WEBP", quality=PLACEHOLDER_QUALITY, method=6)
    return base64.b64encode(out.getvalue()).decode()


def placeholder_of(data: bytes, *, cut: inference.Cut | None = None) -> str:
    """The placeholder of a picture in these bytes, or of what `cut` leaves of it. Raises UnreadableImage."""
    return placeholder(decoding.decode(data, fit_px=HASHED_PX, cut=cut))


@dataclass(frozen=True)
class Copies:
    """Where a page finds the copies of one picture, and all that it must know to hang it.

    `address` has "{size_px}" and "{kind}" in it; width and height are the picture's own pixels.
    """

    address: str
    width: int
    height: int
    placeholder: str = ""

    def at(self, size_px: int, kind: str = "jpg") -> str:
        return self.address.format(size_px=size_px, kind=kind)

    def srcset(self, kind: str, sizes_px: Iterable[int]) -> str:
        """Copies of one kind with their widths: "/a/320.avif 320w,…"; none larger than the picture but the first."""
        longer_px, widths = max(self.width, self.height), {}
        for size_px in sizes_px:
            width = max(round(self.width * min(size_px / longer_px, 1)), 1)
            widths.setdefault(width, self.at(size_px, kind))
        return ",".join(f"{address} {width}w" for width, address in widths.items())


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
