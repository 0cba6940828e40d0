"""Vary training pictures in what a style does not depend on.

Crop, scale, sharpness, JPEG traces and a little light: enough that neither the
shape nor the origin of a scan gives its class away, too little to repaint it.
"""

from io import BytesIO

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

_FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


def augment(
    pixels: np.ndarray, size_px: int, chance: np.random.Generator, *, least_area: float
) -> np.ndarray:
    """Make one variation; uint8 squares in and out, the latter of shape (size_px, size_px, 3).

    A crop keeps at least the share `least_area` of the picture.
    """
    image = Image.fromarray(pixels)
    resampling = _FILTERS[chance.integers(len(_FILTERS))]
    image = image.resize((size_px, size_px), resampling, box=_crop(image.width, least_area, chance))
    if chance.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = _soften(image, chance)
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhancer(image).enhance(chance.uniform(0.85, 1.15))
    if chance.random() < 0.5:
        image = _as_jpeg(image, int(chance.integers(40, 96)))
    return np.asarray(image)


def _crop(side: int, least_area: float, chance: np.random.Generator) -> tuple[float, float, float, float]:
    area = chance.uniform(least_area, 1.0)
    stretch = np.exp(chance.uniform(-0.25, 0.25))
    width, height = min(1.0, np.sqrt(area * stretch)) * side, min(1.0, np.sqrt(area / stretch)) * side
    left, top = chance.uniform(0, side - width), chance.uniform(0, side - height)
    return (left, top, left + width, top + height)


def _soften(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    kind = chance.random()
    if kind < 0.25:
        return image.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.2)))
    if kind < 0.5:  # as if from a smaller scan
        small = round(image.width * chance.uniform(0.55, 0.95))
        return image.resize((small, small), Image.Resampling.BICUBIC).resize(
            image.size, Image.Resampling.BILINEAR
        )
    if kind < 0.6:
        return image.filter(ImageFilter.UnsharpMask(radius=1.0, percent=int(chance.integers(30, 120))))
    return image


def _as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out, formats=["JPEG"])
