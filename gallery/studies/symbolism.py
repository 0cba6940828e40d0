"""Symbolism: dusk, still water, lights without a source. Muted violet, old gold."""

import math

import numpy as np
from PIL import Image

from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, mix, near, plane, vertical
from gallery.studies.landscape import mix_code
from gallery.studies.motifs import Point, ball, branches, clouds, crown, lights, mirror, ridge, sun
from gallery.studies.noise import fractal, noise, smoothstep, wander
from gallery.studies.surface import enhance, grain, vignette, weave
from gallery.studies.work import work

GOLD = "#d9ab4a"


def _veiled(rng: np.random.Generator, image: Image.Image, *, depth: float = 0.42) -> Image.Image:
    """Pastel over tempera: soft upright strokes, chalky grain, the corners lost in dusk."""
    flow = along_edges(image, drifting(rng, image.size, cell_px=320, angle=math.pi / 2, turn=0.5), blur_px=10)
    brush = Brushwork(image)
    brush.cover(
        image, rng, length_px=30, width_px=9, flow=flow, step_px=11, jitter=5, tint=4, dry=0.7, blur_px=2
    )
    brush.restate(image, opacity=0.6)
    soft = Image.blend(image, brush.finish(relief=0.35), 0.75)
    return weave(rng, grain(rng, vignette(enhance(soft, saturation=0.9), depth=depth), depth=4), depth=0.14)


def _flecks(canvas: Canvas, rng: np.random.Generator, spots: np.ndarray, *, reach: float = 0.006) -> None:
    """Leaf gold in small squares and rounds."""
    for x, y in spots:
        tone = near(rng, mix(GOLD, "#fff2b8", rng.random() ** 2 * 0.7), 9)
        wide, tall = canvas.radii(reach * rng.uniform(0.5, 1.5))
        if rng.random() < 0.5:
            canvas.polygon(box(x - wide, y - tall, x + wide, y + tall), tone)
        else:
            canvas.polygon(oval((x, y), (wide, tall)), tone)


