from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter

from . import pictures


class PictureSize(StringConverter):
    """The two sizes that have names: at most 1280 and 480 px."""

    regex = "preview|thumbnail"


class Rgb(StringConverter):
    """A colour: "a0b1c2"."""

    regex = "[0-9a-f]{6}"


class CopyPx(IntConverter):
    """The longer side of a copy that pages ask for."""

    regex = "|".join(map(str, pictures.COPIES_PX))


class CopyKind(StringConverter):
    """How a copy is written: "avif", "webp" or "jpg"."""

    regex = "|".join(pictures.ENCODINGS)


class PictureVersion(StringConverter):
    """The first digits of the hash of a picture."""

    regex = "[0-9a-f]{8,64}"


register_converter(CopyPx, "copy_px")
register_converter(CopyKind, "copy_kind")
register_converter(PictureVersion, "picture_version")
register_converter(Rgb, "rgb")
register_converter(PictureSize, "picture_size")
