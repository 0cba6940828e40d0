from django.urls import register_converter
from django.urls.converters import StringConverter


class PictureSize(StringConverter):
    """The two sizes in which pictures are served: at most 1280 and 480 px."""

    regex = "preview|thumbnail"


class Rgb(StringConverter):
    """A colour: "a0b1c2"."""

    regex = "[0-9a-f]{6}"


register_converter(Rgb, "rgb")
register_converter(PictureSize, "picture_size")
