"""Underpaintings of open country: each returns a smooth picture that a style then paints over in its own way."""

import math

import numpy as np
from PIL import Image

from gallery.studies.canvas import Canvas, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, near, plane, vertical
from gallery.studies.motifs import Point, clouds, crown, mirror, ridge, sun
from gallery.studies.noise import fractal, smoothstep


def sky(rng: np.random.Generator, size: Size, air: Stops, cloud: Stops, *, cover: float = 0.5) -> Image.Image:
    """A sky with clouds lit from above, for the whole canvas."""
    canvas = Canvas(size, vertical(size, air))
    field = clouds(rng, size, cover=cover)
    body = 0.75 - 0.45 * plane(size)[1] + (fractal(rng, size, (150, 70)) - 0.5) * 0.7
    canvas.lay(Shading(body, cloud), field * 0.92)
    return canvas.image


def ground(
    rng: np.random.Generator, canvas: Canvas, horizon: float, tones: Stops, *, patches: float = 0.5
) -> None:
    """Level ground from the horizon down: streaks that widen towards us."""
    size = canvas.size
    down = plane(size)[1]
    depth = np.clip((down - horizon) / (1 - horizon), 0, 1)
    streaks = (
        fractal(rng, size, (260, 12), octaves=3) * (1 - depth)
        + fractal(rng, size, (150, 40), octaves=4) * depth
    )
    value = 0.35 + depth * 0.3 + (streaks - 0.5) * patches
    canvas.polygon(box(-0.02, horizon, 1.02, 1.02), Shading(value, tones))


def poplars(
    canvas: Canvas,
    rng: np.random.Generator,
    feet: list[Point],
    tall: float,
    tones: Stops,
    *,
    slim: float = 0.1,
) -> None:
    """Slender trees, each as high as its nearness asks; tall is the height of the first, in picture heights."""
    for x, y, share in [(p[0], p[1], s) for p, s in zip(feet, np.linspace(1, 0.35, len(feet)), strict=True)]:
        height = tall * share
        canvas.ribbon([(x, y), (x, y - height * 0.5)], mix(tones[0][1], "#2a1c14", 0.5), max(1.5, 9 * share))
        for lift in np.linspace(0.2, 0.92, 8):
            wide = slim * height * (0.55 + 0.5 * math.sin(lift * math.pi)) * canvas.size[1] / canvas.size[0]
            spot = (x + rng.normal(0, wide * 0.15), y - height * lift)
            crown(canvas, rng, spot, (wide, height * 0.12), tones, leaf_px=9, ragged=0.8)


def river_of_poplars(
    rng: np.random.Generator, size: Size, *, air: Stops, leaves: Stops, bank: str
) -> Image.Image:
    """A bend of river with poplars and their reflections."""
    canvas = Canvas(size, sky(rng, size, air, [(0, air[1][1]), (1, "#fff6ea")], cover=0.45))
    horizon = 0.66
    canvas.polygon(ridge(rng, horizon - 0.04, 0.02), mix(bank, air[-1][1], 0.55))
    for x in np.linspace(0.02, 0.98, 9):
        crown(
            canvas,
            rng,
            (x, horizon - 0.03),
            (0.07, 0.04),
            [(0, mix_code(bank, air[1][1], 0.2)), (1, mix_code(bank, "#fff0b0", 0.45))],
            leaf_px=9,
        )
    feet = [
        (0.12, horizon),
        (0.27, horizon),
        (0.41, horizon),
        (0.53, horizon),
        (0.63, horizon),
        (0.71, horizon),
        (0.78, horizon),
    ]
    poplars(canvas, rng, feet, 0.62, leaves, slim=0.12)
    canvas.polygon(box(-0.02, horizon - 0.012, 1.02, horizon + 0.012), bank, soft_px=3)
    canvas.image = mirror(rng, canvas.image, horizon, ripple_px=12)
    canvas.multiply(np.where(plane(size)[1] > horizon, 0.9, 1.0))
    return canvas.image


def mix_code(first: str, second: str, share: float) -> str:
    """A mixed colour as a code, for use in a ramp."""
    return "#{:02x}{:02x}{:02x}".format(*mix(first, second, share))


