"""The last hour of work: canvas weave, paper, varnish, cracks, light on the whole picture."""

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from gallery.studies.brush import emboss
from gallery.studies.colour import Size, distance, rgb
from gallery.studies.noise import fractal, noise


def weave(
    rng: np.random.Generator, image: Image.Image, *, depth: float = 0.35, thread_px: int = 3
) -> Image.Image:
    """Linen showing through: threads over and under, lit from the upper left."""
    width, height = image.size
    across = np.sin(np.arange(width) * np.pi / thread_px)[None, :]
    down = np.sin(np.arange(height) * np.pi / thread_px)[:, None]
    threads = (across * down).astype(np.float32) * 30
    threads += rng.normal(0, 8, (height, width)).astype(np.float32)
    return emboss(image, threads + noise(rng, image.size, (40, 3)) * 20, depth)


def paper(rng: np.random.Generator, image: Image.Image, *, depth: float = 0.06) -> Image.Image:
    """Laid paper: fibres along and across, a little uneven."""
    fibres = noise(rng, image.size, (22, 2)) + noise(rng, image.size, (2, 14)) * 0.6
    cloud = fractal(rng, image.size, 160, octaves=2)
    return _shade(image, 1 + (fibres - 0.8) * depth + (cloud - 0.5) * depth)


def grain(rng: np.random.Generator, image: Image.Image, *, depth: float = 5) -> Image.Image:
    """Fine even grain, in steps of 0..255."""
    speck = rng.normal(0, depth, (image.height, image.width, 1)).astype(np.float32)
    return Image.fromarray((np.asarray(image, np.float32) + speck).clip(0, 255).astype(np.uint8))


def vignette(
    image: Image.Image, *, centre: tuple[float, float] = (0.5, 0.45), start: float = 0.35, depth: float = 0.5
) -> Image.Image:
    """Light that falls off towards the edges."""
    away = np.clip((distance(image.size, centre) - start) / 0.6, 0, 1)
    return _shade(image, 1 - depth * away * away)


def varnish(image: Image.Image, code: str = "#ffe9c0", strength: float = 0.6) -> Image.Image:
    """Old varnish: the picture seen through a colour."""
    tone = 1 - strength * (1 - np.array(rgb(code), np.float32) / 255)
    return _shade(image, tone[None, None, :])


def cracked(
    rng: np.random.Generator, image: Image.Image, *, cell_px: int = 26, depth: float = 0.16
) -> Image.Image:
    """Craquelure: a fine net of cracks, denser here and there."""
    size = image.size
    net = Image.new("L", size)
    draw = ImageDraw.Draw(net)
    columns, rows = size[0] // cell_px + 3, size[1] // cell_px + 3
    knots = np.stack(np.meshgrid(np.arange(columns) - 1, np.arange(rows) - 1), axis=-1) * float(cell_px)
    knots += rng.uniform(-0.5, 0.5, knots.shape) * cell_px
    for first, second in [(knots[:, :-1], knots[:, 1:]), (knots[:-1], knots[1:])]:
        _crack(rng, draw, first.reshape(-1, 2), second.reshape(-1, 2))
    field = np.asarray(net.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255
    return _shade(image, 1 - field * depth * (0.3 + fractal(rng, size, 200, octaves=2)))


def _crack(rng: np.random.Generator, draw: ImageDraw.ImageDraw, starts: np.ndarray, ends: np.ndarray) -> None:
    bends = (starts + ends) / 2 + rng.normal(0, 3.5, starts.shape)
    shown = rng.random(len(starts)) < 0.8
    for line in np.stack([starts, bends, ends], axis=1)[shown]:
        draw.line(line.ravel().tolist(), fill=255)


def enhance(image: Image.Image, *, contrast: float = 1, saturation: float = 1) -> Image.Image:
    """More or less contrast and colour; 1 leaves them alone."""
    image = ImageEnhance.Contrast(image).enhance(contrast) if contrast != 1 else image
    return ImageEnhance.Color(image).enhance(saturation) if saturation != 1 else image


def sized(long_px: int, proportion: float) -> Size:
    """A picture size: proportion is width over height."""
    if proportion >= 1:
        return long_px, round(long_px / proportion)
    return round(long_px * proportion), long_px


def _shade(image: Image.Image, factor: np.ndarray) -> Image.Image:
    factor = factor if factor.ndim == 3 else factor[:, :, None]
    return Image.fromarray((np.asarray(image, np.float32) * factor).clip(0, 255).astype(np.uint8))
