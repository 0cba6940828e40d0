"""Which parts of a picture speak for a style: maps to lay over the picture, as PNG."""

from io import BytesIO
from pathlib import Path

import numpy as np
from django.utils.text import slugify
from PIL import Image

from gallery import decoding, pictures
from ml import inference

from .models import Bar, Prediction

SIDE_PX = 640  # of the longer side
WARM = (214, 84, 36)  # where the picture speaks for the style
COOL = (44, 94, 140)  # where it speaks against it
MOST_ALPHA = 0.72
GROUND = 0.45  # how much of the picture's own colour stays under the map
STYLES = 3  # so many are explained on the page


class NoHeatmap(LookupError):  # noqa: N818 - reads as what happened
    """No model has told which parts of the picture speak for a style, or not for this one."""


def explained(prediction: Prediction, bars: list[Bar]) -> list[Bar]:
    """The first bars, of styles whose parts can be shown; none where no model shows them."""
    known = prediction.places()
    if not known and prediction.has_maps:  # the model in use will be asked when somebody looks
        known = inference.model_card()["labels"]
    return [bar for bar in bars[:STYLES] if bar.name in known]


def layer(prediction: Prediction, style_name: str) -> Path:
    """The map alone, to lie over the picture: clear where no place speaks for or against the style.

    Raises NoHeatmap.
    """
    return pictures.keep(_place(prediction, "layer", style_name), _draw_layer, prediction, style_name)


def drawing(prediction: Prediction, style_name: str) -> Path:
    """The picture in grey under its map: complete by itself."""
    return pictures.keep(_place(prediction, "heatmap", style_name), draw, prediction, style_name)


def draw(prediction: Prediction, style_name: str) -> bytes:
    """The picture in grey under its map, as PNG in the picture's own proportions, at most 640 px.

    Warm places speak for the style, cool ones against it; the stronger, the less of the picture shows.
    Raises NoHeatmap, UnreadableImage or FileNotFoundError.
    """
    places = places_for(prediction, style_name)
    picture = decoding.decode(prediction.read_bytes(), fit_px=SIDE_PX, cut=prediction.cut)
    picture.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    grey = np.asarray(picture.convert("L").convert("RGB"), "float32")
    ground = Image.fromarray((255 - GROUND * (255 - grey)).astype("uint8")).convert("RGBA")
    return _png(Image.alpha_composite(ground, _coloured(places, picture.size)).convert("RGB"))


def places_for(prediction: Prediction, style_name: str) -> np.ndarray:
    """What each place of the picture adds to the style: float32, shape (7, 7), rows from above.

    They came with the answer; where that was given by a model without maps the one in use is asked, once.
    Raises NoHeatmap.
    """
    if prediction.maps is None:
        prediction.explain_again()
    places = prediction.places().get(style_name)
    if places is None:
        raise NoHeatmap(style_name)
    return places


def _place(prediction: Prediction, kind: str, style_name: str) -> Path:
    name = f"{kind}-{prediction.maps_model or inference.model_version()}-{slugify(style_name)}.png"
    return prediction.derived_folder / name


def _draw_layer(prediction: Prediction, style_name: str) -> bytes:
    places = places_for(prediction, style_name)
    scale = SIDE_PX / max(prediction.width, prediction.height)
    size = (max(round(prediction.width * scale), 1), max(round(prediction.height * scale), 1))
    return _png(_coloured(places, size))


def _coloured(places: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """The map as RGBA of (width, height) pixels: warm for, cool against, clear where neither."""
    strength = places / max(float(np.abs(places).max()), 1e-6)  # -1 to 1
    smooth = Image.fromarray(strength.astype("float32")).resize(size, Image.Resampling.BICUBIC)
    weight = np.clip(np.asarray(smooth), -1, 1)[..., None]
    colour = np.where(weight > 0, np.float32(WARM), np.float32(COOL))
    return Image.fromarray(np.concatenate([colour, 255 * MOST_ALPHA * np.abs(weight)], -1).astype("uint8"))


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
