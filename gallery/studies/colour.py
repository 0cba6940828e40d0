"""Colours, ramps and gradients for the generated studies."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

Colour = tuple[int, int, int]
Stops = list[tuple[float, str]]
Size = tuple[int, int]


def rgb(code: str) -> Colour:
    """The colour a code such as "#c8a86b" names."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mix(first: str | Colour, second: str | Colour, share: float) -> Colour:
    """A colour between two others; a share of 0 gives the first, 1 the second."""
    pair = [np.array(rgb(c) if isinstance(c, str) else c, float) for c in (first, second)]
    return as_colour(pair[0] * (1 - share) + pair[1] * share)


def as_colour(values: np.ndarray) -> Colour:
    """Three numbers, clipped to 0..255, as a colour Pillow understands."""
    red, green, blue = (int(min(255, max(0, v))) for v in values)
    return red, green, blue


def near(rng: np.random.Generator, colour: str | Colour, spread: float = 10) -> Colour:
    """A neighbour of a colour: mostly lighter or darker, a little warmer or cooler."""
    base = np.array(rgb(colour) if isinstance(colour, str) else colour, float)
    return as_colour(base + rng.normal(0, spread) + rng.normal(0, spread * 0.4, 3))


def ramp(stops: Stops) -> np.ndarray:
    """256 colours through the stops, uint8 of shape (256, 3); stops are (0..1, code)."""
    where = [position for position, _ in stops]
    channels = zip(*(rgb(code) for _, code in stops), strict=True)
    steps = np.linspace(0, 1, 256)
    return np.stack([np.interp(steps, where, c) for c in channels], axis=1).astype(np.uint8)


def colourise(field: np.ndarray, stops: Stops) -> Image.Image:
    """A field of values from 0 to 1 seen through a ramp of colours."""
    index = (np.clip(field, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(ramp(stops)[index])


@dataclass(frozen=True)
class Shading:
    """A field seen through a ramp, coloured only where it is needed: most shapes are small."""

    field: np.ndarray
    stops: Stops

    def crop(self, frame: tuple[int, int, int, int]) -> Image.Image:
        """The coloured part inside (left, top, right, bottom)."""
        left, top, right, bottom = frame
        return colourise(self.field[top:bottom, left:right], self.stops)


def vertical(size: Size, stops: Stops) -> Image.Image:
    """A gradient from the top (0) to the bottom (1), dithered so that it shows no steps."""
    where = [position for position, _ in stops]
    channels = zip(*(rgb(code) for _, code in stops), strict=True)
    rows = np.stack([np.interp(np.linspace(0, 1, size[1]), where, c) for c in channels], axis=1)
    noise = np.random.default_rng(size[0]).random((size[1], size[0], 1), np.float32)
    return Image.fromarray((rows[:, None, :].astype(np.float32) + noise).clip(0, 255).astype(np.uint8))


def as_mask(field: np.ndarray) -> Image.Image:
    """A field of values from 0 to 1 as a stencil for pasting."""
    return Image.fromarray((np.clip(field, 0, 1) * 255).astype(np.uint8))


def plane(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """How far right and how far down each pixel lies, both 0 to 1 and of shape (h, w)."""
    across = np.linspace(0, 1, size[0], dtype=np.float32)[None, :]
    down = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    shape = (size[1], size[0])
    return np.broadcast_to(across, shape), np.broadcast_to(down, shape)


def distance(size: Size, centre: tuple[float, float]) -> np.ndarray:
    """Distance of each pixel from a point (0..1, 0..1), in short sides of the picture."""
    across, down = plane(size)
    short = min(size)
    return np.hypot((across - centre[0]) * size[0] / short, (down - centre[1]) * size[1] / short)
