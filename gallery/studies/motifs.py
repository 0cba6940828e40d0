"""Things that many studies need: hills, water, clouds, trees, round solids, turned vessels, folds, figures."""

import math

import numpy as np
from PIL import Image, ImageFilter

from gallery.studies.canvas import Canvas, curve
from gallery.studies.colour import Colour, Size, Stops, as_mask, colourise, distance, plane
from gallery.studies.noise import fractal, noise, smoothstep, wander, warp

Point = tuple[float, float]
Light = tuple[float, float, float]  # towards the light: right, down, towards the viewer
UPPER_LEFT: Light = (-0.55, -0.6, 0.58)


def ridge(
    rng: np.random.Generator, base: float, height: float, *, roughness: float = 0.5, octaves: int = 6
) -> np.ndarray:
    """A range of hills from edge to edge, filled down to the bottom; base and height in picture heights."""
    x = np.linspace(-0.02, 1.02, 220)
    y = base + wander(rng, len(x), roughness=roughness, octaves=octaves) * height
    return np.vstack([np.stack([x, y], axis=1), [(1.02, 1.02), (-0.02, 1.02)]])


def clouds(
    rng: np.random.Generator, size: Size, *, cell_px: tuple[float, float] = (260, 110), cover: float = 0.5
) -> np.ndarray:
    """Cloud cover from 0 (clear) to 1, flatter towards the bottom."""
    field = fractal(rng, size, cell_px, octaves=6, gain=0.55)
    bend_x, bend_y = noise(rng, size, 90) - 0.5, noise(rng, size, 70) - 0.5
    return smoothstep(1 - cover - 0.22, 1 - cover + 0.3, warp(field, bend_x * 60, bend_y * 30))


def mirror(
    rng: np.random.Generator, image: Image.Image, horizon: float, *, ripple_px: float = 10, squeeze: float = 1
) -> Image.Image:
    """The picture with everything below the horizon replaced by a rippled reflection of what is above."""
    pixels = np.asarray(image).copy()
    height, width = pixels.shape[:2]
    shore = round(horizon * height)
    depth = np.arange(1, height - shore + 1)
    rows = np.clip(shore - depth * squeeze, 0, shore - 1).astype(int)
    reach = np.linspace(0.25, 1, len(depth))[:, None] * ripple_px
    waves = fractal(rng, (width, len(depth)), (90, 7), octaves=3) - 0.5
    pixels[shore:] = warp(pixels[rows], waves * reach * 2.5, waves * reach)
    return Image.fromarray(pixels)


def ball(
    canvas: Canvas,
    centre: Point,
    radius: float,
    stops: Stops,
    *,
    light: Light = UPPER_LEFT,
    gloss: float = 0.5,
    bloom: np.ndarray | None = None,
    flat: float = 1,
) -> None:
    """A round solid lit from one side, with reflected light in its shadow; radius in short sides.

    bloom, noise from 0 to 1 of the canvas shape, varies its skin; flat below 1 presses it flat.
    """
    cx, cy, r = centre[0] * canvas.size[0], centre[1] * canvas.size[1], radius * canvas.short_px
    left, top = round(cx - r - 2), round(cy - r - 2)
    side = round(2 * r + 4)
    x = (np.arange(side)[None, :] + left - cx) / r
    y = (np.arange(side)[:, None] + top - cy) / (r * flat)
    away = x * x + y * y
    z = np.sqrt(np.clip(1 - away, 0, 1))
    facing = x * light[0] + y * light[1] + z * light[2]
    value = 0.12 + 0.78 * np.clip(facing, 0, 1) + 0.14 * np.clip(-facing - 0.25, 0, 1)
    if bloom is not None:
        value += (_window(bloom, left, top, side, side) - 0.5) * 0.22
    shine = np.clip(2 * facing * z - light[2], 0, 1) ** 28 * gloss
    _place(canvas, value + shine, np.clip((1 - np.sqrt(away)) * r + 0.5, 0, 1), left, top, stops)


def _window(field: np.ndarray, left: int, top: int, width: int, height: int) -> np.ndarray:
    rows = np.clip(np.arange(top, top + height), 0, field.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width), 0, field.shape[1] - 1)
    return field[np.ix_(rows, columns)]


