"""Romanticism: weather, night and distance, and someone very small in front of them."""

import math

import numpy as np
from PIL import Image

from gallery.studies import landscape
from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, box, curve
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, plane, vertical
from gallery.studies.motifs import Point, branches, clouds, crown, mirror, ridge, sun, wanderer
from gallery.studies.noise import fractal, smoothstep, wander
from gallery.studies.surface import cracked, enhance, varnish, vignette
from gallery.studies.work import work


def _finished(
    rng: np.random.Generator, image: Image.Image, *, depth: float = 0.5, rough: float = 0.3
) -> Image.Image:
    """Thin glazes over small soft strokes; rough shows more of the brush."""
    flow = along_edges(image, drifting(rng, image.size, cell_px=260, turn=0.9), blur_px=8)
    brush = Brushwork(image)
    brush.cover(
        image, rng, length_px=32, width_px=11, flow=flow, step_px=12, jitter=4, tint=2.5, dry=0.5, blur_px=2
    )
    brush.restate(image)
    soft = Image.blend(image, brush.finish(relief=0.3 + rough), 0.45 + rough * 0.5)
    return cracked(
        rng, varnish(vignette(enhance(soft, contrast=1.08), depth=depth), strength=0.2), depth=0.06
    )


def fog(rng: np.random.Generator, size: Size, *, air: Stops, rock: str, at: float) -> Image.Image:
    """Peaks rising out of a sea of fog; a small figure on a ledge."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay(air[-1][1], clouds(rng, size, cell_px=(420, 60), cover=0.4) * 0.6)
    pale = air[-1][1]
    for layer, base in enumerate(np.linspace(0.4, 0.82, 6)):
        tone = mix(rock, pale, 0.86 - 0.15 * layer)
        peaks = ridge(rng, base, 0.15 - 0.012 * layer, roughness=0.55)
        canvas.polygon(
            peaks, vertical(size, [(base - 0.14, _code(tone)), (min(0.99, base + 0.1), pale), (1, pale)])
        )
        drift = fractal(rng, size, (300, 50), octaves=5) * smoothstep(
            base - 0.03, base + 0.09, plane(size)[1]
        )
        canvas.lay(mix(pale, "#ffffff", 0.25), smoothstep(0.3, 0.75, drift) * 0.85)
    _ledge(canvas, rng, at, rock)
    return _finished(rng, canvas.image, depth=0.4)


def _code(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _ledge(canvas: Canvas, rng: np.random.Generator, at: float, rock: str) -> None:
    """The dark foreground: rocks on one side, a bent pine, the figure looking out."""
    x = np.linspace(-0.02, 1.02, 120)
    slope = np.abs(x - at) / np.where((x > at) == (at < 0.5), 0.24, 0.6)
    rise = 0.24 * np.exp(-(slope**2)) + 0.07 * wander(rng, 120, roughness=0.72) + 0.05
    outline = np.vstack([np.stack([x, 1.0 - rise], axis=1), [(1.02, 1.02), (-0.02, 1.02)]])
    stone = 0.2 + 0.7 * (fractal(rng, canvas.size, (70, 46), octaves=5, gain=0.65) - 0.35)
    dark = mix(rock, "#0c0a0a", 0.72)
    canvas.polygon(
        outline,
        Shading(stone, [(0, "#120f10"), (0.45, _code(dark)), (1, _code(mix(rock, "#c9b49a", 0.3)))]),
    )
    top = float(np.interp(at, x, 1.0 - rise))
    wanderer(canvas, (at, top + 0.012), 0.12, "#14121a")
    tree = at + (0.2 if at < 0.5 else -0.2)
    branches(
        canvas,
        rng,
        (tree, float(np.interp(tree, x, 1.0 - rise)) + 0.02),
        0.1,
        "#16110f",
        width_px=11,
        depth=5,
    )


def ruin(
    rng: np.random.Generator, size: Size, *, air: Stops, light: str, at: Point, snow: bool
) -> Image.Image:
    """The last wall of an abbey against the moon, old oaks around it."""
    canvas = Canvas(size, vertical(size, air))
    veil = clouds(rng, size, cell_px=(340, 90), cover=0.45)
    canvas.lay(mix(air[1][1], light, 0.3), veil * 0.55)
    sun(canvas, at, 0.045, light, mix_code(light, air[1][1], 0.35), reach=4.5, strength=0.75)
    canvas.polygon(ridge(rng, 0.72, 0.04), mix(air[0][1], air[-1][1], 0.55))
    wall_dark = mix(air[0][1], "#08080c", 0.6)
    _abbey(canvas, rng, (0.5, 0.84), 0.56, wall_dark)
    floor = colourise(
        0.35 + 0.6 * (fractal(rng, size, (180, 24)) - 0.4),
        [(0, "#0a0b10"), (1, "#b9c0cc" if snow else "#3a3c34")],
    )
    canvas.polygon(ridge(rng, 0.83, 0.018), floor)
    for x, tall in [(0.07, 0.21), (0.24, 0.13), (0.8, 0.14), (0.95, 0.2)]:
        branches(
            canvas,
            rng,
            (x, 0.9 + rng.uniform(-0.02, 0.05)),
            tall,
            "#0b0a0d",
            width_px=tall * 120,
            depth=6,
            spread=0.6,
        )
    for x in (0.38, 0.42, 0.455):
        wanderer(canvas, (x, 0.895), 0.05, "#0b0a0d", stick=False)
    mist = smoothstep(0.4, 0.8, fractal(rng, size, (320, 40))) * np.exp(
        -(((plane(size)[1] - 0.8) / 0.07) ** 2)
    )
    canvas.lay(mix(air[-1][1], light, 0.3), mist * 0.7)
    return _finished(rng, canvas.image, depth=0.55)


def mix_code(first: str, second: str, share: float) -> str:
    """A mixed colour as a code."""
    return _code(mix(first, second, share))


def _abbey(
    canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, dark: tuple[int, int, int]
) -> None:
    """A gable wall with a pointed window, broken at the top, and two stumps of piers."""
    wide = tall * 0.62 * canvas.size[1] / canvas.size[0]
    crumble = wander(rng, 40, roughness=0.75) * 0.05
    share = np.linspace(-1, 1, 40)
    top = foot[1] - tall * (1 - np.abs(share) ** 1.5 * 0.62) + crumble
    wall = np.vstack(
        [
            np.stack([foot[0] + share * wide * 0.5, top], axis=1),
            [(foot[0] + wide * 0.5, foot[1]), (foot[0] - wide * 0.5, foot[1])],
        ]
    )
    mask = Canvas(canvas.size, "#000000")
    mask.polygon(wall, "#ffffff")
    mask.polygon(_lancet((foot[0], foot[1] - tall * 0.2), wide * 0.42, tall * 0.6), "#000000")
    mask.polygon(_lancet((foot[0], foot[1]), wide * 0.15, tall * 0.16), "#000000")
    for side in (-0.105, 0.0, 0.105):
        mask.ribbon(
            [
                (foot[0] + side * wide, foot[1] - tall * 0.2),
                (foot[0] + side * wide, foot[1] - tall * (0.62 - abs(side))),
            ],
            "#ffffff",
            5,
        )
        if side:
            arch = _lancet((foot[0] + side * wide * 1.0, foot[1] - tall * 0.46), wide * 0.2, tall * 0.17)
            mask.ribbon(arch, "#ffffff", 3.5)
    for offset, high in [(-0.85, 0.3), (0.8, 0.38), (1.15, 0.17), (-1.2, 0.14)]:
        x = foot[0] + offset * wide
        ragged = [
            (x - 0.018, foot[1]),
            (x - 0.016, foot[1] - high * tall * 1.4),
            (x + 0.004, foot[1] - high * tall * 1.55),
            (x + 0.017, foot[1] - high * tall * 1.36),
            (x + 0.02, foot[1]),
        ]
        mask.polygon(ragged, "#ffffff")
    stone = colourise(
        0.4 + 0.6 * (fractal(rng, canvas.size, (24, 18)) - 0.5),
        [(0, _code(mix(dark, "#000000", 0.4))), (1, _code(mix(dark, "#8a8a94", 0.3)))],
    )
    canvas.lay(stone, mask.image.convert("L"))


def _lancet(foot: Point, wide: float, tall: float) -> np.ndarray:
    """A pointed window: foot is the middle of its sill."""
    half = wide / 2
    rise = np.linspace(0, 1, 12)
    spring = foot[1] - tall * 0.5
    left = np.stack(
        [
            foot[0] - half * np.cos(rise * math.pi / 2.0),
            spring - tall * 0.5 * np.sin(rise * math.pi / 2) ** 0.9,
        ],
        axis=1,
    )
    right = left[::-1] * (-1, 1) + (2 * foot[0], 0)
    return np.vstack([[(foot[0] - half, foot[1])], left, right, [(foot[0] + half, foot[1])]])


def storm_at_sea(rng: np.random.Generator, size: Size, *, air: Stops, sea: Stops, at: Point) -> Image.Image:
    """A ship between heavy waves, the sky torn open by the setting sun."""
    across, down = plane(size)
    away = distance(size, at)
    turn = np.arctan2(down - at[1], across - at[0])
    vortex = fractal(rng, size, 200, octaves=5, gain=0.6) - 0.5
    value = 0.95 - away * 0.85 + vortex * 0.75 + 0.1 * np.sin(turn * 3 + away * 9 + vortex * 6)
    canvas = Canvas(size, colourise(value, air))
    canvas.glow("#ffd890", 0.9 * np.exp(-((away / 0.1) ** 2)))
    horizon = 0.62
    for layer in range(7):
        base = horizon + layer * 0.06
        lift = 0.014 + 0.011 * layer
        x = np.linspace(-0.02, 1.02, 240)
        crest = base - lift * (
            np.abs(np.sin(x * (13 - layer * 1.3) + rng.uniform(0, 6))) ** 1.6 * 1.6
            + 0.7 * wander(rng, 240, roughness=0.6)
        )
        light = (
            0.3
            + 0.1 * layer * 0.4
            + 0.5 * np.exp(-(((across - at[0]) / 0.16) ** 2))
            - (down - base) * 1.1
            + (fractal(rng, size, (70, 18)) - 0.5) * 0.55
        )
        canvas.polygon(
            np.vstack([np.stack([x, crest], axis=1), [(1.02, 1.02), (-0.02, 1.02)]]), Shading(light, sea)
        )
        foam = np.stack([x, crest], axis=1)
        canvas.ribbon(
            foam,
            mix(sea[-1][1], "#fff4dc", 0.4),
            1 + (3 + layer) * np.clip(wander(rng, 240, roughness=0.8), 0, 1),
            opacity=0.6,
            soft_px=0.8,
        )
        if layer == 2:
            _ship(canvas, (0.3 if at[0] > 0.5 else 0.68, base + 0.01), 0.26)
    return _finished(rng, canvas.image, depth=0.5, rough=0.7)


def _ship(canvas: Canvas, foot: Point, tall: float, cloth: str = "#8a6c4c") -> None:
    """A three-master heeling in the wind, almost a silhouette."""
    aspect = canvas.size[1] / canvas.size[0]
    lean = 0.22

    def at(points: list[Point]) -> list[Point]:
        return [
            (foot[0] + (x + y * lean) * tall * aspect, foot[1] - (y - x * lean * 0.5) * tall)
            for x, y in points
        ]

    dark = "#17110e"
    canvas.polygon(
        curve(
            at([(-0.5, 0.16), (-0.42, -0.04), (0.36, -0.04), (0.56, 0.17), (0.1, 0.1)]), steps=6, closed=True
        ),
        dark,
    )
    for x, high in [(-0.28, 0.82), (0.02, 1.0), (0.3, 0.8)]:
        canvas.ribbon(at([(x, 0.05), (x, high)]), dark, 2.6)
        for low, top, half in [(0.2, 0.46, 0.17), (0.5, 0.7, 0.13)]:
            sail = at(
                [
                    (x - half, low * high + 0.02),
                    (x - half * 0.75, top * high + 0.1),
                    (x + half * 0.75, top * high + 0.1),
                    (x + half, low * high + 0.02),
                ]
            )
            canvas.polygon(
                curve(sail, steps=4, closed=True), mix(cloth, dark, 0.3 if x < 0 else 0.05), opacity=0.92
            )
    canvas.ribbon(at([(0.5, 0.15), (0.8, 0.3)]), dark, 2.4)


def alpine_lake(rng: np.random.Generator, size: Size, *, air: Stops, snow: str, shade: str) -> Image.Image:
    """High mountains at the hour when only their tops have sun; a dark lake below."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay(mix(snow, air[1][1], 0.3), clouds(rng, size, cell_px=(300, 70), cover=0.35) * 0.6)
    for base, high, blend in [(0.42, 0.2, 0.55), (0.5, 0.26, 0.2)]:
        peaks = ridge(rng, base, high, roughness=0.6)
        facets = fractal(rng, size, (60, 130), octaves=5, gain=0.65)
        sunlit = smoothstep(0.45, 0.62, facets) * smoothstep(base + 0.14, base - 0.12, plane(size)[1])
        tones: Stops = [
            (0, mix_code(shade, air[-1][1], blend)),
            (0.5, mix_code(shade, snow, 0.3 + blend * 0.4)),
            (1, mix_code(snow, air[-1][1], blend * 0.5)),
        ]
        canvas.polygon(peaks, Shading(0.12 + sunlit * 0.9 + 0.15 * facets, tones))
        canvas.lay(
            air[-1][1],
            np.exp(-(((plane(size)[1] - base - 0.13) / 0.05) ** 2)) * 0.45 * fractal(rng, size, (260, 50)),
        )
    for x in np.linspace(-0.02, 1.02, 60):
        _spruce(
            canvas, (x + rng.normal(0, 0.008), 0.685), rng.uniform(0.03, 0.075), mix(shade, "#0c120f", 0.75)
        )
    canvas.polygon(ridge(rng, 0.68, 0.006), mix(shade, "#0c120f", 0.7))
    canvas.image = mirror(rng, canvas.image, 0.7, ripple_px=6)
    canvas.lay(mix(shade, "#0c141c", 0.6), np.where(plane(size)[1] > 0.7, 0.42, 0).astype(np.float32))
    bank = curve([(-0.02, 0.86), (0.2, 0.84), (0.4, 0.92), (0.6, 1.04), (-0.02, 1.04)], steps=10)
    canvas.polygon(
        bank, Shading(0.4 + 0.7 * (fractal(rng, size, (50, 20)) - 0.5), [(0, "#0c0c0a"), (1, "#4c4632")])
    )
    for x, tall in [(0.05, 0.5), (0.12, 0.36), (0.2, 0.26)]:
        _spruce(canvas, (x, 0.92), tall, mix("#0c120f", shade, 0.12))
    wanderer(canvas, (0.31, 0.92), 0.085, "#0e0c0c")
    return _finished(rng, canvas.image, depth=0.5)


