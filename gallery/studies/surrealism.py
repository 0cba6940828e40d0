"""Surrealism: an endless plain, long shadows, and things that have no business there."""

import numpy as np
from PIL import Image

from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, near, plane, vertical
from gallery.studies.landscape import mix_code
from gallery.studies.motifs import Point, ball, branches, clouds, ridge, wanderer
from gallery.studies.noise import fractal, smoothstep
from gallery.studies.surface import grain, vignette, weave
from gallery.studies.work import work

CLOUD_AIR: Stops = [(0, "#4c84b8"), (1, "#b8d4e0")]


def _smooth(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """A finish without a brush mark, but for a breath of one."""
    flow = along_edges(image, drifting(rng, image.size, cell_px=300, turn=0.5), blur_px=6)
    brush = Brushwork(image)
    brush.cover(
        image, rng, length_px=26, width_px=8, flow=flow, step_px=12, jitter=2, tint=1.2, dry=0.6, blur_px=1
    )
    brush.restate(image, opacity=0.9)
    soft = Image.blend(image, brush.finish(relief=0.2), 0.5)
    return weave(rng, grain(rng, vignette(soft, depth=0.28), depth=2), depth=0.08)


def _plain(rng: np.random.Generator, size: Size, air: Stops, sand: Stops, horizon: float) -> Canvas:
    """Sky and an empty floor that fades into it."""
    canvas = Canvas(size, vertical(size, [(p * horizon, c) for p, c in air] + [(1, air[-1][1])]))
    veil = clouds(rng, size, cell_px=(500, 40), cover=0.35)
    canvas.lay("#fff4e0", veil * 0.35 * smoothstep(horizon, horizon * 0.4, plane(size)[1]))
    depth = np.clip((plane(size)[1] - horizon) / (1 - horizon), 0, 1)
    value = depth**0.6 * 0.85 + (fractal(rng, size, (300, 14), octaves=3) - 0.5) * 0.12 * depth + 0.04
    canvas.polygon(box(-0.02, horizon, 1.02, 1.02), Shading(value, sand))
    far = ridge(rng, horizon - 0.008, 0.03, roughness=0.55)
    far[:-2, 1] = np.minimum(far[:-2, 1], horizon + 0.002)
    far[-2:, 1] = horizon + 0.002
    canvas.polygon(far, mix(air[-1][1], sand[0][1], 0.5), opacity=0.9)
    return canvas


def _cast(
    canvas: Canvas, foot: Point, wide: float, long: float, *, lean: float = 0.3, depth: float = 0.55
) -> None:
    """A long shadow on the floor, to the right and towards us."""
    shape = [
        (foot[0] - wide, foot[1]),
        (foot[0] + wide, foot[1]),
        (foot[0] + wide * 1.1 + long, foot[1] + lean * long),
        (foot[0] - wide * 1.1 + long, foot[1] + lean * long),
    ]
    canvas.polygon(shape, "#1c1830", soft_px=3, opacity=depth)


def spheres(
    rng: np.random.Generator, size: Size, *, air: Stops, sand: Stops, tones: tuple[Stops, ...]
) -> Image.Image:
    """Spheres hovering over the plain, each with its shadow far below; one is a piece of sky."""
    canvas = _plain(rng, size, air, sand, 0.58)
    spots = [
        (0.24, 0.42, 0.045),
        (0.82, 0.5, 0.03),
        (0.62, 0.3, 0.085),
        (0.36, 0.24, 0.055),
        (0.48, 0.55, 0.14),
    ]
    for order, (x, y, reach) in enumerate(spots):
        spot = (x + rng.normal(0, 0.015), y + rng.normal(0, 0.015))
        ground = 0.62 + reach * 1.9
        wide, _ = canvas.radii(reach)
        canvas.polygon(
            oval((spot[0] + 0.06, ground), (wide * 1.1, reach * 0.22)), "#1c1830", soft_px=5, opacity=0.6
        )
        ball(canvas, spot, reach, tones[order % len(tones)], gloss=0.45)
    _sky_disc(canvas, rng, (0.16 if rng.random() < 0.5 else 0.84, 0.2), 0.09)
    wanderer(canvas, (0.14, 0.72), 0.1, "#24202c", stick=False)
    _cast(canvas, (0.14, 0.72), 0.008, 0.16, lean=0.25)
    return _smooth(rng, canvas.image)


def _sky_disc(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float) -> None:
    """A round hole through which another day is seen."""
    air = colourise(plane(canvas.size)[1] * 1.6, CLOUD_AIR)
    sheet = Canvas(canvas.size, air)
    sheet.lay("#fdfaf2", clouds(rng, canvas.size, cell_px=(110, 60), cover=0.5))
    canvas.disc((spot[0] + 0.004, spot[1] + 0.006), reach * 1.04, "#1c1830", soft_px=4, opacity=0.6)
    canvas.disc(spot, reach, sheet.image)


def doors(
    rng: np.random.Generator, size: Size, *, air: Stops, sand: Stops, wood: str, inside: Stops
) -> Image.Image:
    """Doors standing in the open, ajar on to another hour."""
    canvas = _plain(rng, size, air, sand, 0.55)
    path = curve([(0.36, 0.87), (0.56, 0.78), (0.5, 0.7), (0.66, 0.64), (0.7, 0.585)])
    for order, spot in enumerate(path[::5]):
        step = canvas.radii(0.004 + 0.02 * (spot[1] - 0.56))
        canvas.polygon(
            oval((spot[0] + (0.006 if order % 2 else -0.006), spot[1]), (step[0], step[1] * 0.4)),
            "#2c2438",
            opacity=0.5,
        )
    for x, foot, tall in [(0.82, 0.62, 0.16), (0.66, 0.68, 0.26), (0.34, 0.86, 0.6)]:
        _door(canvas, rng, (x + rng.normal(0, 0.02), foot), tall, wood, inside)
    return _smooth(rng, canvas.image)


def _door(
    canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, wood: str, inside: Stops
) -> None:
    wide = tall * 0.46 * canvas.size[1] / canvas.size[0]
    x, y = foot
    _cast(canvas, (x + wide * 0.5, y), wide * 0.55, tall * 0.9, lean=0.28)
    frame, dark = mix(wood, "#ffffff", 0.25), mix(wood, "#14101c", 0.5)
    canvas.polygon(box(x - wide * 0.1, y - tall * 1.05, x + wide * 1.1, y), frame)
    canvas.polygon(box(x + wide * 1.06, y - tall * 1.05, x + wide * 1.1, y), dark)
    sheet = Canvas(
        canvas.size,
        vertical(
            canvas.size,
            [(max(0, y - tall), inside[0][1]), (y - tall * 0.3, inside[1][1]), (y, inside[-1][1])],
        ),
    )
    sheet.lay("#fff6e6", clouds(rng, canvas.size, cell_px=(120, 50), cover=0.4), 0.7)
    canvas.polygon(box(x, y - tall, x + wide, y), sheet.image)
    canvas.disc((x + wide * 0.62, y - tall * 0.7), tall * 0.07, "#fff4d0", soft_px=2)
    canvas.polygon(box(x, y - tall * 0.22, x + wide, y), mix(inside[-1][1], "#1c3c5c", 0.6))
    leaf = [(x, y - tall), (x - wide * 0.62, y - tall * 0.93), (x - wide * 0.62, y + tall * 0.07), (x, y)]
    canvas.polygon(leaf, wood)
    for top, bottom in [(0.88, 0.56), (0.46, 0.1)]:
        panel = [
            (x - wide * 0.12, y - tall * top),
            (x - wide * 0.5, y - tall * (top - 0.04)),
            (x - wide * 0.5, y - tall * (bottom - 0.055)),
            (x - wide * 0.12, y - tall * (bottom - 0.01)),
        ]
        canvas.polygon(panel, dark, opacity=0.6)
    canvas.disc((x - wide * 0.54, y - tall * 0.44), tall * 0.016, "#e8c870")


def silhouette(
    rng: np.random.Generator, size: Size, *, air: Stops, sand: Stops, filling: str, shape: str
) -> Image.Image:
    """Something familiar that is made of sky, or of night, or of wood."""
    canvas = _plain(rng, size, air, sand, 0.62)
    sheet = _filling(rng, canvas, filling)
    _cast(canvas, (0.5, 0.92), 0.14, 0.4, lean=0.12, depth=0.5)
    outlines = [_in_middle(canvas, curve(part, steps=8, closed=True)) for part in SHAPES[shape]]
    canvas.polygons([np.add(part, (0.006, 0.004)) for part in outlines], "#14101c", soft_px=5, opacity=0.5)
    canvas.polygons(outlines, sheet.image)
    for x, y, reach in [(0.13, 0.36, 0.045), (0.87, 0.2, 0.06), (0.93, 0.52, 0.03)]:
        ball(
            canvas,
            (x, y),
            reach,
            [(0, "#3c1408"), (0.5, "#b84c24"), (0.85, "#f0a060"), (1, "#fff0d8")],
            gloss=0.5,
        )
        canvas.polygon(
            oval((x + 0.04, 0.7 + reach), (reach * 0.8, reach * 0.16)), "#1c1830", soft_px=4, opacity=0.5
        )
    return _smooth(rng, canvas.image)


def _in_middle(canvas: Canvas, points: np.ndarray) -> np.ndarray:
    """An outline from 0 to 1 set upright on the plain, not stretched."""
    tall = 0.78
    wide = tall * canvas.size[1] / canvas.size[0]
    if wide > 0.86:
        wide, tall = 0.86, 0.86 * canvas.size[0] / canvas.size[1]
    return np.stack([0.5 + (points[:, 0] - 0.5) * wide, 0.935 - (1 - points[:, 1]) * tall], axis=1)


CAT = [
    (0.3, 1.0),
    (0.26, 0.82),
    (0.32, 0.6),
    (0.37, 0.46),
    (0.34, 0.34),
    (0.33, 0.2),
    (0.35, 0.06),
    (0.43, 0.13),
    (0.52, 0.13),
    (0.6, 0.06),
    (0.62, 0.2),
    (0.61, 0.34),
    (0.58, 0.46),
    (0.64, 0.6),
    (0.7, 0.8),
    (0.68, 1.0),
]
TAIL = [
    (0.62, 0.99),
    (0.8, 0.97),
    (0.88, 0.84),
    (0.83, 0.7),
    (0.87, 0.66),
    (0.94, 0.8),
    (0.9, 0.98),
    (0.78, 1.0),
]
PITCHER = [
    (0.34, 1.0),
    (0.26, 0.86),
    (0.24, 0.68),
    (0.34, 0.48),
    (0.42, 0.34),
    (0.41, 0.2),
    (0.3, 0.12),
    (0.42, 0.08),
    (0.62, 0.09),
    (0.59, 0.2),
    (0.58, 0.34),
    (0.66, 0.48),
    (0.76, 0.68),
    (0.74, 0.86),
    (0.66, 1.0),
]
HANDLE = [
    (0.58, 0.2),
    (0.72, 0.14),
    (0.87, 0.26),
    (0.86, 0.44),
    (0.72, 0.56),
    (0.7, 0.52),
    (0.8, 0.42),
    (0.81, 0.29),
    (0.72, 0.21),
    (0.6, 0.26),
]
PROFILE = [
    (0.2, 1.0),
    (0.24, 0.88),
    (0.4, 0.8),
    (0.42, 0.68),
    (0.32, 0.64),
    (0.3, 0.58),
    (0.26, 0.55),
    (0.28, 0.51),
    (0.26, 0.47),
    (0.19, 0.43),
    (0.27, 0.3),
    (0.27, 0.18),
    (0.4, 0.06),
    (0.6, 0.05),
    (0.74, 0.18),
    (0.74, 0.38),
    (0.65, 0.54),
    (0.65, 0.76),
    (0.86, 0.87),
    (0.9, 1.0),
]
SHAPES = {"cat": [CAT, TAIL], "pitcher": [PITCHER, HANDLE], "profile": [PROFILE]}


def _filling(rng: np.random.Generator, canvas: Canvas, filling: str) -> Canvas:
    size = canvas.size
    if filling == "sky":
        sheet = Canvas(size, vertical(size, [(0, "#3c78b0"), (0.6, "#8cb8d4"), (1, "#d4e4e4")]))
        sheet.lay("#fdfaf2", clouds(rng, size, cell_px=(170, 80), cover=0.55))
    elif filling == "night":
        sheet = Canvas(size, vertical(size, [(0, "#0c1028"), (0.7, "#2c2c5c"), (1, "#6c4c6c")]))
        for _ in range(240):
            sheet.disc((rng.random(), rng.random()), 0.0008 + 0.0026 * rng.random() ** 3, "#fff4dc")
        sheet.disc((0.5, 0.71), 0.05, "#f8ecc0")
    else:
        sheet = Canvas(size, vertical(size, [(0, "#8ca890"), (1, "#c8c890")]))
        for x in np.linspace(0.3, 0.7, 17) + rng.normal(0, 0.008, 17):
            sheet.ribbon(
                [(x, 0.1), (x + rng.normal(0, 0.008), 0.96)], near(rng, "#3c3024", 10), rng.uniform(4, 15)
            )
        sheet.polygon(box(0, 0.86, 1, 1), "#4c5c34", soft_px=8)
    return sheet


def soft_things(
    rng: np.random.Generator, size: Size, *, air: Stops, sand: Stops, cloth: Stops
) -> Image.Image:
    """A cloth that hangs over nothing, a tree growing out of a block, an egg waiting."""
    canvas = _plain(rng, size, air, sand, 0.5)
    block = [(0.08, 0.66), (0.4, 0.64), (0.4, 0.8), (0.08, 0.84)]
    _cast(canvas, (0.26, 0.81), 0.15, 0.4, lean=0.2)
    canvas.polygon(
        block,
        Shading(
            0.35 + 0.25 * plane(size)[0] + 0.1 * (fractal(rng, size, 60) - 0.5),
            [(0, "#4c3424"), (1, "#a87c50")],
        ),
    )
    canvas.polygon([(0.08, 0.66), (0.16, 0.6), (0.46, 0.585), (0.4, 0.64)], "#d8b484")
    canvas.polygon([(0.4, 0.64), (0.46, 0.585), (0.46, 0.73), (0.4, 0.8)], "#4c3424")
    branches(canvas, rng, (0.2, 0.63), 0.15, "#4c3c34", width_px=16, depth=4, spread=0.7)
    _hanging(canvas, rng, cloth)
    spot = (0.8, 0.74)
    _cast(canvas, (0.8, 0.82), 0.04, 0.16, lean=0.2)
    egg = curve(
        [
            (spot[0], spot[1] - 0.15),
            (spot[0] + 0.07, spot[1] - 0.02),
            (spot[0] + 0.06, spot[1] + 0.07),
            (spot[0], spot[1] + 0.1),
            (spot[0] - 0.06, spot[1] + 0.07),
            (spot[0] - 0.07, spot[1] - 0.02),
        ],
        closed=True,
    )
    light = 0.95 - distance(size, (spot[0] - 0.025, spot[1] - 0.05)) * 5
    canvas.polygon(egg, Shading(light, [(0, "#6c5c5c"), (0.5, "#d0bca8"), (1, "#fffaf0")]))
    crack = [
        (spot[0] - 0.05, spot[1] - 0.01),
        (spot[0] - 0.02, spot[1] - 0.03),
        (spot[0], spot[1]),
        (spot[0] + 0.03, spot[1] - 0.035),
        (spot[0] + 0.055, spot[1]),
    ]
    canvas.ribbon(crack, "#3c2c2c", 2.5)
    return _smooth(rng, canvas.image)


def _hanging(canvas: Canvas, rng: np.random.Generator, cloth: Stops) -> None:
    """A sheet with a soft hem, hung on a line that is not there."""
    x = np.linspace(0.5, 0.72, 40)
    hem = 0.56 + 0.1 * np.abs(np.sin((x - 0.5) * 26)) ** 1.5 - 0.1 * (x - 0.5)
    top = 0.26 + 0.05 * np.sin((x - 0.5) * 14)
    shape = np.vstack([np.stack([x, top], axis=1), np.stack([x, hem], axis=1)[::-1]])
    pleats = 0.5 + 0.36 * np.sin((plane(canvas.size)[0] - 0.5) * 62 + plane(canvas.size)[1] * 5)
    _cast(canvas, (0.61, 0.72), 0.1, 0.2, lean=0.2, depth=0.4)
    canvas.polygon(shape, Shading(pleats, cloth))
    for drop in (0.1, 0.45, 0.8):
        spot = x[int(drop * 39)], hem[int(drop * 39)]
        bead = [(0, 0.01), (0.012, 0.05), (0, 0.065), (-0.012, 0.05)]
        outline = curve([(spot[0] + dx, spot[1] + dy) for dx, dy in bead], closed=True)
        canvas.polygon(outline, mix(cloth[1][1], cloth[-1][1], 0.5))


def stairs(rng: np.random.Generator, size: Size, *, air: Stops, sand: Stops, stone: Stops) -> Image.Image:
    """Steps that lead up and end; a moon sits on the last one."""
    canvas = _plain(rng, size, air, sand, 0.66)
    _cast(canvas, (0.5, 0.88), 0.3, 0.36, lean=0.2, depth=0.45)
    for share in np.linspace(0, 1, 13):
        x, y, foot = 0.2 + 0.5 * share, 0.88 - 0.6 * share, 0.885 - 0.045 * share
        half = 0.085 - 0.035 * share
        light = 0.75 - 0.3 * share + 0.1 * (fractal(rng, size, 50) - 0.5)
        right = x + half + 0.03
        canvas.polygon(box(x - half, y, x + half, foot), Shading(light * 0.6, stone))
        tread = [(x - half, y), (x + half, y), (right, y - 0.018), (x - half + 0.03, y - 0.018)]
        canvas.polygon(tread, Shading(light + 0.2, stone))
        side = [(x + half, y), (right, y - 0.018), (right, foot - 0.017), (x + half, foot)]
        canvas.polygon(side, Shading(light * 0.3, stone))
    moon = (0.74, 0.19)
    canvas.glow("#fff0c8", 0.5 * np.exp(-((distance(size, moon) / 0.2) ** 2)))
    pale: Stops = [(0, "#5c5470"), (0.5, "#c8bca8"), (1, "#fffbe8")]
    ball(canvas, moon, 0.09, pale, light=(-0.4, -0.3, 0.87), gloss=0, bloom=fractal(rng, size, 46, octaves=5))
    wanderer(canvas, (0.32, 0.735), 0.1, "#1c1824", stick=False)
    for x, y, reach in [(0.12, 0.2, 0.09), (0.44, 0.12, 0.07), (0.9, 0.42, 0.06)]:
        _little_cloud(canvas, (x, y), reach)
    return _smooth(rng, canvas.image)


def _little_cloud(canvas: Canvas, spot: Point, reach: float) -> None:
    """A cloud as solid as furniture, flat below, with a string hanging from it."""
    wide, tall = canvas.radii(reach)
    puffs = [(-0.7, 0.1, 0.4), (-0.2, -0.2, 0.55), (0.35, -0.05, 0.48), (0.8, 0.15, 0.32)]
    canvas.ribbon([(spot[0], spot[1]), (spot[0] + 0.004, spot[1] + tall * 2.6)], "#54485c", 1.4)
    canvas.polygons(
        [oval((spot[0] + x * wide, spot[1] + y * tall), (r * wide, r * tall)) for x, y, r in puffs],
        "#b8b4c4",
        soft_px=2,
    )
    canvas.polygons(
        [
            oval(
                (spot[0] + x * wide - wide * 0.04, spot[1] + y * tall - tall * 0.08),
                (r * wide * 0.86, r * tall * 0.82),
            )
            for x, y, r in puffs
        ],
        "#fdfaf2",
        soft_px=5,
    )


def window_inside(
    rng: np.random.Generator, size: Size, *, wall: Stops, air: Stops, sea: Stops
) -> Image.Image:
    """A room with the sea coming up to the window sill, and a fish of stone in it."""
    across, down = plane(size)
    canvas = Canvas(
        size, colourise(0.75 - 0.45 * np.abs(across - 0.5) + 0.12 * (fractal(rng, size, 160) - 0.5), wall)
    )
    canvas.polygon(
        [(-0.01, 1.01), (0.18, 0.8), (0.82, 0.8), (1.01, 1.01)],
        Shading(down * 0.8, [(0, wall[0][1]), (1, mix_code(wall[1][1], "#20141c", 0.3))]),
    )
    frame = box(0.22, 0.1, 0.78, 0.72)
    view = Canvas(
        size, vertical(size, [(0.1, air[0][1]), (0.4, air[1][1]), (0.46, air[-1][1]), (1, air[-1][1])])
    )
    view.lay("#fdfaf2", clouds(rng, size, cell_px=(180, 70), cover=0.5) * (down < 0.44))
    waves = fractal(rng, size, (60, 7), octaves=3)
    view.polygon(box(0, 0.44, 1, 1), Shading((down - 0.4) * 1.6 + 0.6 * (waves - 0.5), sea))
    canvas.polygon(np.add(frame, 0.008), "#14101c", soft_px=8, opacity=0.5)
    canvas.polygon(box(0.2, 0.08, 0.8, 0.74), mix(wall[-1][1], "#ffffff", 0.3))
    canvas.polygon(frame, view.image)
    spill = curve(
        [
            (0.22, 0.72),
            (0.4, 0.7),
            (0.6, 0.73),
            (0.78, 0.71),
            (0.86, 0.86),
            (0.7, 0.9),
            (0.5, 0.88),
            (0.3, 0.94),
            (0.16, 0.88),
        ],
        closed=True,
    )
    canvas.polygon(spill, Shading((down - 0.4) * 1.4 + 0.6 * (waves - 0.5), sea), opacity=0.92)
    canvas.ribbon(np.vstack([spill, spill[:1]]), "#f4f4ea", 3, opacity=0.6)
    canvas.ribbon([(0.5, 0.1), (0.5, 0.69)], mix(wall[-1][1], "#ffffff", 0.2), 10)
    canvas.ribbon([(0.22, 0.4), (0.78, 0.4)], mix(wall[-1][1], "#ffffff", 0.2), 10)
    _stone_fish(canvas, rng, (0.6, 0.3), 0.16)
    ball(
        canvas,
        (0.2, 0.86),
        0.07,
        [(0, "#10240c"), (0.5, "#4c8c34"), (0.85, "#b8d878"), (1, "#ffffff")],
        gloss=0.5,
    )
    return _smooth(rng, canvas.image)


def _stone_fish(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float) -> None:
    wide, tall = canvas.radii(reach)

    def at(points: Points) -> np.ndarray:
        return np.array([(spot[0] + x * wide, spot[1] + y * tall) for x, y in points])

    body = curve(
        at(
            [
                (-1, 0),
                (-0.5, -0.34),
                (0.1, -0.36),
                (0.6, -0.1),
                (1.0, -0.4),
                (0.9, 0),
                (1.0, 0.4),
                (0.6, 0.1),
                (0.1, 0.34),
                (-0.5, 0.3),
            ]
        ),
        steps=8,
        closed=True,
    )
    skin = (
        0.62
        - (plane(canvas.size)[1] - spot[1]) / tall * 0.5
        + 0.6 * (fractal(rng, canvas.size, 26, octaves=5) - 0.5)
    )
    canvas.polygon(body, Shading(skin, [(0, "#2c2a2c"), (0.5, "#8a857c"), (1, "#e0dac8")]))
    canvas.disc(tuple(at([(-0.66, -0.06)])[0]), reach * 0.07, "#1c1a1c")
    canvas.ribbon(curve(at([(-0.4, -0.26), (-0.3, 0), (-0.42, 0.24)])), "#3c3836", 2.5)


DUSK: Stops = [(0, "#2c4c6c"), (0.45, "#7c9ca4"), (0.8, "#e8cc9c"), (1, "#f4dca8")]
NOON: Stops = [(0, "#2c6ca8"), (0.5, "#7cb0cc"), (0.85, "#d8e0d0"), (1, "#f0e8d0")]
VIOLET: Stops = [(0, "#2c2450"), (0.45, "#7c5c8c"), (0.8, "#e09c8c"), (1, "#f4c49c")]
GREEN: Stops = [(0, "#1c3c40"), (0.45, "#5c8c7c"), (0.8, "#c8cc90"), (1, "#ecdca0")]
OCHRE: Stops = [(0, "#e8cc94"), (0.5, "#cc9c5c"), (1, "#8c5c34")]
PALE: Stops = [(0, "#f0e0bc"), (0.5, "#d8bc8c"), (1, "#a8845c")]
ROSE: Stops = [(0, "#f0c09c"), (0.5, "#b87c6c"), (1, "#6c4454")]
IVORY: Stops = [(0, "#3c3440"), (0.5, "#b8a890"), (0.85, "#f0e4cc"), (1, "#ffffff")]
RED: Stops = [(0, "#2c080c"), (0.5, "#a82c24"), (0.85, "#f08c6c"), (1, "#fff0e8")]
TEAL: Stops = [(0, "#08201f"), (0.5, "#2c7c78"), (0.85, "#98d0bc"), (1, "#ffffff")]
GOLD: Stops = [(0, "#2c1c04"), (0.5, "#b8842c"), (0.85, "#f4d880"), (1, "#ffffff")]
SEA: Stops = [(0, "#1c4c5c"), (0.5, "#3c8c94"), (1, "#b8dcc8")]

WORKS = (
    work("Spheres at six o'clock", spheres, (940, 680), air=DUSK, sand=OCHRE, tones=(IVORY, RED, TEAL)),
    work(
        "Doors on the plain",
        doors,
        (900, 720),
        air=NOON,
        sand=PALE,
        wood="#3c6c5c",
        inside=[(0, "#2c2450"), (0.5, "#a86c84"), (1, "#f0b484")],
    ),
    work(
        "A pitcher of weather", silhouette, (720, 900), air=VIOLET, sand=ROSE, filling="sky", shape="pitcher"
    ),
    work(
        "Cloth, tree, egg",
        soft_things,
        (940, 700),
        air=NOON,
        sand=OCHRE,
        cloth=[(0, "#4c1c1c"), (0.5, "#b84c3c"), (1, "#f4b898")],
    ),
    work(
        "Stairs to the moon",
        stairs,
        (740, 900),
        air=[(0, "#1c2448"), (0.5, "#54608c"), (0.85, "#b89ca0"), (1, "#e0c0a4")],
        sand=ROSE,
        stone=[(0, "#2c2838"), (0.5, "#8c8490"), (1, "#e8dccc")],
    ),
    work(
        "The sea at the window",
        window_inside,
        (760, 880),
        wall=[(0, "#4c2c24"), (0.5, "#a86c4c"), (1, "#dcb48c")],
        air=NOON,
        sea=SEA,
    ),
    work(
        "The cat that is the night", silhouette, (700, 920), air=NOON, sand=PALE, filling="night", shape="cat"
    ),
    work("Green evening with spheres", spheres, (760, 900), air=GREEN, sand=PALE, tones=(GOLD, IVORY, RED)),
    work(
        "Three exits",
        doors,
        (960, 600),
        air=VIOLET,
        sand=OCHRE,
        wood="#a83c2c",
        inside=[(0, "#2c78b8"), (0.5, "#8cc4dc"), (1, "#e8ecd0")],
    ),
    work(
        "Blue cloth, waiting egg",
        soft_things,
        (860, 780),
        air=GREEN,
        sand=PALE,
        cloth=[(0, "#14284c"), (0.5, "#4c7cb0"), (1, "#d4e4ec")],
    ),
    work(
        "Somebody thinks of a wood",
        silhouette,
        (860, 840),
        air=DUSK,
        sand=OCHRE,
        filling="wood",
        shape="profile",
    ),
    work(
        "High tide indoors",
        window_inside,
        (900, 720),
        wall=[(0, "#1c2c34"), (0.5, "#4c7078"), (1, "#a8c0b8")],
        air=VIOLET,
        sea=[(0, "#2c1c3c"), (0.5, "#7c5478"), (1, "#e8b8a0")],
    ),
)