def pond(rng: np.random.Generator, size: Size, *, water: Stops, pads: Stops, flower: str) -> Image.Image:
    """Looking down on a pond: sky and willows in the water, lily pads in drifts."""
    across, down = plane(size)
    trails = fractal(rng, size, (60, 420), octaves=3)
    glow = np.exp(-(((across - 0.55) / 0.28) ** 2)) * (0.4 + 0.6 * down)
    value = 0.15 + 0.55 * glow + (trails - 0.5) * 0.75
    canvas = Canvas(size, colourise(value, water))
    for row in np.linspace(0.08, 1.0, 13):
        near_us = 0.25 + row
        for _ in range(int(rng.integers(1, 3))):
            middle, spread = rng.uniform(-0.05, 1.05), rng.uniform(0.06, 0.16)
            for _ in range(int(rng.integers(5, 12))):
                spot = (middle + rng.normal(0, spread), row + rng.normal(0, 0.012 * near_us))
                wide = 0.03 * near_us * rng.uniform(0.6, 1.2)
                _lily_pad(canvas, rng, spot, wide, pads, flower)
    return canvas.image


def _lily_pad(
    canvas: Canvas, rng: np.random.Generator, spot: Point, wide: float, pads: Stops, flower: str
) -> None:
    tall = wide * 0.32 * canvas.size[0] / canvas.size[1]
    canvas.polygon(oval((spot[0] + 0.004, spot[1] + tall * 0.6), (wide, tall)), "#1c2a3c", opacity=0.45)
    canvas.polygon(oval(spot, (wide, tall)), mix(pads[0][1], pads[-1][1], rng.random()))
    if rng.random() < 0.2:
        for turn in np.linspace(math.pi, 2 * math.pi, 5):
            tip = (spot[0] + math.cos(turn) * wide * 0.5, spot[1] - tall * 0.6 + math.sin(turn) * tall * 1.2)
            canvas.polygon(oval(tip, (wide * 0.2, tall * 0.6)), near(rng, flower, 12))


def harbour(
    rng: np.random.Generator, size: Size, *, air: Stops, sea: str, light: str, at: Point
) -> Image.Image:
    """Masts and cranes in the mist, the sun low, a path of light on the water."""
    canvas = Canvas(size, vertical(size, air))
    field = clouds(rng, size, cell_px=(380, 90), cover=0.5)
    canvas.lay(mix(air[1][1], light, 0.35), field * 0.5)
    horizon = 0.5
    sun(canvas, at, 0.035, mix_code(light, "#fff4d0", 0.2), light, reach=4, strength=0.55)
    far = mix(mix(air[0][1], sea, 0.5), "#20283c", 0.35)
    canvas.polygon(ridge(rng, horizon - 0.03, 0.03, roughness=0.7), far, opacity=0.55, soft_px=4)
    for x in rng.uniform(0.02, 0.98, 22):
        tall = rng.uniform(0.06, 0.26)
        canvas.ribbon([(x, horizon), (x + rng.normal(0, 0.006), horizon - tall)], far, rng.uniform(4, 8))
        canvas.ribbon(
            [(x - tall * 0.2, horizon - tall * 0.6), (x + tall * 0.2, horizon - tall * 0.66)],
            far,
            2,
            opacity=0.5,
        )
        canvas.polygon(box(x - 0.03, horizon - 0.022, x + 0.03, horizon), far, opacity=0.6, soft_px=2)
    canvas.image = mirror(rng, canvas.image, horizon, ripple_px=20)
    canvas.lay(sea, np.where(plane(size)[1] > horizon, 0.38, 0).astype(np.float32))
    _path_of_light(canvas, rng, at[0], horizon, light)
    for x, y, reach in [(0.3, 0.72, 0.09), (0.55, 0.62, 0.05), (0.14, 0.6, 0.04)]:
        _rowing_boat(canvas, (x + rng.normal(0, 0.06), y), reach, mix(sea, "#101820", 0.7))
    return canvas.image


