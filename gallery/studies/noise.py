"""Irregularity: smooth noise, wandering lines and warped planes. All of it comes from the given generator."""

import numpy as np
from PIL import Image

from gallery.studies.colour import Size

COARSE_PX = 20  # noise with cells at least this large is made at a quarter of the size


def noise(rng: np.random.Generator, size: Size, cell_px: float | tuple[float, float]) -> np.ndarray:
    """Smooth noise from about 0 to 1, float32 of shape (h, w); one random value per cell."""
    cell_x, cell_y = cell_px if isinstance(cell_px, tuple) else (cell_px, cell_px)
    columns = max(2, round(size[0] / cell_x) + 1)
    rows = max(2, round(size[1] / cell_y) + 1)
    knots = Image.fromarray(rng.random((rows, columns), np.float32))
    return np.asarray(knots.resize(size, Image.Resampling.BICUBIC))


def fractal(
    rng: np.random.Generator,
    size: Size,
    cell_px: float | tuple[float, float],
    *,
    octaves: int = 4,
    gain: float = 0.5,
) -> np.ndarray:
    """Noise on several scales laid over one another, stretched to 0..1."""
    cell = np.array(cell_px if isinstance(cell_px, tuple) else (cell_px, cell_px), float)
    scales = [(np.maximum(cell / 2**octave, 1.5), gain**octave) for octave in range(octaves)]
    quarter = (max(2, size[0] // 4), max(2, size[1] // 4))
    coarse = [(scale / 4, weight) for scale, weight in scales if scale.min() >= COARSE_PX]
    total = np.zeros((size[1], size[0]), np.float32)
    if coarse and min(size) > COARSE_PX:  # large forms do not need every pixel
        small = sum(noise(rng, quarter, (scale[0], scale[1])) * weight for scale, weight in coarse)
        total += np.asarray(Image.fromarray(small.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))
        scales = scales[len(coarse) :]
    for scale, weight in scales:
        total += noise(rng, size, (scale[0], scale[1])) * weight
    low, high = total.min(), total.max()
    return (total - low) / (high - low)


def wander(rng: np.random.Generator, count: int, *, roughness: float = 0.5, octaves: int = 5) -> np.ndarray:
    """A wandering line: count heights from about -1 to 1, for ridges, shores and shaky edges."""
    at = np.linspace(0, 1, count)
    line = np.zeros(count)
    for octave in range(octaves):
        knots = rng.uniform(-1, 1, 2 ** (octave + 1) + 2)
        line += np.interp(at, np.linspace(0, 1, len(knots)), knots) * roughness**octave
    return line / (1 / (1 - roughness) if roughness < 1 else octaves)


def warp(field: np.ndarray, shift_x: np.ndarray, shift_y: np.ndarray) -> np.ndarray:
    """A field or picture with every pixel fetched from elsewhere; shifts in pixels."""
    height, width = field.shape[:2]
    rows = np.clip(np.arange(height)[:, None] + shift_y, 0, height - 1).astype(np.intp)
    columns = np.clip(np.arange(width)[None, :] + shift_x, 0, width - 1).astype(np.intp)
    return field[rows, columns]


def smoothstep(low: float, high: float, field: np.ndarray) -> np.ndarray:
    """0 below low, 1 above high, and a soft passage between."""
    share = np.clip((field - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