def _place(canvas: Canvas, value: np.ndarray, mask: np.ndarray, left: int, top: int, stops: Stops) -> None:
    canvas.image.paste(colourise(value, stops), (left, top), as_mask(mask))


def vessel(
    canvas: Canvas,
    foot: Point,
    height: float,
    profile: list[tuple[float, float]],
    stops: Stops,
    *,
    light: float = -0.6,
    gloss: float = 0.6,
    grain: np.ndarray | None = None,
    opacity: float = 1,
) -> None:
    """A vessel turned on a wheel, standing at its foot; height in picture heights.

    profile lists (0 at the top .. 1 at the foot, radius in heights of the vessel);
    light is where it comes from, -1 left to 1 right.
    """
    tall = height * canvas.size[1]
    outline = curve(profile, steps=10)
    widest = float(outline[:, 1].max()) * tall
    lip = 0.22  # how round the foot looks from slightly above
    left, top = round(foot[0] * canvas.size[0] - widest - 2), round(foot[1] * canvas.size[1] - tall)
    x = np.arange(round(2 * widest + 4))[None, :] + left - foot[0] * canvas.size[0]
    y = np.arange(round(tall * (1 + lip * profile[-1][1])) + 2)[:, None] / tall
    radius = np.interp(y, outline[:, 0], outline[:, 1]) * tall
    across = np.clip(x / radius, -1, 1)
    slope = np.gradient(radius[:, 0])[:, None]
    turn = np.arcsin(across) - math.asin(light)
    value = 0.1 + 0.72 * np.clip(np.cos(turn), 0, 1) ** 1.3 - np.clip(slope, -1, 1) * 0.18
    value += 0.16 * smoothstep(0.6, 1, across * -np.sign(light))
    value += gloss * np.exp(-((turn / 0.13) ** 2)) * smoothstep(0.02, 0.3, y) * (y < 0.9)
    if grain is not None:
        value += (_window(grain, left, top, x.shape[1], y.shape[0]) - 0.5) * 0.2
    below = 1 + lip * profile[-1][1] * np.sqrt(1 - across**2)
    mask = np.clip(radius - np.abs(x) + 0.5, 0, 1) * np.clip((below - y) * tall, 0, 1) * opacity
    _place(canvas, value, mask, left, top, stops)


def crown(
    canvas: Canvas,
    rng: np.random.Generator,
    centre: Point,
    radii: tuple[float, float],
    stops: Stops,
    *,
    ragged: float = 0.9,
    leaf_px: float = 16,
) -> None:
    """The leafy crown of a tree, lit from above; radii in picture widths and heights."""
    width, height = (max(6, round(r * s * 2.6)) for r, s in zip(radii, canvas.size, strict=True))
    left, top = round(centre[0] * canvas.size[0] - width / 2), round(centre[1] * canvas.size[1] - height / 2)
    x = np.linspace(-1.3, 1.3, width, dtype=np.float32)[None, :]
    y = np.linspace(-1.3, 1.3, height, dtype=np.float32)[:, None]
    leaves = fractal(rng, (width, height), leaf_px, octaves=4, gain=0.6)
    clumps = fractal(rng, (width, height), max(width, height) / 4, octaves=2)
    shape = 1 - np.hypot(x, y) + (clumps - 0.5) * 0.9 * ragged + (leaves - 0.5) * 0.6 * ragged
    value = 0.42 - 0.25 * y - 0.16 * x + (clumps - 0.5) * 0.7 + (leaves - 0.5) * 0.7
    _place(canvas, value, smoothstep(0.0, 0.12, shape), left, top, stops)