def _path_of_light(canvas: Canvas, rng: np.random.Generator, x: float, horizon: float, tone: str) -> None:
    for y in np.linspace(horizon + 0.02, 0.97, 30):
        depth = (y - horizon) / (1 - horizon)
        for _ in range(2):
            spot, wide = x + rng.normal(0, 0.012 + 0.03 * depth), rng.uniform(0.008, 0.02 + 0.04 * depth)
            canvas.ribbon(
                [(spot - wide, y), (spot + wide, y + rng.normal(0, 0.003))], tone, 3 + 5 * depth, opacity=0.8
            )


def _rowing_boat(canvas: Canvas, spot: Point, reach: float, tone: tuple[int, int, int]) -> None:
    wide, tall = canvas.radii(reach)
    x, y = spot
    hull = [
        (x - wide, y - tall * 0.2),
        (x - wide * 0.6, y + tall * 0.12),
        (x + wide * 0.6, y + tall * 0.12),
        (x + wide, y - tall * 0.22),
    ]
    canvas.polygon(curve(hull, steps=6), tone)
    for at in (-0.2, 0.3):
        canvas.polygon(oval((x + at * wide, y - tall * 0.42), (wide * 0.09, tall * 0.3)), tone)
        canvas.disc((x + at * wide, y - tall * 0.8), reach * 0.09, tone)
    canvas.ribbon([(x - wide * 0.2, y - tall * 0.4), (x - wide * 0.9, y + tall * 0.35)], tone, 2)
    canvas.polygon(oval((x, y + tall * 0.4), (wide * 0.9, tall * 0.26)), tone, soft_px=4, opacity=0.5)


def flower_field(
    rng: np.random.Generator, size: Size, *, air: Stops, grass: Stops, flowers: tuple[str, ...]
) -> Image.Image:
    """A slope of flowers below a row of trees; two people on the path."""
    canvas = Canvas(size, sky(rng, size, air, [(0, "#9fb4cc"), (0.6, "#eef0ee"), (1, "#fffaf0")], cover=0.55))
    for x in np.linspace(-0.02, 1.02, 12):
        spot = (x + rng.normal(0, 0.02), 0.44 + rng.normal(0, 0.012))
        crown(
            canvas,
            rng,
            spot,
            (rng.uniform(0.06, 0.1), rng.uniform(0.05, 0.1)),
            [(0, "#23402f"), (0.6, "#5c7d4c"), (1, "#b4b878")],
            leaf_px=10,
        )
    ground(rng, canvas, 0.47, grass, patches=0.6)
    slope = ridge(rng, 0.55, 0.05, roughness=0.4)
    slope[:-2, 1] += (slope[:-2, 0] - 0.5) * 0.16
    canvas.polygon(
        slope, Shading(0.35 + 0.5 * plane(size)[1] + 0.4 * (fractal(rng, size, (120, 40)) - 0.5), grass)
    )
    for _ in range(640):
        y = 0.55 + 0.45 * rng.random() ** 0.8
        spot = (rng.uniform(0, 1), y)
        if spot[1] > 0.56 + (spot[0] - 0.5) * 0.16:
            reach = 0.002 + 0.011 * (y - 0.5)
            canvas.polygon(
                oval(spot, canvas.radii(reach)), near(rng, flowers[int(rng.integers(len(flowers)))], 14)
            )
    for x, y, tall, dress in [(0.66, 0.78, 0.2, "#e6e2e2"), (0.74, 0.77, 0.13, "#7d8fae")]:
        stroller(canvas, (x, y), tall, dress)
    return canvas.image


