"""Which parts of a picture speak for a style: a map laid over the picture, as PNG."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from ml import inference

from .models import Prediction

SIDE_PX = 640  # of the longer side
WARM = (214, 84, 36)  # where the picture speaks for the style
COOL = (44, 94, 140)  # where it speaks against it
MOST_ALPHA = 0.72
GROUND = 0.45  # how much of the picture's own colour stays under the map


class NoHeatmap(LookupError):  # noqa: N818 - reads as what happened
    """The model in use does not tell which parts of a picture speak for a style, or not for this one."""


def draw(prediction: Prediction, style_name: str) -> bytes:
    """The picture in grey under its map, as PNG in the picture's own proportions, at most 640 px.

    Warm places speak for the style, cool ones against it; the stronger, the less of the picture shows.
    The model in use says so, even where an older one gave the answer. Raises NoHeatmap, UnreadableImage
    or FileNotFoundError.
    """
    data = prediction.read_bytes()
    places = inference.explain(data).get(style_name)
    if places is None:
        raise NoHeatmap(style_name)
    picture = inference.decode(data, fit_px=SIDE_PX)
    picture.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    out = BytesIO()
    Image.fromarray(_laid_over(picture, places)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _laid_over(picture: Image.Image, places: np.ndarray) -> np.ndarray:
    """The picture under its map: uint8, shape (height, width, 3). `places` is float32, shape (7, 7)."""
    strength = places / max(float(np.abs(places).max()), 1e-6)  # -1 to 1
    smooth = Image.fromarray(strength.astype("float32")).resize(picture.size, Image.Resampling.BICUBIC)
    weight = np.clip(np.asarray(smooth), -1, 1)[..., None]
    grey = np.asarray(picture.convert("L").convert("RGB"), "float32")
    ground = 255 - GROUND * (255 - grey)
    colour = np.where(weight > 0, np.float32(WARM), np.float32(COOL))
    alpha = MOST_ALPHA * np.abs(weight)
    return (alpha * colour + (1 - alpha) * ground).astype("uint8")


def are_drawn() -> bool:
    """Whether the model in use tells which parts speak for a style."""
    return _tells(inference.model_version())


@lru_cache(maxsize=4)
def _tells(version: str) -> bool:
    """Ask it once, with a grey square. Needs the network loaded: about 0.2 s the first time."""
    out = BytesIO()
    Image.new("RGB", (64, 64), "grey").save(out, "PNG")
    return bool(inference.explain(out.getvalue()))
