"""Brushwork: bristly strokes that follow a direction, keep their thickness and catch the light."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from gallery.studies.colour import Size, as_mask
from gallery.studies.noise import fractal, noise

ANGLES = 36  # stamps are turned in steps of 5 degrees over half a circle
VARIANTS = 4


@lru_cache(maxsize=64)
def _stamps(length_px: int, width_px: int, dry: float) -> list[list[tuple[Image.Image, Image.Image]]]:
    """Turned marks of one brush: for each angle and variant, where paint sticks and how thick it is."""
    rng = np.random.default_rng([length_px, width_px, int(dry * 100)])
    marks = [_mark(rng, length_px, width_px, dry) for _ in range(VARIANTS)]
    return [[_turned(mark, 180 * step / ANGLES) for mark in marks] for step in range(ANGLES)]


def _mark(rng: np.random.Generator, length: int, width: int, dry: float) -> tuple[np.ndarray, np.ndarray]:
    along = np.linspace(-1, 1, length)[None, :]
    across = np.linspace(-1, 1, width)[:, None]
    hairs = noise(rng, (length, width), (length * 0.6, 1.6))
    frayed = 1 - np.clip((np.abs(along) ** 4 + np.abs(across) ** 3), 0, 1)
    paint = np.clip(frayed * 3, 0, 1) * np.clip(1.15 - dry * 2.2 * (1 - hairs) * (0.6 + 0.5 * along), 0, 1)
    thick = 0.25 + 0.75 * hairs * (0.7 + 0.3 * np.abs(along))
    return paint, thick


def _turned(mark: tuple[np.ndarray, np.ndarray], degrees: float) -> tuple[Image.Image, Image.Image]:
    turned = []
    for part in mark:
        stamp = Image.fromarray((part * 255).clip(0, 255).astype(np.uint8))
        # Image rows run downwards: a positive angle in the picture turns clockwise.
        turned.append(stamp.rotate(-degrees, Image.Resampling.BILINEAR, expand=True))
    return turned[0], turned[1]


class Brushwork:
    """Paint laid stroke over stroke on a ground; `finish` lights it from the upper left."""

    def __init__(self, ground: Image.Image) -> None:
        self.image = ground.copy()
        self.size = ground.size
        self.thickness = Image.new("L", ground.size, 90)

    def cover(
        self,
        target: Image.Image,
        rng: np.random.Generator,
        *,
        length_px: int,
        width_px: int,
        flow: np.ndarray,
        step_px: float | None = None,
        jitter: float = 8,
        tint: float = 5,
        stray: float = 0.2,
        dry: float = 0.35,
        where: np.ndarray | None = None,
        blur_px: float | None = None,
    ) -> None:
        """Repaint the target in strokes.

        flow holds directions in radians, shape (h, w); stray is how far hands stray from it.
        jitter varies lightness, tint the hue, both in steps of 0..255. where is the chance
        (0..1, shape (h, w)) that a place gets a stroke at all.
        """
        x, y = self._places(rng, step_px or width_px * 0.9, where)
        blurred = target.filter(ImageFilter.BoxBlur(width_px / 3 if blur_px is None else blur_px))
        colours = (
            np.asarray(blurred)[y, x] + rng.normal(0, jitter, (len(x), 1)) + rng.normal(0, tint, (len(x), 3))
        )
        angles = flow[y, x] + rng.normal(0, stray, len(x))
        self.strokes(rng, x, y, angles, colours, length_px=length_px, width_px=width_px, dry=dry)

    def strokes(
        self,
        rng: np.random.Generator,
        x: np.ndarray,
        y: np.ndarray,
        angles: np.ndarray,
        colours: np.ndarray,
        *,
        length_px: int,
        width_px: int,
        dry: float = 0.35,
    ) -> None:
        """Lay strokes centred on the given pixels, one angle (radians) and colour each."""
        stamps = _stamps(length_px, width_px, dry)
        turns = np.rint(angles / math.pi * ANGLES).astype(int) % ANGLES
        picks = rng.integers(0, VARIANTS, len(x))
        values = np.clip(colours, 0, 255).astype(int).tolist()
        for left, top, turn, pick, colour in zip(
            x.tolist(), y.tolist(), turns.tolist(), picks.tolist(), values, strict=True
        ):
            paint, thick = stamps[turn][pick]
            corner = (left - paint.width // 2, top - paint.height // 2)
            self.image.paste(
                tuple(colour), (*corner, corner[0] + paint.width, corner[1] + paint.height), paint
            )
            self.thickness.paste(thick, corner, paint)

    def restate(self, target: Image.Image, *, opacity: float = 0.7) -> None:
        """Bring small forms back that broad strokes have swallowed."""
        self.image.paste(target, mask=as_mask(busy(target) * opacity))

    def finish(self, *, relief: float = 0.5) -> Image.Image:
        """The picture with its paint lit from the upper left; relief 0 is flat, 1 is thick."""
        return emboss(self.image, np.asarray(self.thickness, np.float32), relief)

    def _places(
        self, rng: np.random.Generator, step_px: float, where: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        width, height = self.size
        columns, rows = math.ceil(width / step_px) + 1, math.ceil(height / step_px) + 1
        grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2) * step_px
        spots = grid + rng.uniform(-0.6, 0.6, grid.shape) * step_px
        rng.shuffle(spots)
        x = np.clip(spots[:, 0], 0, width - 1).astype(int)
        y = np.clip(spots[:, 1], 0, height - 1).astype(int)
        if where is None:
            return x, y
        kept = rng.random(len(x)) < where[y, x]
        return x[kept], y[kept]


def emboss(image: Image.Image, height: np.ndarray, relief: float) -> Image.Image:
    """Light a surface from the upper left; height in steps of 0..255, shape (h, w)."""
    slope = np.zeros_like(height)
    slope[1:, 1:] = height[1:, 1:] - height[:-1, :-1]
    lit = np.asarray(image, np.float32) * (1 + np.clip(slope, -90, 90)[:, :, None] * (relief / 400))
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))


def level(size: Size, angle: float = 0) -> np.ndarray:
    """One direction everywhere, in radians; 0 runs from left to right."""
    return np.full((size[1], size[0]), angle, np.float32)


def drifting(
    rng: np.random.Generator, size: Size, *, cell_px: float, angle: float = 0, turn: float = 1
) -> np.ndarray:
    """Directions that drift around an angle by up to about turn radians."""
    return angle + (fractal(rng, size, cell_px, octaves=2) - 0.5) * 2 * turn


def along_edges(image: Image.Image, base: np.ndarray, *, blur_px: float = 6) -> np.ndarray:
    """Directions along the edges of a picture, as a painter follows a form; base where there are none."""
    quarter = image.convert("L").reduce(4).filter(ImageFilter.GaussianBlur(blur_px / 4))
    down, across = np.gradient(np.asarray(quarter, np.float32))
    # Doubled angles let opposite directions agree; half a turn more points along the edge, not across.
    parts = [down * down - across * across, -2 * across * down]
    cosine, sine = (_smooth(part, image.size) for part in parts)
    return 0.5 * np.arctan2(sine + np.sin(2 * base), cosine + np.cos(2 * base))


def busy(image: Image.Image) -> np.ndarray:
    """Where a picture has detail worth small strokes: 0 to 1, shape (h, w)."""
    down, across = np.gradient(np.asarray(image.convert("L").reduce(4), np.float32))
    return np.clip(_smooth(np.hypot(down, across) / 12, image.size), 0, 1)


def _smooth(field: np.ndarray, size: Size) -> np.ndarray:
    return np.asarray(Image.fromarray(field.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))


def whirls(size: Size, centres: list[tuple[float, float, float]], base: np.ndarray) -> np.ndarray:
    """Directions that circle around centres (x, y, reach, all in 0..1) and follow base elsewhere."""
    width, height = size
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :] * width
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None] * height
    u, v = np.cos(base), np.sin(base)
    for cx, cy, reach in centres:
        dx, dy = x - cx * width, y - cy * height
        away = np.hypot(dx, dy) + 1e-3
        pull = np.exp(-((away / (reach * min(size))) ** 2)) * 3
        u = u + pull * -dy / away
        v = v + pull * dx / away
    return np.arctan2(v, u)
