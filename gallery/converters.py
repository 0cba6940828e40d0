from django.urls import register_converter
from django.urls.converters import StringConverter


class PictureSize(StringConverter):
    """The two sizes in which pictures are served: at most 1280 and 480 px."""

    regex = "preview|thumbnail"


register_converter(PictureSize, "picture_size")
