"""Buildings in stone and even light: columns, pediments, arcades, floors in perspective."""

import math
from functools import lru_cache

import numpy as np

from gallery.studies.canvas import Canvas, box
from gallery.studies.colour import Shading, Size, Stops, plane
from gallery.studies.motifs import Point, vessel
from gallery.studies.noise import fractal

SHAFT = [(0, 0.062), (0.3, 0.066), (0.7, 0.071), (1, 0.074)]


@lru_cache(maxsize=4)
def _grain(size: Size) -> np.ndarray:
    return fractal(np.random.default_rng(size), size, 46, octaves=5) - 0.5


def stone_fill(
    canvas: Canvas, rng: np.random.Generator, stops: Stops, light: float, *, grain: float = 0.12
) -> Shading:
    """A stone surface of one brightness (0 to 1), a little uneven, as a fill."""
    shift = tuple(rng.integers(0, 400, 2).tolist())
    return Shading(light + grain * np.roll(_grain(canvas.size), shift, axis=(0, 1)), stops)


def column(
    canvas: Canvas,
    rng: np.random.Generator,
    foot: Point,
    height: float,
    stops: Stops,
    *,
    light: float = -0.45,
    flutes: int = 9,
    scrolls: bool = False,
) -> None:
    """A fluted column with base and capital; height in picture heights, its foot at the middle of the base."""
    x, y = foot
    unit = height * canvas.size[1] / canvas.size[0]
    base, capital = 0.055 * height, 0.065 * height
    vessel(canvas, (x, y - base), height - base - capital, SHAFT, stops, light=light, gloss=0)
    for k in range(1, flutes):
        turn = -math.pi / 2 + math.pi * k / flutes
        offset = math.sin(turn) * 0.066 * unit
        shade = stops[1][1] if math.sin(turn) > light else stops[2][1]
        canvas.ribbon(
            [(x + offset * 0.93, y - height + capital * 1.2), (x + offset, y - base * 1.2)],
            shade,
            max(0.8, 0.006 * unit * canvas.size[0] * math.cos(turn)),
            opacity=0.4,
        )
    for half, top, bottom, lit in [(0.1, 0.055, 0.03, 0.62), (0.115, 0.03, 0.0, 0.74)]:
        _slab(canvas, rng, x, half * unit, y - top * height, y - bottom * height, stops, lit)
    for half, top, bottom, lit in [(0.082, 0.065, 0.04, 0.6), (0.115, 0.04, 0.0, 0.78)]:
        _slab(
            canvas,
            rng,
            x,
            half * unit,
            y - height + (0.065 - top) * height,
            y - height + (0.065 - bottom) * height,
            stops,
            lit,
        )
    if scrolls:
        for side in (-1, 1):
            canvas.disc(
                (x + side * 0.098 * unit, y - height + 0.05 * height),
                0.03 * height * canvas.size[1] / canvas.short_px,
                stops[2][1],
            )
            canvas.disc(
                (x + side * 0.098 * unit, y - height + 0.05 * height),
                0.016 * height * canvas.size[1] / canvas.short_px,
                stops[1][1],
            )


def _slab(
    canvas: Canvas,
    rng: np.random.Generator,
    x: float,
    half: float,
    top: float,
    bottom: float,
    stops: Stops,
    lit: float,
) -> None:
    """A flat block seen from the front, lighter on the left."""
    across, _ = plane(canvas.size)
    light = lit - 0.22 * np.clip((across - x) / max(half, 1e-3), -1, 1)
    canvas.polygon(box(x - half, top, x + half, bottom), Shading(light, stops))
    canvas.ribbon([(x - half, bottom), (x + half, bottom)], stops[1][1], 1.4, opacity=0.7)


def temple(
    canvas: Canvas,
    rng: np.random.Generator,
    foot: Point,
    width: float,
    height: float,
    stops: Stops,
    *,
    columns: int = 6,
) -> None:
    """A temple front: steps, columns before a dark hall, entablature and pediment; sizes in picture shares."""
    x, y = foot
    half = width / 2
    for step in range(3):
        lift, grow = 0.022 * height * (3 - step), 0.04 * half * (3 - step)
        canvas.polygon(
            box(x - half - grow, y - 0.066 * height + 0.022 * height * step, x + half + grow, y),
            stone_fill(canvas, rng, stops, 0.72 - 0.06 * step),
        )
        canvas.ribbon(
            [(x - half - grow, y - lift), (x + half + grow, y - lift)], stops[1][1], 1.3, opacity=0.6
        )
    floor, eaves = y - 0.066 * height, y - 0.66 * height
    canvas.polygon(
        box(x - half * 0.96, eaves, x + half * 0.96, floor),
        Shading(0.12 + 0.18 * plane(canvas.size)[1], stops),
    )
    canvas.polygon(box(x - half * 0.1, eaves + 0.12 * height, x + half * 0.1, floor), stops[0][1])
    for spot in np.linspace(x - half * 0.9, x + half * 0.9, columns):
        column(canvas, rng, (float(spot), floor), floor - eaves, stops)
    for top, bottom, grow, lit in [(0.7, 0.66, 1.0, 0.66), (0.76, 0.7, 1.0, 0.74), (0.785, 0.76, 1.06, 0.82)]:
        canvas.polygon(
            box(x - half * grow, y - top * height, x + half * grow, y - bottom * height),
            stone_fill(canvas, rng, stops, lit),
        )
        canvas.ribbon(
            [(x - half * grow, y - bottom * height), (x + half * grow, y - bottom * height)],
            stops[1][1],
            1.6,
            opacity=0.7,
        )
    for spot in np.linspace(x - half * 0.94, x + half * 0.94, columns * 2 - 1):
        canvas.polygon(
            box(spot - half * 0.025, y - 0.755 * height, spot + half * 0.025, y - 0.705 * height),
            stops[2][1],
            opacity=0.9,
        )
    gable = [(x - half * 1.06, y - 0.785 * height), (x, y - height), (x + half * 1.06, y - 0.785 * height)]
    canvas.polygon(gable, stone_fill(canvas, rng, stops, 0.84))
    inner = [
        (x - half * 0.82, y - 0.8 * height),
        (x, y - 0.955 * height),
        (x + half * 0.82, y - 0.8 * height),
    ]
    canvas.polygon(inner, stone_fill(canvas, rng, stops, 0.5))
    for spot in np.linspace(-0.5, 0.5, 7):
        tall = 0.1 * height * (1 - abs(spot) * 1.5)
        relief(canvas, (x + spot * half, y - 0.802 * height), tall, stops)