def isle(
    rng: np.random.Generator, size: Size, *, air: Stops, stone: str, light: str, at: Point
) -> Image.Image:
    """A small wooded island in a lake without wind; a light over it."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay(mix(air[1][1], light, 0.35), clouds(rng, size, cell_px=(420, 50), cover=0.45) * 0.5)
    sun(canvas, at, 0.05, light, mix_code(light, air[1][1], 0.4), reach=4, strength=0.6)
    canvas.polygon(ridge(rng, 0.57, 0.05), mix(air[1][1], stone, 0.35))
    horizon, middle = 0.62, 0.46 if at[0] > 0.5 else 0.56
    pines: Stops = [
        (0, "#10131c"),
        (0.5, mix_code("#1c2a2c", stone, 0.3)),
        (1, mix_code("#3c4a44", light, 0.35)),
    ]
    for offset, lift in [(-0.27, 0.09), (-0.2, 0.15), (-0.12, 0.2), (0.16, 0.19), (0.24, 0.13), (0.3, 0.07)]:
        spot = (middle + offset * 0.8, 0.6 - lift)
        canvas.ribbon([(spot[0], 0.62), spot], "#14121a", 5)
        crown(canvas, rng, spot, (0.065, 0.045), pines, leaf_px=9)
    for offset in (-0.07, 0.1):
        _cypress(canvas, rng, (middle + offset, 0.6), rng.uniform(0.22, 0.3))
    _temple(canvas, (middle + 0.015, 0.575), 0.13, stone, light)
    x = np.linspace(-0.33, 0.33, 60)
    bank = 0.625 - 0.055 * (1 - (x / 0.33) ** 2) ** 0.6 + 0.012 * wander(rng, 60, roughness=0.7)
    canvas.polygon(
        np.vstack([np.stack([middle + x, bank], axis=1), [(middle + 0.34, 0.63), (middle - 0.34, 0.63)]]),
        Shading(
            0.4 + 0.8 * (fractal(rng, size, (30, 12), octaves=4) - 0.5),
            [(0, "#14121a"), (0.6, mix_code(stone, "#14121a", 0.3)), (1, stone)],
        ),
    )
    canvas.image = mirror(rng, canvas.image, horizon, ripple_px=5)
    canvas.lay(mix(air[0][1], stone, 0.5), np.where(plane(size)[1] > horizon, 0.34, 0).astype(np.float32))
    return _veiled(rng, canvas.image)


def _temple(canvas: Canvas, foot: Point, tall: float, stone: str, light: str) -> None:
    """A small round temple, lit from inside."""
    wide = tall * 0.62 * canvas.size[1] / canvas.size[0]
    pale = mix(stone, light, 0.6)
    lights(canvas, [(foot[0], foot[1] - tall * 0.35)], 0.04, light, strength=0.8)
    for side in (-0.85, -0.45, 0.0, 0.45, 0.85):
        x = foot[0] + side * wide
        canvas.polygon(box(x - wide * 0.09, foot[1] - tall * 0.66, x + wide * 0.09, foot[1]), pale)
    canvas.polygon(
        box(foot[0] - wide * 1.1, foot[1] - tall * 0.76, foot[0] + wide * 1.1, foot[1] - tall * 0.64), pale
    )
    dome = [
        (foot[0] + math.cos(a) * wide, foot[1] - tall * (0.76 + 0.36 * math.sin(a)))
        for a in np.linspace(0, math.pi, 20)
    ]
    canvas.polygon(dome, mix(stone, light, 0.3))
    canvas.polygon(
        box(foot[0] - wide * 1.2, foot[1] - tall * 0.05, foot[0] + wide * 1.2, foot[1] + tall * 0.1), pale
    )


def _cypress(canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float) -> None:
    half = tall * 0.09 * canvas.size[1] / canvas.size[0]
    share = np.linspace(0, 1, 14)
    swell = np.sin(share**0.7 * math.pi) ** 0.8 * half * (1 + rng.normal(0, 0.12, 14))
    left = np.stack([foot[0] - swell, foot[1] - tall * share], axis=1)
    right = np.stack([foot[0] + swell, foot[1] - tall * share], axis=1)
    canvas.polygon(np.vstack([left, right[::-1]]), near(rng, "#1c1f2a", 6), soft_px=1)


def birches(
    rng: np.random.Generator, size: Size, *, ground: Stops, bark: str, back: Stops, flecks: int
) -> Image.Image:
    """Trunks from edge to edge, leaves fallen like gold coins."""
    _, down = plane(size)
    canvas = Canvas(size, colourise(1 - down + 0.5 * (fractal(rng, size, (40, 160)) - 0.5), back))
    floor = 0.48
    carpet = 0.25 + 0.6 * (down - floor) / (1 - floor) + 0.6 * (fractal(rng, size, (22, 9), octaves=3) - 0.5)
    canvas.lay(
        Shading(carpet, ground),
        smoothstep(floor - 0.03, floor + 0.05, down + 0.03 * (noise(rng, size, 60) - 0.5)),
    )
    for depth in np.sort(rng.uniform(0, 1, 26)):
        _trunk(canvas, rng, float(rng.uniform(-0.02, 1.02)), float(depth), floor, bark, back[1][1])
    y = floor + (1 - floor) * rng.random(flecks) ** 0.8
    _flecks(canvas, rng, np.stack([rng.random(flecks), y], axis=1), reach=0.0055)
    _flecks(
        canvas,
        rng,
        np.stack([rng.random(flecks // 2), rng.random(flecks // 2) ** 1.4 * 0.45], axis=1),
        reach=0.0045,
    )
    return _veiled(rng, canvas.image, depth=0.35)


def _trunk(
    canvas: Canvas, rng: np.random.Generator, x: float, depth: float, floor: float, bark: str, haze: str
) -> None:
    foot = floor + 0.03 + depth * depth * 0.5
    width_px = (0.012 + 0.062 * depth**1.6) * canvas.short_px
    y = np.linspace(-0.03, foot, 16)
    lean = rng.normal(0, 0.012)
    line = np.stack([x + lean * (foot - y) + 0.003 * wander(rng, 16), y], axis=1)
    tone = mix(haze, bark, 0.25 + 0.75 * depth)
    canvas.ribbon(line, mix(tone, "#2a2438", 0.45), np.linspace(0.8, 1.1, 16) * width_px)
    canvas.ribbon(
        line - (width_px * 0.16 / canvas.size[0], 0), tone, np.linspace(0.5, 0.72, 16) * width_px, soft_px=1
    )
    for _ in range(int(5 + 16 * depth)):
        at, reach = rng.uniform(0, foot), width_px / canvas.size[0] * rng.uniform(0.15, 0.5)
        spot = x + lean * (foot - at) + rng.uniform(-0.3, 0.3) * reach
        canvas.ribbon(
            [(spot - reach, at), (spot, at + 0.003), (spot + reach, at - 0.001)],
            mix(tone, "#1c1824", 0.75),
            max(1.0, width_px * 0.07),
        )


def threshold(rng: np.random.Generator, size: Size, *, air: Stops, light: str, stone: Stops) -> Image.Image:
    """Steps going down into water between two pillars, an orb hanging where the path would go on."""
    canvas = Canvas(size, vertical(size, air))
    across, down = plane(size)
    canvas.lay(mix(air[0][1], light, 0.3), clouds(rng, size, cell_px=(300, 80), cover=0.4) * 0.4)
    orb = (0.5, 0.36)
    sun(canvas, orb, 0.09, light, mix_code(light, air[1][1], 0.35), reach=2.6, strength=0.75)
    ball(
        canvas,
        orb,
        0.088,
        [(0, mix_code(light, air[1][1], 0.6)), (0.6, light), (1, "#fffdf0")],
        light=(-0.3, -0.4, 0.87),
        gloss=0.2,
    )
    horizon = 0.62
    canvas.polygon(ridge(rng, 0.61, 0.02), mix(air[1][1], "#1c1a2c", 0.3))
    canvas.image = mirror(rng, canvas.image, horizon, ripple_px=9)
    canvas.lay(air[0][1], np.where(down > horizon, 0.35, 0).astype(np.float32))
    for step, y in enumerate(np.linspace(0.78, 1.0, 6)):
        half = 0.2 + 0.05 * step
        shade = 0.62 - 0.28 * np.abs(across - 0.5) * 2 + 0.25 * (fractal(rng, size, 60) - 0.5)
        canvas.polygon(box(0.5 - half, y, 0.5 + half, y + 0.02), Shading(shade + 0.12, stone))
        canvas.polygon(
            box(0.5 - half - 0.005, y + 0.02, 0.5 + half + 0.005, 1.02), Shading(shade * 0.55, stone)
        )
    for side in (-1, 1):
        _pillar(canvas, rng, 0.5 + side * 0.33, stone, -side)
    _flecks(canvas, rng, rng.normal(0, 1, (150, 2)) * (0.17, 0.14) + orb, reach=0.004)
    return _veiled(rng, canvas.image)


def _pillar(canvas: Canvas, rng: np.random.Generator, x: float, stone: Stops, lit: int) -> None:
    half = 0.062
    across, _ = plane(canvas.size)
    turn = np.clip((across - x) / half, -1, 1)
    light = 0.4 + 0.34 * turn * lit - 0.25 * turn**2 + 0.25 * (fractal(rng, canvas.size, (20, 120)) - 0.5)
    canvas.polygon(box(x - half, 0.12, x + half, 1.02), Shading(light, stone))
    canvas.polygon(box(x - half * 1.35, 0.075, x + half * 1.35, 0.125), Shading(light + 0.1, stone))
    canvas.polygon(box(x - half * 1.2, 0.9, x + half * 1.2, 1.02), Shading(light, stone))
    canvas.disc((x, 0.045), 0.05, mix(stone[1][1], GOLD, 0.4))


def lantern_boats(rng: np.random.Generator, size: Size, *, air: Stops, light: str) -> Image.Image:
    """Empty boats with lanterns drifting past a dark shore."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay(mix(air[1][1], light, 0.22), clouds(rng, size, cell_px=(500, 60), cover=0.5) * 0.5)
    for _ in range(70):
        spot = (rng.random(), rng.random() ** 1.5 * 0.5)
        canvas.disc(spot, rng.uniform(0.001, 0.0028), mix(light, air[0][1], 0.25))
    canvas.polygon(ridge(rng, 0.52, 0.07, roughness=0.4), mix(air[1][1], air[0][1], 0.6))
    feet = [(x + rng.normal(0, 0.012), 0.72) for x in np.linspace(0.1, 0.9, 7)]
    reaches = [0.075 - 0.005 * order for order in range(7)]
    lamps = [_lantern_of(canvas, foot, reach) for foot, reach in zip(feet, reaches, strict=True)]
    lights(canvas, lamps, 0.09, light, strength=0.45)
    lights(canvas, lamps, 0.022, light, strength=0.85)
    for foot, reach in zip(feet, reaches, strict=True):
        _lantern_boat(canvas, foot, reach, mix_code(air[0][1], "#0c0a14", 0.6), light)
    canvas.image = mirror(rng, canvas.image, 0.73, ripple_px=11)
    canvas.lay(air[0][1], np.where(plane(size)[1] > 0.73, 0.34, 0).astype(np.float32))
    return _veiled(rng, canvas.image)


