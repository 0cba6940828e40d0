"""Fetch one picture so that it is whole or not there: temporary name, checks, then its own name."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from ml import inference

from .answers import PLACEHOLDERS
from .polite import Again, Bucket, Caller, NotFound, Response, WikiArtError
from .reasons import Reason, of_picture

PART = ".part"  # what a picture is called until it is whole; the same again after a crash, so none piles up
SHAPE_TOLERANCE = 0.04  # of the sides' ratio; small renditions are rounded to whole pixels
TOO_LARGE = {"too_many_pixels", "too_long"}


class PictureMissing(WikiArtError):  # noqa: N818 - reads as what happened
    """WikiArt shows no picture of this work, or none that can be used; asking again does not help."""


class TooLarge(WikiArtError):  # noqa: N818
    """More pixels than can be taken; a smaller rendition may do."""


def address(base: str, path: str, rendition: str) -> str:
    """The address of a rendition: "Large", "HD"…, or the original where that is empty."""
    ending = Path(path).suffix
    return f"{base}{quote(path + (f'!{rendition}{ending}' if rendition else ''), safe='/!()')}"


def fetch(
    caller: Caller,
    url: str,
    into: Path,
    *,
    buckets: Sequence[Bucket],
    max_bytes: int,
    shape: tuple[int, int] | None = None,
) -> Path:
    """Fetch a picture to `into`, decoded once to its end to prove that it is sound.

    `shape` is its size in pixels, or a multiple of it, in either orientation.

    Raises PictureMissing, TooLarge, NotFound, Unreachable, Refused, Stopped, and OSError when the disk
    is full; `into` is only there when all went well.
    """
    part = into.with_name(into.name + PART)
    damaged: set[str] = set()

    def read(response: Response) -> None:
        if "html" in response.headers.get("Content-Type", "").lower():
            raise Again("page_for_picture")
        with part.open("wb") as file:
            caller.body(response, max_bytes=max_bytes, write=file.write)
            file.flush()
            os.fsync(file.fileno())
        _refuse_unsound(part, shape, damaged)

    if url.endswith(PLACEHOLDERS):
        raise PictureMissing(Reason("placeholder"))
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        # The bytes as they are: compressed once more, their length would tell nothing.
        caller.ask(url, read, buckets=buckets, headers={"Accept-Encoding": "identity"})
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
    return into


def _refuse_unsound(path: Path, shape: tuple[int, int] | None, damaged: set[str]) -> None:
    """Raises Again, or PictureMissing where another try brings the same."""
    data = path.read_bytes()
    try:
        facts = inference.check(data)
    except inference.UnreadableImage as error:
        reason, code = of_picture(error), error.code
    else:
        if shape and not _is_alike((facts.width, facts.height), shape):
            told = {"told_width": shape[0], "told_height": shape[1]}
            raise PictureMissing(Reason("wrong_shape", width=facts.width, height=facts.height, **told))
        return
    if code in TOO_LARGE:
        raise TooLarge(reason)
    digest = hashlib.sha256(data).hexdigest()
    if digest in damaged:
        raise PictureMissing(reason)
    damaged.add(digest)
    raise Again("picture_came_damaged")


def _is_alike(size: tuple[int, int], shape: tuple[int, int]) -> bool:
    """Whether a size is a multiple of a shape, upright or lying (cameras note a rotation)."""
    slack = SHAPE_TOLERANCE + 1 / min(size)
    ratio, upright = size[0] / size[1], shape[0] / shape[1]
    return any(abs(ratio / wanted - 1) <= slack for wanted in (upright, 1 / upright))


def first_found(attempts: Sequence[str], fetch_one) -> Path:
    """The first of these renditions that exists and is not too large. Raises PictureMissing."""
    for rendition in attempts:
        try:
            return fetch_one(rendition)
        except (NotFound, TooLarge):
            continue
    raise PictureMissing(Reason("no_picture_there"))