def _spruce(canvas: Canvas, foot: Point, tall: float, tone: tuple[int, int, int]) -> None:
    half = tall * 0.17 * canvas.size[1] / canvas.size[0]
    tiers = []
    for share in np.linspace(0, 0.86, max(4, int(tall * 22))):
        reach = half * (1 - share) * 1.1
        tiers.append(
            [
                (foot[0] - reach, foot[1] - tall * (share + 0.05)),
                (foot[0], foot[1] - tall * min(1, share + 0.22)),
                (foot[0] + reach, foot[1] - tall * (share + 0.05)),
                (foot[0], foot[1] - tall * (share + 0.09)),
            ]
        )
    canvas.polygons(
        [*tiers, box(foot[0] - half * 0.08, foot[1] - tall * 0.2, foot[0] + half * 0.08, foot[1])], tone
    )


def moonrise(rng: np.random.Generator, size: Size, *, air: Stops, light: str, at: Point) -> Image.Image:
    """Moonlight on a quiet sea; two people on a rock watch it come up."""
    canvas = Canvas(size, vertical(size, air))
    bands = clouds(rng, size, cell_px=(460, 44), cover=0.55)
    canvas.lay(mix(air[0][1], light, 0.3), bands * 0.65)
    sun(canvas, at, 0.04, light, mix_code(light, air[1][1], 0.3), reach=5, strength=0.8)
    horizon = 0.6
    across, down = plane(size)
    glitter = np.exp(-(((across - at[0]) / (0.03 + 0.22 * np.clip(down - horizon, 0, 1))) ** 2))
    waves = fractal(rng, size, (46, 5), octaves=3)
    value = (
        0.16
        + 0.3 * (1 - down)
        + glitter * (0.25 + 0.75 * smoothstep(0.42, 0.66, waves)) * 0.8
        + 0.15 * (waves - 0.5)
    )
    water = colourise(value, [(0, mix_code(air[0][1], "#04060a", 0.5)), (0.5, air[1][1]), (1, light)])
    canvas.polygon(box(-0.02, horizon, 1.02, 1.02), water)
    for x, tall in [(0.62, 0.075), (0.5, 0.05), (0.8, 0.045)]:
        _ship(canvas, (x, horizon + 0.012), tall * 1.5, mix_code(air[1][1], "#0c0c10", 0.55))
    side = 0.24 if at[0] > 0.4 else 0.74
    rocks = curve(
        [
            (side - 0.34, 1.03),
            (side - 0.26, 0.87),
            (side - 0.1, 0.83),
            (side + 0.06, 0.84),
            (side + 0.17, 0.9),
            (side + 0.3, 1.03),
        ],
        steps=10,
    )
    canvas.polygon(
        rocks, Shading(0.3 + 0.7 * (fractal(rng, size, (60, 36)) - 0.4), [(0, "#08080a"), (1, "#4a4038")])
    )
    for offset, tall in [(-0.05, 0.14), (0.02, 0.13)]:
        wanderer(canvas, (side + offset, 0.855), tall, "#0c0b0e", stick=False)
    return _finished(rng, canvas.image, depth=0.5)