def _lantern_of(canvas: Canvas, foot: Point, reach: float) -> Point:
    """Where a boat of that reach (in short sides) carries its lantern."""
    wide, tall = canvas.radii(reach)
    return foot[0] + wide * 0.95, foot[1] - tall * 1.5


def _lantern_boat(canvas: Canvas, foot: Point, reach: float, wood: str, light: str) -> None:
    """A slender boat with a curved stem from which a round lantern hangs."""
    wide, tall = canvas.radii(reach)
    x, y = foot
    hull = [(-1.1, -0.5), (-0.75, 0.02), (-0.2, 0.14), (0.4, 0.1), (0.8, -0.2), (0.92, -0.6)]
    canvas.polygon(curve([(x + a * wide, y + b * tall) for a, b in hull], steps=8), wood)
    stem = curve(
        [(x + a * wide, y + b * tall) for a, b in [(0.8, -0.2), (0.98, -0.9), (0.72, -1.8), (0.95, -2.1)]]
    )
    canvas.ribbon(stem, wood, np.linspace(7, 2, len(stem)))
    lamp = _lantern_of(canvas, foot, reach)
    canvas.ribbon([(lamp[0], y - tall * 2.1), lamp], wood, 1.4)
    canvas.polygon(oval(lamp, (wide * 0.2, tall * 0.28)), mix(light, "#fff6d8", 0.5), soft_px=1.2)
    canvas.ribbon(
        [(lamp[0] - wide * 0.1, lamp[1] - tall * 0.28), (lamp[0] + wide * 0.1, lamp[1] - tall * 0.28)],
        wood,
        3,
    )