def stroller(canvas: Canvas, foot: Point, tall: float, dress: str, *, parasol: str = "#b9c39a") -> None:
    """A person in a long dress under a parasol; tall in picture heights."""
    wide = tall * canvas.size[1] / canvas.size[0]
    x, y = foot
    canvas.polygon(oval((x + wide * 0.3, y), (wide * 0.4, tall * 0.05)), "#2f3c4a", opacity=0.5, soft_px=3)
    skirt = [
        (x - wide * 0.17, y),
        (x - wide * 0.06, y - tall * 0.5),
        (x + wide * 0.06, y - tall * 0.5),
        (x + wide * 0.2, y),
    ]
    canvas.polygon(skirt, dress)
    canvas.polygon(
        [
            (x + wide * 0.02, y),
            (x + wide * 0.02, y - tall * 0.5),
            (x + wide * 0.06, y - tall * 0.5),
            (x + wide * 0.2, y),
        ],
        mix(dress, "#4a5a80", 0.45),
    )
    canvas.polygon(oval((x, y - tall * 0.58), (wide * 0.075, tall * 0.14)), mix(dress, "#4a5a80", 0.2))
    canvas.disc((x, y - tall * 0.76), tall * canvas.size[1] / canvas.short_px * 0.055, "#c99a78")
    canvas.polygon(oval((x, y - tall * 0.82), (wide * 0.09, tall * 0.035)), "#c9a95c")
    dome = [
        (x + wide * 0.05 + math.cos(a) * wide * 0.34, y - tall * 0.88 - math.sin(a) * tall * 0.2)
        for a in np.linspace(0, math.pi, 14)
    ]
    canvas.ribbon([(x + wide * 0.05, y - tall * 0.5), (x + wide * 0.05, y - tall * 1.0)], "#5a4a3a", 2)
    canvas.polygon(dome, parasol)