def glade(rng: np.random.Generator, size: Size, *, air: Stops, leaves: Stops) -> Image.Image:
    """Old oaks by a pond in the last light, birds going home."""
    canvas = Canvas(size, landscape.sky(rng, size, air, [(0, air[1][1]), (1, "#fff0cc")], cover=0.45))
    canvas.glow("#ffd08a", 0.7 * np.exp(-((distance(size, (0.55, 0.62)) / 0.3) ** 2)))
    canvas.polygon(ridge(rng, 0.63, 0.03), mix(leaves[1][1], air[-1][1], 0.5))
    canvas.polygon(box(-0.02, 0.67, 1.02, 1.02), "#4a3c24")
    for x, reach in [(0.13, 0.21), (0.86, 0.25), (0.33, 0.1), (0.67, 0.09)]:
        tips = branches(canvas, rng, (x, 0.72), reach * 0.75, "#1a120c", width_px=reach * 130, depth=4)
        for tip in tips[::2]:
            crown(canvas, rng, tip, (reach * 0.42, reach * 0.36), leaves, leaf_px=12)
    canvas.image = mirror(rng, canvas.image, 0.73, ripple_px=8)
    canvas.lay("#2c2216", np.where(plane(size)[1] > 0.73, 0.4, 0).astype(np.float32))
    bank = ridge(rng, 0.93, 0.03)
    canvas.polygon(
        bank, Shading(0.4 + 0.8 * (fractal(rng, size, (24, 14)) - 0.5), [(0, "#0e0c06"), (1, "#5c5028")])
    )
    for _ in range(16):
        x, y, r = 0.5 + rng.normal(0, 0.16), 0.24 + rng.normal(0, 0.06), rng.uniform(0.004, 0.008)
        canvas.ribbon(curve([(x - r, y - r * 0.6), (x, y), (x + r, y - r * 0.6)]), "#2c2018", 1.8)
    return _finished(rng, canvas.image, depth=0.5, rough=0.4)