def swan(rng: np.random.Generator, size: Size, *, air: Stops, light: str) -> Image.Image:
    """A swan alone on dark water, reeds before it, a veiled moon in the water."""
    canvas = Canvas(size, vertical(size, air))
    sun(canvas, (0.7, 0.2), 0.06, light, mix_code(light, air[1][1], 0.5), reach=4, strength=0.6)
    for base, blend in [(0.36, 0.25), (0.41, 0.5)]:
        canvas.polygon(ridge(rng, base, 0.07, roughness=0.6), mix(air[1][1], "#16141f", blend), soft_px=3)
    canvas.image = mirror(rng, canvas.image, 0.45, ripple_px=16, squeeze=0.8)
    canvas.lay(air[0][1], np.where(plane(size)[1] > 0.45, 0.3, 0).astype(np.float32))
    _swan(canvas, rng, (0.42, 0.68), 0.3, light)
    for _ in range(34):
        x, tall, lean = rng.uniform(-0.05, 1.05), rng.uniform(0.12, 0.4), rng.normal(0, 0.06)
        blade = curve([(x, 1.03), (x + lean * 0.4, 1 - tall * 0.6), (x + lean, 1 - tall)])
        canvas.ribbon(blade, near(rng, "#1a1826", 7), np.linspace(8, 0.8, len(blade)))
    _flecks(
        canvas, rng, np.stack([rng.normal(0.7, 0.06, 60), rng.uniform(0.47, 0.95, 60)], axis=1), reach=0.004
    )
    return _veiled(rng, canvas.image)