def relief(canvas: Canvas, foot: Point, tall: float, stops: Stops) -> None:
    """A small draped figure in relief."""
    wide = tall * canvas.size[1] / canvas.size[0]
    x, y = foot
    body = [
        (x - wide * 0.2, y),
        (x - wide * 0.14, y - tall * 0.72),
        (x + wide * 0.14, y - tall * 0.72),
        (x + wide * 0.22, y),
    ]
    canvas.polygon(np.add(body, (wide * 0.06, 0)), stops[1][1], opacity=0.6)
    canvas.polygon(body, stops[3][1])
    canvas.ribbon(
        [(x + wide * 0.02, y - tall * 0.65), (x + wide * 0.08, y)], stops[2][1], max(1.0, tall * 12)
    )
    canvas.disc((x, y - tall * 0.86), tall * 0.13 * canvas.size[1] / canvas.short_px, stops[3][1])


def checkered(
    canvas: Canvas,
    horizon: float,
    vanish: Point,
    stops: Stops,
    *,
    squares: float = 7,
    top: float | None = None,
) -> None:
    """A floor of light and dark squares running to the vanishing point, from the horizon or top down."""
    across, down = plane(canvas.size)
    away = 1 / np.maximum(down - horizon + 0.004, 0.004)
    cells = (np.floor((across - vanish[0]) * away * squares * 0.4) + np.floor(away * squares * 0.16)) % 2
    depth = np.clip((down - horizon) / (1 - horizon), 0, 1)
    light = (0.42 + 0.34 * cells) * (0.8 + 0.2 * depth) + (1 - depth) ** 6 * 0.25
    canvas.lay(Shading(light, stops), (down >= (horizon if top is None else top)).astype(np.float32))


def arcade(
    canvas: Canvas,
    rng: np.random.Generator,
    vanish: Point,
    side: int,
    stops: Stops,
    *,
    bays: int = 5,
    floor: float = 0.42,
) -> None:
    """A row of round arches along one side, walking to the vanishing point; -1 is left, 1 is right."""
    edges = 1.25 * 0.66 ** np.arange(bays + 1)
    for far, close in zip(edges[1:][::-1], edges[:-1][::-1], strict=True):
        _bay(canvas, rng, vanish, side, float(close), float(far), stops, floor)


def _bay(
    canvas: Canvas,
    rng: np.random.Generator,
    vanish: Point,
    side: int,
    close: float,
    far: float,
    stops: Stops,
    floor: float,
) -> None:
    """One arch between two distances from the vanishing point."""

    def at(share: float, lift: float) -> Point:
        away = 1 / ((1 - share) / close + share / far)  # equal steps in depth, not on the canvas
        return vanish[0] + side * away * 0.42, vanish[1] + away * (floor - lift)

    spring, top = 0.62, 1.12
    arch = [at(0.5 - 0.36 * math.cos(a), spring + 0.3 * math.sin(a)) for a in np.linspace(0, math.pi, 24)]
    light = 0.84 - 0.22 * close + (0.08 if side < 0 else -0.06)
    opening = [at(0.14, 0), *arch, at(0.86, 0)]
    behind = [(x + side * 0.05 * close, y) for x, y in opening]
    canvas.polygon([*opening, *behind[::-1]], stone_fill(canvas, rng, stops, light - 0.32))
    wall = [at(0, top), at(0, 0), *opening, at(1, 0), at(1, top)]
    canvas.polygon(wall, stone_fill(canvas, rng, stops, light))
    for share in (0.07, 0.93):
        canvas.ribbon([at(share, 0.02), at(share, spring)], stops[-1][1], 3 * close, opacity=0.35)
    for lift, tone in [(spring, stops[1][1]), (1.02, stops[1][1]), (top, stops[-1][1])]:
        for low, high in ((0, 0.14), (0.86, 1)) if lift == spring else ((0, 1),):
            canvas.ribbon([at(low, lift), at(high, lift)], tone, 5 * close, opacity=0.8)
    canvas.ribbon(arch, stops[1][1], 2.5 * close, opacity=0.7)