DAWN: Stops = [(0, "#6d86a8"), (0.35, "#a8b4c0"), (0.6, "#e9d6c0"), (1, "#e4d8cc")]
ROSY: Stops = [(0, "#5c5a80"), (0.3, "#a07c8c"), (0.5, "#eab48c"), (1, "#e6cbb4")]
MOON: Stops = [(0, "#0f1626"), (0.4, "#2c3c50"), (0.7, "#5c6c74"), (1, "#7d8a86")]
WINTER: Stops = [(0, "#4a4a54"), (0.4, "#8c7c74"), (0.7, "#d9b48a"), (1, "#c9b8a4")]
FIRE: Stops = [
    (0, "#0f1420"),
    (0.3, "#3c3440"),
    (0.5, "#8a4a34"),
    (0.7, "#dc8438"),
    (0.88, "#fbd078"),
    (1, "#fff6d0"),
]
STEEL: Stops = [(0, "#0d141c"), (0.3, "#2c3c48"), (0.55, "#6a7c80"), (0.75, "#b8b098"), (1, "#fff2cc")]
DEEP: Stops = [(0, "#060a0e"), (0.4, "#1f3138"), (0.7, "#6a5c40"), (1, "#f0c070")]
GREEN_SEA: Stops = [(0, "#081012"), (0.4, "#27423f"), (0.7, "#7d9080"), (1, "#e6dfc0")]
SUNSET: Stops = [(0, "#5a6a8c"), (0.35, "#b08c88"), (0.55, "#f0b468"), (0.75, "#fbdc98"), (1, "#f0c88a")]