def _swan(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float, light: str) -> None:
    wide, tall = canvas.radii(reach)

    def at(points: Points) -> np.ndarray:
        return np.array([(spot[0] + x * wide, spot[1] + y * tall) for x, y in points])

    white, shade = mix(light, "#ffffff", 0.45), mix(light, "#4a4668", 0.55)
    canvas.polygon(
        oval((spot[0], spot[1] + tall * 0.42), (wide * 0.8, tall * 0.2)), shade, opacity=0.55, soft_px=6
    )
    body = curve(
        at(
            [
                (-0.75, 0.02),
                (-0.5, 0.26),
                (0, 0.34),
                (0.5, 0.28),
                (0.95, -0.12),
                (0.55, -0.3),
                (0.1, -0.3),
                (-0.4, -0.16),
            ]
        ),
        closed=True,
    )
    canvas.polygon(body, shade)
    canvas.polygon(np.add(body * (1, 0.9), (0, spot[1] * 0.1 - tall * 0.03)), white, soft_px=5)
    for lift in np.linspace(0, 1, 6):
        feather = curve(
            at(
                [
                    (-0.2 + lift * 0.1, 0.08 - lift * 0.3),
                    (0.3, 0.12 - lift * 0.3),
                    (0.95, -0.18 - lift * 0.14),
                ]
            )
        )
        canvas.ribbon(
            feather,
            shade if int(lift * 5) % 2 else white,
            np.concatenate(
                [np.linspace(2, 9, len(feather) // 2), np.linspace(9, 1, len(feather) - len(feather) // 2)]
            ),
            opacity=0.8,
        )
    neck = curve(
        at(
            [
                (-0.55, 0.12),
                (-0.78, -0.1),
                (-0.72, -0.42),
                (-0.5, -0.66),
                (-0.52, -0.92),
                (-0.72, -1.0),
                (-0.86, -0.9),
            ]
        )
    )
    canvas.ribbon(neck, shade, np.linspace(0.2, 0.085, len(neck)) * reach * canvas.short_px)
    canvas.ribbon(
        np.subtract(neck, (wide * 0.012, tall * 0.01)),
        white,
        np.linspace(0.15, 0.06, len(neck)) * reach * canvas.short_px,
        soft_px=1,
    )
    canvas.polygon(at([(-0.84, -0.96), (-1.04, -0.8), (-0.86, -0.85)]), "#c9783c")


def lantern_tree(
    rng: np.random.Generator, size: Size, *, air: Stops, fruit: Stops, light: str
) -> Image.Image:
    """A bare tree bearing lights instead of fruit."""
    canvas = Canvas(size, vertical(size, air))
    _, down = plane(size)
    swirl = np.sin(fractal(rng, size, 260, octaves=2) * 30)
    canvas.lay(mix(air[1][1], light, 0.4), smoothstep(0.6, 1, swirl) * 0.22 * (1 - down))
    canvas.polygon(ridge(rng, 0.8, 0.05, roughness=0.4), mix(air[0][1], "#0c0a10", 0.5))
    tips = branches(
        canvas, rng, (0.5, 0.9), 0.2, "#15111c", width_px=0.05 * canvas.short_px, depth=6, spread=0.62
    )
    chosen = [tips[int(i)] for i in rng.choice(len(tips), min(46, len(tips)), replace=False)]
    lights(canvas, chosen, 0.035, light, strength=0.75)
    for spot in chosen:
        ball(canvas, (spot[0], spot[1] + 0.012), rng.uniform(0.012, 0.022), fruit, gloss=0.4)
    below = np.stack([rng.normal(0.5, 0.22, 160), 0.88 + rng.random(160) * 0.12], axis=1)
    _flecks(canvas, rng, below, reach=0.005)
    return _veiled(rng, canvas.image)


VIOLET: Stops = [(0, "#2c2846"), (0.35, "#6a5c86"), (0.55, "#b890a0"), (0.7, "#e0b890"), (1, "#8a7490")]
TEAL: Stops = [(0, "#16263a"), (0.35, "#3f5f70"), (0.55, "#86a098"), (0.7, "#cfc490"), (1, "#5c7c7c")]
NIGHT: Stops = [(0, "#14142a"), (0.4, "#333660"), (0.65, "#66608c"), (1, "#4c4468")]
ROSE: Stops = [(0, "#4a2c48"), (0.35, "#8a5470"), (0.55, "#d08c88"), (0.72, "#f0c49a"), (1, "#a07488")]
STONE: Stops = [(0, "#1a1626"), (0.35, "#54496a"), (0.65, "#9a88a0"), (1, "#e6d2c0")]
WARM_STONE: Stops = [(0, "#1c1418"), (0.35, "#5c4648"), (0.65, "#a88a78"), (1, "#f0dcb8")]
CARPET: Stops = [(0, "#4a2c28"), (0.5, "#9a5a34"), (1, "#cf9a48")]
GREEN_CARPET: Stops = [(0, "#26322c"), (0.5, "#566248"), (1, "#a09a5c")]

WORKS = (
    work("Isle at dusk", isle, (900, 700), air=VIOLET, stone="#6a5a70", light="#f6d9a4", at=(0.74, 0.26)),
    work(
        "Birches with gold leaf",
        birches,
        (820, 840),
        ground=CARPET,
        bark="#d9cfc4",
        back=[(0, "#3a2c44"), (0.5, "#7a6a80"), (1, "#b8a8a0")],
        flecks=620,
    ),
    work("The orb above the steps", threshold, (660, 940), air=NIGHT, light="#f4dfa0", stone=STONE),
    work("Seven lanterns adrift", lantern_boats, (960, 640), air=NIGHT, light="#ffcf86"),
    work("Swan and drowned moon", swan, (720, 900), air=TEAL, light="#efe6c4"),
    work(
        "The lantern tree",
        lantern_tree,
        (780, 900),
        air=[(0, "#1a1a36"), (0.5, "#4a3c66"), (0.85, "#a8708a"), (1, "#c98c80")],
        fruit=[(0, "#8a4a1c"), (0.5, "#f0a83c"), (1, "#fffbe0")],
        light="#ffb85c",
    ),
    work(
        "Green evening, still lake",
        isle,
        (940, 620),
        air=TEAL,
        stone="#4c6064",
        light="#f4f0c4",
        at=(0.28, 0.2),
    ),
    work(
        "Grove in spring twilight",
        birches,
        (640, 920),
        ground=GREEN_CARPET,
        bark="#cfd2c0",
        back=[(0, "#24303c"), (0.5, "#5c7480"), (1, "#a4b0a4")],
        flecks=420,
    ),
    work("Gate to the rose sky", threshold, (740, 900), air=ROSE, light="#ffe6b4", stone=WARM_STONE),
    work("Swan in violet water", swan, (900, 760), air=VIOLET, light="#f6e2cc"),
    work(
        "Lanterns under the red cloud",
        lantern_boats,
        (900, 560),
        air=[(0, "#2a1626"), (0.4, "#6a3444"), (0.62, "#b8685c"), (1, "#6c4454")],
        light="#ffe09a",
    ),
    work(
        "Tree of blue lights",
        lantern_tree,
        (880, 820),
        air=[(0, "#0f1828"), (0.5, "#24405c"), (0.85, "#5c8490"), (1, "#8aa89c")],
        fruit=[(0, "#2c5a7c"), (0.5, "#a8d4d8"), (1, "#ffffff")],
        light="#a8dcec",
    ),
)