def branches(
    canvas: Canvas,
    rng: np.random.Generator,
    foot: Point,
    length: float,
    colour: Colour | str,
    *,
    angle: float = -math.pi / 2,
    width_px: float = 14,
    depth: int = 5,
    spread: float = 0.55,
) -> list[Point]:
    """A bare tree growing from its foot; length of the trunk in picture heights. Returns the twig ends."""
    steps = np.linspace(0, 1, 5)
    bend = rng.normal(0, 0.12)
    reach = length * canvas.size[1]
    x = foot[0] + np.cos(angle + bend * steps) * steps * reach / canvas.size[0]
    y = foot[1] + np.sin(angle + bend * steps) * steps * reach / canvas.size[1]
    canvas.ribbon(np.stack([x, y], axis=1), colour, np.linspace(width_px, width_px * 0.68, 5))
    end = (float(x[-1]), float(y[-1]))
    if depth == 0 or width_px < 0.7:
        return [end]
    tips = []
    for side in (-1, 1) if rng.random() < 0.75 else (-1, 0.15, 1):
        tips += branches(
            canvas,
            rng,
            end,
            length * rng.uniform(0.62, 0.85),
            colour,
            angle=angle + bend + side * spread * rng.uniform(0.5, 1.2),
            width_px=width_px * 0.66,
            depth=depth - 1,
            spread=spread,
        )
    return tips


def folds(rng: np.random.Generator, size: Size, *, count: float = 7, lean: float = 0.25) -> np.ndarray:
    """Cloth hanging in folds: light from 0 to 1, shape (h, w)."""
    across, down = plane(size)
    drift = fractal(rng, size, max(size) / 2.5, octaves=2) - 0.5
    phase = across * count + down * lean * count + drift * 2.4
    pleat = np.abs(((phase % 1) - 0.5) * 2)
    second = 0.5 + 0.5 * np.sin(phase * 11 + drift * 9)
    return np.clip(0.12 + 0.75 * pleat**1.4 + 0.14 * second, 0, 1)


def wanderer(canvas: Canvas, foot: Point, height: float, colour: str, *, stick: bool = True) -> None:
    """A small standing figure in a long coat, seen from behind; height in picture heights."""
    aspect = canvas.size[1] / canvas.size[0]

    def at(points: list[Point]) -> list[Point]:
        return [(foot[0] + x * height * aspect, foot[1] - y * height) for x, y in points]

    coat = [
        (-0.13, 0.05),
        (-0.15, 0.4),
        (-0.13, 0.72),
        (-0.06, 0.82),
        (0.06, 0.82),
        (0.13, 0.7),
        (0.14, 0.35),
    ]
    canvas.polygon(curve(at([*coat, (0.12, 0.06)]), steps=6, closed=True), colour)
    canvas.polygon(
        at([(-0.1, 0.1), (-0.1, 0), (-0.01, 0), (0, 0.1), (0.02, 0), (0.1, 0), (0.09, 0.1)]), colour
    )
    canvas.polygon(curve(at([(-0.06, 0.9), (0, 0.99), (0.06, 0.9), (0, 0.81)]), steps=6, closed=True), colour)
    if stick:
        canvas.ribbon(at([(0.15, 0.55), (0.26, 0)]), colour, max(1.2, height * canvas.size[1] * 0.018))


def sun(
    canvas: Canvas,
    centre: Point,
    radius: float,
    disc: str,
    halo: str,
    *,
    reach: float = 4,
    strength: float = 0.8,
) -> None:
    """A sun or moon with its halo; radius in short sides, reach in radii."""
    away = distance(canvas.size, centre)
    canvas.glow(halo, strength * np.exp(-((away / (radius * reach)) ** 2) * 1.5) * 0.8)
    canvas.glow(halo, strength * np.exp(-((away / (radius * reach * 2.6)) ** 2)) * 0.35)
    canvas.disc(centre, radius, disc, soft_px=max(1, radius * canvas.short_px * 0.06))


def lights(canvas: Canvas, spots: list[Point], radius: float, colour: str, *, strength: float = 0.6) -> None:
    """A glow around each of many small lights; radius in short sides."""
    dots = Canvas(canvas.size, "#000000")
    for spot in spots:
        dots.disc(spot, radius * 0.6, "#ffffff")
    field = np.asarray(
        dots.image.convert("L").filter(ImageFilter.GaussianBlur(radius * canvas.short_px)), np.float32
    )
    canvas.glow(colour, field / max(float(field.max()), 1) * strength)