WORKS = (
    work("Above the morning fog", fog, (900, 700), air=DAWN, rock="#4a5468", at=0.2),
    work("Abbey ruin by moonlight", ruin, (720, 900), air=MOON, light="#f2ecd0", at=(0.72, 0.2), snow=False),
    work("Ship in the red storm", storm_at_sea, (940, 660), air=FIRE, sea=DEEP, at=(0.66, 0.46)),
    work(
        "Last sun on the peaks",
        alpine_lake,
        (900, 680),
        air=[(0, "#4c6c9c"), (0.4, "#a0a8c0"), (0.6, "#f0ccb4"), (1, "#e0c4b4")],
        snow="#ffdcc0",
        shade="#46527a",
    ),
    work(
        "Moonrise over the sea",
        moonrise,
        (900, 720),
        air=[(0, "#1c2440"), (0.4, "#54587c"), (0.6, "#a08ca0"), (1, "#c0a8a8")],
        light="#fbeecb",
        at=(0.6, 0.38),
    ),
    work(
        "Oaks at evening",
        glade,
        (880, 720),
        air=SUNSET,
        leaves=[(0, "#120e06"), (0.5, "#4a3c18"), (1, "#a88438")],
    ),
    work("Winter ruin", ruin, (900, 660), air=WINTER, light="#ffe6b8", at=(0.5, 0.5), snow=True),
    work("Valley of clouds", fog, (700, 900), air=ROSY, rock="#5a4c5c", at=0.72),
    work("Grey gale", storm_at_sea, (900, 740), air=STEEL, sea=GREEN_SEA, at=(0.3, 0.4)),
    work(
        "Mountain lake at dusk",
        alpine_lake,
        (700, 880),
        air=[(0, "#26304e"), (0.45, "#6a6c8c"), (0.62, "#c99a94"), (1, "#b08c8c")],
        snow="#f4c8a8",
        shade="#333a5c",
    ),
    work(
        "Silver night",
        moonrise,
        (960, 600),
        air=[(0, "#0c1418"), (0.4, "#2f444c"), (0.6, "#6c8080"), (1, "#8a9890")],
        light="#f0f2e0",
        at=(0.32, 0.26),
    ),
    work(
        "Pond in the last light",
        glade,
        (700, 860),
        air=[(0, "#3c4664"), (0.35, "#8a7484"), (0.6, "#e08c58"), (0.78, "#f8c074"), (1, "#d89458")],
        leaves=[(0, "#0b0a08"), (0.5, "#2c2a18"), (1, "#80682c")],
    ),
)
