"""A canvas to draw on: smooth outlines, soft edges, glazes. Points are (0..1, 0..1) from the top left."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from gallery.studies.colour import Colour, Shading, Size, as_mask, rgb

Points = Sequence[tuple[float, float]] | np.ndarray
Fill = str | Colour | Image.Image | Shading
FINER = 3  # shapes are drawn this many times larger and reduced, so that edges are smooth
PIECE = 10  # points of a line that are filled at a time


def curve(points: Points, *, steps: int = 12, closed: bool = False) -> np.ndarray:
    """A smooth line through the points (Catmull-Rom), with steps points per piece."""
    knots = np.asarray(points, float)
    if closed:
        knots = np.vstack([knots[-1], knots, knots[:2]])
    else:
        knots = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = [_piece(*knots[i : i + 4], t) for i in range(len(knots) - 3)]
    return np.vstack(pieces if closed else [*pieces, knots[-2:-1]])


def _piece(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, t: np.ndarray) -> np.ndarray:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def oval(centre: tuple[float, float], radii: tuple[float, float], *, turn: float = 0) -> np.ndarray:
    """The outline of an ellipse; turn in radians."""
    angle = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    x, y = np.cos(angle) * radii[0], np.sin(angle) * radii[1]
    return np.stack(
        [
            centre[0] + x * math.cos(turn) - y * math.sin(turn),
            centre[1] + x * math.sin(turn) + y * math.cos(turn),
        ],
        axis=1,
    )


def box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """The four corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


class Canvas:
    """A picture in the making. `image` is always what has been painted so far."""

    def __init__(self, size: Size, ground: Fill) -> None:
        if isinstance(ground, Image.Image | Shading):
            self.image = ground.crop((0, 0, *size))
        else:
            self.image = Image.new("RGB", size, rgb(ground) if isinstance(ground, str) else ground)
        self.size = size
        self.scale = np.array(size, float)
        self.short_px = min(size)

    def radii(self, radius: float) -> tuple[float, float]:
        """A radius in short sides of the picture, as shares of its width and height."""
        return radius * self.short_px / self.size[0], radius * self.short_px / self.size[1]

    def polygon(self, points: Points, fill: Fill, *, soft_px: float = 0, opacity: float = 1) -> None:
        """Fill an outline; soft_px blurs its edge."""
        self.polygons([points], fill, soft_px=soft_px, opacity=opacity)

    def polygons(self, outlines: list, fill: Fill, *, soft_px: float = 0, opacity: float = 1) -> None:
        """Fill several outlines as one flat shape: where they overlap, nothing gets darker."""
        pixels = [np.asarray(points, float) * self.scale for points in outlines]
        frame = self._frame(np.vstack(pixels), soft_px)
        if frame is None:
            return
        mask = _stencil(frame, pixels, soft_px)
        self._paste(fill, frame, mask, opacity)

    def disc(self, centre: tuple[float, float], radius: float, fill: Fill, **edge: float) -> None:
        """A circle; the radius is in short sides of the picture."""
        self.polygon(oval(centre, self.radii(radius)), fill, **edge)

    def ribbon(
        self, points: Points, fill: Fill, width_px: float | Sequence[float] | np.ndarray, **edge: float
    ) -> None:
        """A line whose width may swell and taper; widths in pixels, one or one per point."""
        outline = self.outline(points, width_px)
        count = len(outline) // 2
        there, back = outline[:count], outline[: count - 1 : -1]
        # In pieces, because a line that crosses itself would leave a hole where it does.
        pieces = [
            np.vstack([there[start : start + PIECE + 1], back[start : start + PIECE + 1][::-1]])
            for start in range(0, count - 1, PIECE)
        ]
        self.polygons(pieces, fill, **edge)

    def outline(self, points: Points, width_px: float | Sequence[float] | np.ndarray) -> np.ndarray:
        """The outline of a line of the given width, for filling."""
        line = np.asarray(points, float) * self.scale
        along = np.gradient(line, axis=0)
        along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
        reach = np.broadcast_to(np.asarray(width_px, float), len(line))[:, None] / 2
        side = np.stack([-along[:, 1], along[:, 0]], axis=1) * reach
        return np.vstack([line + side, (line - side)[::-1]]) / self.scale

    def lay(self, fill: Fill, field: np.ndarray | Image.Image, opacity: float = 1) -> None:
        """Paint over the whole canvas where the field (0..1) or stencil says so."""
        mask = field if isinstance(field, Image.Image) else as_mask(field)
        self._paste(fill, (0, 0, *self.size), mask, opacity)

    def multiply(self, shade: np.ndarray) -> None:
        """Darken (below 1) or lighten (above 1) by a field of shape (h, w) or (h, w, 3)."""
        factor = shade if shade.ndim == 3 else shade[:, :, None]
        lit = np.asarray(self.image, np.float32) * factor
        self.image = Image.fromarray(lit.clip(0, 255).astype(np.uint8))

    def glow(self, colour: str, field: np.ndarray) -> None:
        """Add light of a colour, as strong as the field (0..1) says."""
        light = (np.clip(field, 0, 1)[:, :, None] * np.array(rgb(colour), np.float32)).astype(np.uint8)
        self.image = ImageChops.screen(self.image, Image.fromarray(light))

    def soften(self, radius_px: float) -> None:
        """Blur everything painted so far."""
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius_px))

    def _frame(self, pixels: np.ndarray, soft_px: float) -> tuple[int, int, int, int] | None:
        margin = math.ceil(soft_px * 3) + 1
        low, high = np.floor(pixels.min(0)) - margin, np.ceil(pixels.max(0)) + margin
        left, top = (int(max(0, v)) for v in low)
        right, bottom = (int(min(v, side)) for v, side in zip(high, self.size, strict=True))
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _paste(self, fill: Fill, frame: tuple[int, int, int, int], mask: Image.Image, opacity: float) -> None:
        if opacity < 1:
            mask = mask.point(lambda value: value * opacity)
        if isinstance(fill, Image.Image | Shading):
            self.image.paste(fill.crop(frame), frame, mask)
        else:
            self.image.paste(rgb(fill) if isinstance(fill, str) else fill, frame, mask)


def _stencil(frame: tuple[int, int, int, int], outlines: list[np.ndarray], soft_px: float) -> Image.Image:
    left, top, right, bottom = frame
    finer = 1 if soft_px > 2 else FINER
    mask = Image.new("L", ((right - left) * finer, (bottom - top) * finer))
    draw = ImageDraw.Draw(mask)
    for pixels in outlines:
        draw.polygon(((pixels - (left, top)) * finer).ravel().tolist(), fill=255)
    mask = mask.reduce(finer) if finer > 1 else mask
    return mask.filter(ImageFilter.GaussianBlur(soft_px)) if soft_px else mask