def stacks(
    rng: np.random.Generator,
    size: Size,
    *,
    air: Stops,
    field: Stops,
    straw: Stops,
    shade: str,
    count: int = 2,
) -> Image.Image:
    """Haystacks with long shadows on a mown field."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay(
        Shading(fractal(rng, size, (300, 60)), [(0, air[0][1]), (1, air[-1][1])]),
        clouds(rng, size, cover=0.4) * 0.5,
    )
    for base, blend in [(0.38, 0.6), (0.42, 0.3)]:
        canvas.polygon(ridge(rng, base, 0.03, roughness=0.6), mix(shade, air[-1][1], blend))
    for x in np.linspace(0, 1, 16):
        crown(
            canvas,
            rng,
            (x, 0.425),
            (0.045, 0.03),
            [(0, shade), (1, mix_code(shade, air[-1][1], 0.6))],
            leaf_px=8,
        )
    ground(rng, canvas, 0.44, field)
    places = [(0.36, 0.74, 0.27), (0.74, 0.58, 0.14), (0.93, 0.51, 0.07)][:count]
    for x, y, reach in reversed(places):
        _stack(canvas, rng, (x, y), reach, straw, shade)
    return canvas.image


def _stack(
    canvas: Canvas, rng: np.random.Generator, foot: Point, reach: float, straw: Stops, shade: str
) -> None:
    wide, tall = canvas.radii(reach)
    x, y = foot
    cast = [
        (x - wide * 0.6, y),
        (x + wide * 0.7, y - tall * 0.1),
        (x + wide * 2.3, y + tall * 0.3),
        (x + wide * 1.5, y + tall * 0.5),
    ]
    canvas.polygon(curve(cast, closed=True), shade, soft_px=8, opacity=0.75)
    body = curve(
        [
            (x - wide * 0.72, y),
            (x - wide * 0.82, y - tall * 0.62),
            (x - wide * 0.4, y - tall * 1.05),
            (x, y - tall * 1.45),
            (x + wide * 0.4, y - tall * 1.05),
            (x + wide * 0.82, y - tall * 0.62),
            (x + wide * 0.72, y),
        ]
    )
    across, _ = plane(canvas.size)
    light = 0.62 - 0.6 * (across - x) / wide * 0.7 + (fractal(rng, canvas.size, (14, 40)) - 0.5) * 0.5
    canvas.polygon(body, Shading(light, straw))
    eave = curve(
        [
            (x - wide * 0.9, y - tall * 0.6),
            (x - wide * 0.3, y - tall * 0.54),
            (x + wide * 0.3, y - tall * 0.54),
            (x + wide * 0.9, y - tall * 0.62),
        ]
    )
    canvas.ribbon(eave, shade, tall * canvas.size[1] * 0.06, soft_px=3, opacity=0.5)


def cliffs(rng: np.random.Generator, size: Size, *, air: Stops, sea: Stops, rock: Stops) -> Image.Image:
    """Chalk cliffs over a bright sea with small sails."""
    canvas = Canvas(size, sky(rng, size, air, [(0, "#a9bccf"), (1, "#fffaf2")], cover=0.42))
    horizon = 0.42
    canvas.polygon(
        box(-0.02, horizon, 1.02, 1.02),
        Shading(0.2 + 0.6 * plane(size)[1] + (fractal(rng, size, (120, 10)) - 0.5) * 0.6, sea),
    )
    for x, reach in [(0.12, 0.012), (0.24, 0.018), (0.36, 0.01), (0.44, 0.014)]:
        wide, tall = canvas.radii(reach)
        canvas.polygon(
            [(x - wide, horizon + 0.02), (x, horizon - tall * 3), (x + wide * 1.1, horizon + 0.016)],
            "#fbf6ea",
        )
    layers = [(0.3, 0.33, 0.47), (0.45, 0.24, 0.62), (0.66, 0.13, 1.02)]
    for shore, top, foot in layers:
        edge = curve(
            [
                (1.04, top - 0.04),
                (shore + 0.3, top),
                (shore + 0.12, top + 0.03),
                (shore + 0.03, top + 0.12),
                (shore + 0.05, (top + foot) / 2),
                (shore - 0.02, foot),
                (1.04, foot + 0.03),
            ],
            steps=8,
        )
        strata = (
            0.55
            + (fractal(rng, size, (30, 200), octaves=4) - 0.5) * 0.8
            - (plane(size)[0] - shore) * 0.2
            + 0.1 * (fractal(rng, size, (300, 9)) - 0.5)
        )
        canvas.polygon(edge, Shading(strata, rock))
        grass = curve(
            [
                (1.04, top - 0.05),
                (shore + 0.3, top - 0.01),
                (shore + 0.11, top + 0.02),
                (shore + 0.04, top + 0.09),
                (shore + 0.16, top + 0.08),
                (1.04, top + 0.05),
            ],
            steps=8,
        )
        canvas.polygon(grass, near(rng, "#7d8f4c", 8))
    return canvas.image


def street(
    rng: np.random.Generator, size: Size, *, air: Stops, walls: Stops, wet: str, lamp: str
) -> Image.Image:
    """A wide street after rain: tall houses, lamps, people as dark flecks, everything mirrored below."""
    canvas = Canvas(size, vertical(size, air))
    vanish = (0.52, 0.56)
    for side in (-1, 1):
        for k, away in enumerate((0.16, 0.24, 0.36, 0.56, 0.9)):
            _house(canvas, rng, vanish, side, away, away * 1.55, walls, 0.2 * (4 - k))
    for x in rng.normal(0.52, 0.1, 9):
        crown(canvas, rng, (x, 0.5), (0.03, 0.05), [(0, "#4a4a44"), (1, "#9a9478")], leaf_px=7)
    canvas.image = mirror(rng, canvas.image, 0.66, ripple_px=16, squeeze=1.1)
    floor = np.where(plane(size)[1] > 0.66, 0.5, 0).astype(np.float32)
    canvas.lay(wet, floor)
    canvas.polygon(
        [(0, 0.8), (0.45, 0.6), (0.6, 0.6), (1, 0.8), (1, 0.66), (0.6, 0.575), (0.44, 0.575), (0, 0.66)],
        mix(wet, walls[1][1], 0.4),
    )
    for _ in range(46):
        y = 0.6 + 0.36 * rng.random() ** 1.8
        _passer(
            canvas,
            rng,
            (rng.uniform(0.5 - (y - 0.5) * 1.1, 0.54 + (y - 0.5) * 1.1), y),
            0.03 + (y - 0.58) * 0.5,
        )
    for k, reach in enumerate((1, 0.6, 0.4, 0.28)):
        for side in (-1, 1):
            spot = (vanish[0] + side * 0.34 * reach, vanish[1] - 0.3 * reach)
            canvas.ribbon([spot, (spot[0], vanish[1] + 0.22 * reach)], "#33343c", 5 * reach + 1)
            canvas.glow(
                lamp, 0.8 * np.exp(-((distance(size, spot) / (0.05 * reach + 0.01)) ** 2)) * (1 - 0.1 * k)
            )
    return canvas.image


def _house(
    canvas: Canvas,
    rng: np.random.Generator,
    vanish: Point,
    side: int,
    inner: float,
    outer: float,
    walls: Stops,
    haze: float,
) -> None:
    def at(share: float, lift: float) -> Point:
        return vanish[0] + side * share * 0.62, vanish[1] - lift * share

    roof = rng.uniform(0.68, 0.86)
    tone = mix(mix(walls[0][1], walls[-1][1], rng.random()), "#c9ccd2", haze)
    canvas.polygon([at(inner, roof), at(outer, roof), at(outer, -0.16), at(inner, -0.16)], tone)
    canvas.polygon(
        [at(inner, roof), at(outer, roof), at(outer * 0.97, roof + 0.12), at(inner * 1.04, roof + 0.12)],
        mix("#5a6070", "#c9ccd2", haze),
    )
    for row in np.linspace(0.02, roof - 0.12, 6):
        for column in np.linspace(inner * 1.06, outer * 0.95, 6):
            wide = (outer - inner) * 0.035
            canvas.polygon(
                [
                    at(column - wide, row),
                    at(column + wide, row),
                    at(column + wide, row + 0.07),
                    at(column - wide, row + 0.07),
                ],
                mix(tone, "#3c4252", 0.6 if row > 0.05 else 0.8),
            )


def _passer(canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float) -> None:
    wide = tall * canvas.size[1] / canvas.size[0]
    tone = near(rng, ("#22242c", "#3a3038", "#2c3a4c", "#5a3a34")[int(rng.integers(4))], 8)
    x, y = foot
    canvas.polygon(oval((x, y + tall * 0.35), (wide * 0.14, tall * 0.35)), tone, soft_px=3, opacity=0.4)
    canvas.polygon(
        [
            (x - wide * 0.13, y),
            (x - wide * 0.1, y - tall * 0.75),
            (x + wide * 0.1, y - tall * 0.75),
            (x + wide * 0.13, y),
        ],
        tone,
    )
    canvas.polygon(oval((x, y - tall * 0.86), (wide * 0.07, tall * 0.1)), tone)
    if rng.random() < 0.5:
        dome = [
            (x + math.cos(a) * wide * 0.36, y - tall * 0.95 - math.sin(a) * tall * 0.24)
            for a in np.linspace(0, math.pi, 10)
        ]
        canvas.polygon(dome, mix(tone, "#6a7080", 0.3))


def garden(
    rng: np.random.Generator, size: Size, *, path: str, flowers: tuple[str, ...], leaves: Stops
) -> Image.Image:
    """A garden path between flower beds, light falling through leaves on to it."""
    across, down = plane(size)
    canvas = Canvas(
        size, colourise(0.5 + (fractal(rng, size, 90) - 0.5) * 0.9 - 0.2 * np.abs(across - 0.5), leaves)
    )
    canvas.glow("#fff2c0", np.exp(-((distance(size, (0.5, 0.25)) / 0.22) ** 2)) * 0.8)
    for x in np.linspace(-0.05, 1.05, 14):
        reach = 0.08 + 0.16 * abs(x - 0.5)
        crown(canvas, rng, (x, 0.34 - 0.25 * abs(x - 0.5)), (reach, reach * 1.3), leaves, leaf_px=14)
    canvas.polygon(
        curve(
            [
                (0.46, 0.5),
                (0.4, 0.65),
                (0.26, 0.85),
                (0.1, 1.03),
                (0.84, 1.03),
                (0.68, 0.8),
                (0.56, 0.62),
                (0.53, 0.5),
            ],
            steps=8,
        ),
        path,
    )
    dapple = smoothstep(0.5, 0.62, fractal(rng, size, (80, 26), octaves=3)) * (down > 0.5)
    canvas.lay("#8a7a9c", dapple * 0.55 * smoothstep(0.35, 0.1, np.abs(across - 0.46) - (down - 0.5) * 0.4))
    for _ in range(620):
        y = 0.5 + 0.5 * rng.random() ** 0.9
        side = 1 if rng.random() < 0.5 else -1
        x = 0.5 - 0.03 * (y - 0.5) + side * ((y - 0.5) * 0.62 + 0.04 + abs(rng.normal(0, 0.14 * (0.4 + y))))
        canvas.polygon(
            oval((x, y - rng.random() * 0.1), canvas.radii(0.004 + 0.016 * (y - 0.45) * rng.random())),
            near(rng, flowers[int(rng.integers(len(flowers)))], 16),
        )
    return canvas.image
