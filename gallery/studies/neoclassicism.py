"""Neoclassicism: order, clear outlines, even light; Rome and Greece as one would have built them."""

import math

import numpy as np
from PIL import Image

from gallery.studies import architecture
from gallery.studies import still_life as table
from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, plane, vertical
from gallery.studies.landscape import mix_code, sky
from gallery.studies.motifs import Point, branches, crown, folds, ridge, vessel, wanderer
from gallery.studies.noise import fractal, noise
from gallery.studies.surface import cracked, enhance, varnish, vignette
from gallery.studies.work import work


def _polished(rng: np.random.Generator, image: Image.Image, *, depth: float = 0.22) -> Image.Image:
    """The brush hidden, the outline kept, a thin even varnish."""
    flow = along_edges(image, drifting(rng, image.size, cell_px=200, turn=0.9), blur_px=6)
    brush = Brushwork(image)
    brush.cover(
        image, rng, length_px=24, width_px=8, flow=flow, step_px=12, jitter=2.5, tint=1.5, dry=0.6, blur_px=1
    )
    brush.restate(image, opacity=0.9)
    soft = Image.blend(image, brush.finish(relief=0.25), 0.55)
    return cracked(
        rng, varnish(vignette(enhance(soft, contrast=1.05), depth=depth), strength=0.18), depth=0.05
    )


def temple_view(
    rng: np.random.Generator, size: Size, *, air: Stops, stone: Stops, leaves: Stops, columns: int
) -> Image.Image:
    """A temple on its lawn, pines to one side, hills behind."""
    canvas = Canvas(size, sky(rng, size, air, [(0, "#b8c0c4"), (1, "#fffaf0")], cover=0.38))
    canvas.polygon(ridge(rng, 0.56, 0.06, roughness=0.45), mix(air[-1][1], "#5c7484", 0.45))
    canvas.polygon(ridge(rng, 0.62, 0.03), mix(air[-1][1], leaves[1][1], 0.5))
    lawn = 0.3 + 0.5 * plane(size)[1] * 0.6 + 0.35 * (fractal(rng, size, (160, 16)) - 0.5)
    canvas.polygon(box(-0.02, 0.66, 1.02, 1.02), Shading(lawn, [(0, "#3c4428"), (1, "#a8a468")]))
    path = [(0.44, 0.76), (0.56, 0.76), (0.72, 1.02), (0.28, 1.02)]
    canvas.polygon(
        path, Shading(0.6 + 0.3 * (fractal(rng, size, (60, 14)) - 0.5), [(0, "#a08c68"), (1, "#e8d8b0")])
    )
    architecture.temple(
        canvas, rng, (0.5, 0.775), 0.62 if size[0] > size[1] else 0.74, 0.56, stone, columns=columns
    )
    for x, tall in [(0.06, 0.62), (0.93, 0.5)]:
        canvas.ribbon(
            curve([(x, 0.9), (x + 0.012, 0.7), (x - 0.008, 0.9 - tall)]), "#4c3a2c", np.linspace(20, 9, 25)
        )
        for dx, dy, r in [(0, 0, 0.12), (-0.07, 0.04, 0.09), (0.08, 0.035, 0.1)]:
            crown(canvas, rng, (x + dx, 0.9 - tall + dy), (r, r * 0.5), leaves, leaf_px=9, ragged=0.7)
    for x, y, tall in [(0.41, 0.87, 0.075), (0.455, 0.875, 0.07), (0.64, 0.81, 0.055)]:
        wanderer(canvas, (x, y), tall, "#6c4440" if x < 0.43 else "#44546c", stick=False)
    return _polished(rng, canvas.image)


def portico(rng: np.random.Generator, size: Size, *, air: Stops, stone: Stops, cloth: Stops) -> Image.Image:
    """Between great columns: a paved floor, a drape, an urn, and the bay beyond."""
    canvas = Canvas(size, sky(rng, size, air, [(0, "#b0bcc4"), (1, "#fff8ec")], cover=0.35))
    canvas.polygon(ridge(rng, 0.52, 0.07, roughness=0.5), mix(air[-1][1], "#5c708c", 0.5))
    canvas.polygon(
        box(-0.02, 0.56, 1.02, 0.72),
        vertical(size, [(0.56, mix_code(air[-1][1], "#4c7c94", 0.35)), (0.72, "#3c6c84")]),
    )
    architecture.checkered(canvas, 0.54, (0.5, 0.54), stone, squares=9, top=0.7)
    canvas.polygon(box(-0.02, 0.665, 1.02, 0.7), architecture.stone_fill(canvas, rng, stone, 0.72))
    for x in np.linspace(0.06, 0.94, 15):
        table_profile = [(0, 0.2), (0.15, 0.14), (0.5, 0.26), (0.85, 0.14), (1, 0.22)]
        vessel(canvas, (float(x), 0.668), 0.075, table_profile, stone, light=-0.4, gloss=0)
    canvas.polygon(box(-0.02, 0.575, 1.02, 0.595), architecture.stone_fill(canvas, rng, stone, 0.82))
    for x, foot in [(0.27, 0.8), (0.77, 0.8)]:
        architecture.column(canvas, rng, (x, foot), 0.74, stone, scrolls=True, flutes=11)
    canvas.polygon(box(-0.02, -0.02, 1.02, 0.065), architecture.stone_fill(canvas, rng, stone, 0.7))
    canvas.ribbon([(-0.02, 0.065), (1.02, 0.065)], stone[1][1], 3)
    _drape(canvas, rng, cloth)
    _plinth(canvas, rng, (0.53, 0.93), stone)
    return _polished(rng, canvas.image)


def _drape(canvas: Canvas, rng: np.random.Generator, cloth: Stops) -> None:
    """A heavy curtain gathered to the left column."""
    edge = curve(
        [
            (-0.02, -0.02),
            (0.62, -0.02),
            (0.5, 0.1),
            (0.28, 0.2),
            (0.16, 0.34),
            (0.13, 0.5),
            (0.15, 0.76),
            (-0.02, 0.8),
        ],
        steps=10,
    )
    across, down = plane(canvas.size)
    swing = np.hypot(across + 0.05, (down + 0.2) * 1.1)
    light = (
        0.42
        + 0.36 * np.sin(swing * 46 + across * 9 + (noise(rng, canvas.size, 150) - 0.5) * 3)
        - 0.25 * across
    )
    canvas.polygon(np.add(edge, (0.012, 0.01)), "#14100c", soft_px=10, opacity=0.45)
    canvas.polygon(edge, Shading(light, cloth))
    canvas.ribbon(curve([(-0.02, 0.4), (0.07, 0.43), (0.14, 0.4)]), "#c8a04c", 7)
    canvas.ribbon([(0.13, 0.41), (0.135, 0.5)], "#c8a04c", [4, 12])


def _plinth(canvas: Canvas, rng: np.random.Generator, foot: Point, stone: Stops) -> None:
    x, y = foot
    canvas.polygon(oval((x + 0.06, y), (0.16, 0.02)), "#1c1812", soft_px=10, opacity=0.5)
    across, _ = plane(canvas.size)
    canvas.polygon(box(x - 0.085, y - 0.17, x + 0.085, y), Shading(0.66 - 1.6 * (across - x), stone))
    for top, bottom, half in [(0.185, 0.165, 0.1), (0.02, 0.0, 0.1)]:
        canvas.polygon(box(x - half, y - top, x + half, y - bottom), Shading(0.8 - 1.5 * (across - x), stone))
    vessel(
        canvas,
        (x, y - 0.185),
        0.2,
        table.URN,
        stone,
        light=-0.5,
        gloss=0.1,
        grain=fractal(rng, canvas.size, 30),
    )


CAMEO = [
    (0.02, -0.62),
    (0.24, -0.56),
    (0.36, -0.42),
    (0.385, -0.27),
    (0.4, -0.2),
    (0.475, -0.06),
    (0.4, -0.03),
    (0.405, 0.03),
    (0.375, 0.065),
    (0.395, 0.11),
    (0.35, 0.16),
    (0.36, 0.24),
    (0.26, 0.31),
    (0.13, 0.3),
    (0.1, 0.46),
    (0.2, 0.62),
    (0.3, 0.76),
    (-0.34, 0.76),
    (-0.22, 0.52),
    (-0.24, 0.24),
    (-0.4, 0.0),
    (-0.42, -0.3),
    (-0.24, -0.56),
]


def cameo(
    rng: np.random.Generator, size: Size, *, ground: str, figure: Stops, frame: Stops, facing: int
) -> Image.Image:
    """A profile in low relief on a coloured ground, in an oval with a wreath."""
    canvas = Canvas(size, architecture.stone_fill(Canvas(size, ground), rng, frame, 0.62))
    wide, tall = canvas.radii(0.45)
    for share, lit in [(1.06, 0.4), (1.04, 0.86), (0.99, 0.55)]:
        canvas.polygon(
            oval((0.5, 0.5), (wide * share, tall * share)), architecture.stone_fill(canvas, rng, frame, lit)
        )
    glow = 0.8 - distance(size, (0.42, 0.4)) * 0.8
    canvas.polygon(
        oval((0.5, 0.5), (wide * 0.96, tall * 0.96)),
        Shading(glow, [(0, mix_code(ground, "#0c0c10", 0.5)), (1, ground)]),
    )
    _wreath(canvas, (wide * 0.84, tall * 0.84), figure)

    def at(points: Points) -> np.ndarray:
        return np.array([(0.5 + facing * x * wide * 0.92, 0.48 + y * tall * 0.92) for x, y in points])

    outline = at(curve(CAMEO, steps=8, closed=True))
    canvas.polygon(np.add(outline, (0.008, 0.01)), "#0c0a0c", soft_px=6, opacity=0.5)
    across, down = plane(size)
    light = (
        0.78 + facing * (across - 0.5) * 0.55 - (down - 0.45) * 0.35 + 0.05 * (fractal(rng, size, 40) - 0.5)
    )
    canvas.polygon(outline, Shading(light, figure))
    shade, lit = mix(figure[1][1], figure[2][1], 0.5), figure[-1][1]
    canvas.polygon(
        at(curve([(0.3, -0.16), (0.34, -0.1), (0.32, -0.06), (0.25, -0.09)], closed=True)), shade, soft_px=1.5
    )
    canvas.ribbon(at(curve([(0.23, -0.2), (0.31, -0.24), (0.37, -0.2)])), shade, 4, soft_px=1)
    canvas.ribbon(at(curve([(0.27, 0.1), (0.33, 0.105), (0.38, 0.1)])), shade, 3, soft_px=1)
    canvas.ribbon(at(curve([(-0.02, -0.02), (0.03, 0.16), (0.14, 0.28)])), shade, 5, soft_px=3, opacity=0.7)
    canvas.polygon(at(oval((-0.06, -0.06), (0.05, 0.09))), shade, soft_px=2, opacity=0.8)
    for k in range(16):
        start = 0.34 - 0.05 * k
        strand = curve(
            [
                (start * 0.9 + 0.02, -0.58 + 0.02 * k),
                (start - 0.12, -0.36 + 0.012 * k),
                (-0.2 - 0.012 * k, -0.1 + 0.03 * math.sin(k * 2.0)),
                (-0.36, 0.04 + 0.012 * k),
            ]
        )
        canvas.ribbon(at(strand), shade if k % 2 else lit, np.linspace(1.2, 4.5, len(strand)), opacity=0.75)
    for k in range(9):
        leaf_at = (0.28 - 0.075 * k, -0.47 + 0.024 * k + 0.02 * math.sin(k))
        leaf = curve(
            [
                leaf_at,
                (leaf_at[0] + 0.01, leaf_at[1] - 0.07),
                (leaf_at[0] + 0.09, leaf_at[1] - 0.1),
                (leaf_at[0] + 0.07, leaf_at[1] - 0.02),
            ],
            steps=5,
            closed=True,
        )
        canvas.polygon(at(leaf), lit)
        canvas.ribbon(at(np.vstack([leaf, leaf[:1]])), shade, 1.4)
    for k in range(4):
        fold = curve([(-0.3 + 0.13 * k, 0.76), (-0.14 + 0.1 * k, 0.62), (0.16 + 0.04 * k, 0.6 + 0.03 * k)])
        canvas.ribbon(at(fold), shade, np.linspace(7, 2, len(fold)), opacity=0.7, soft_px=1)
    return _polished(rng, canvas.image, depth=0.3)


def _wreath(canvas: Canvas, radii: tuple[float, float], figure: Stops) -> None:
    for side in (-1, 1):
        for turn in np.linspace(0.35, 2.7, 22):
            spot = (0.5 + side * math.sin(turn) * radii[0], 0.5 + math.cos(turn) * radii[1])
            for way in (-0.6, 0.6):
                heading = math.atan2(-math.sin(turn), side * math.cos(turn)) + way
                leaf = oval(
                    (spot[0] + 0.016 * math.cos(heading), spot[1] + 0.016 * math.sin(heading)),
                    (0.02, 0.0065),
                    turn=heading,
                )
                canvas.polygon(leaf, mix(figure[2][1], figure[1][1], 0.35), opacity=0.9)


def frieze(rng: np.random.Generator, size: Size, *, ground: Stops, figure: Stops) -> Image.Image:
    """A procession in relief between two mouldings."""
    canvas = Canvas(size, architecture.stone_fill(Canvas(size, "#000000"), rng, ground, 0.5))
    for top, bottom, lit in [
        (-0.01, 0.07, 0.85),
        (0.07, 0.1, 0.6),
        (0.1, 0.13, 0.95),
        (0.86, 0.9, 0.95),
        (0.9, 0.93, 0.6),
        (0.93, 1.01, 0.85),
    ]:
        canvas.polygon(
            box(-0.01, top, 1.01, bottom), architecture.stone_fill(canvas, rng, figure, lit * 0.82)
        )
    for k in range(26):
        x = (k + 0.5) / 26
        canvas.polygon(oval((x, 0.035), (0.0145, 0.024)), figure[3][1])
        canvas.polygon(oval((x + 0.002, 0.04), (0.008, 0.014)), figure[2][1])
        canvas.polygon(box(x - 0.012, 0.945, x + 0.006, 0.985), figure[2][1])
    bearing = ["urn", "garland", "branch", "urn", "tray", "garland", "branch"]
    count = 7 if size[0] > size[1] * 1.5 else 5
    for order, x in enumerate(np.linspace(0.085, 0.85, count)):
        _bearer(canvas, rng, (float(x), 0.86), 0.66 + rng.normal(0, 0.01), figure, bearing[order])
    return _polished(rng, canvas.image, depth=0.25)


def _bearer(
    canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, figure: Stops, bearing: str
) -> None:
    """A draped figure walking to the right, carrying something."""
    wide = tall * canvas.size[1] / canvas.size[0]
    stride = rng.uniform(0.05, 0.1)

    def at(points: Points) -> np.ndarray:
        return np.array([(foot[0] + x * wide, foot[1] - y * tall) for x, y in points])

    robe = curve(
        at(
            [
                (-0.17, 0.03),
                (-0.13, 0.4),
                (-0.11, 0.6),
                (-0.115, 0.76),
                (-0.04, 0.83),
                (0.05, 0.82),
                (0.09, 0.74),
                (0.07, 0.58),
                (0.1, 0.4),
                (0.14 + stride, 0.04),
                (0.0, 0.02),
            ]
        ),
        steps=8,
        closed=True,
    )
    head = at(oval((0.035, 0.915), (0.055, 0.066)))
    nose = at([(0.085, 0.93), (0.105, 0.905), (0.082, 0.9)])
    arm = canvas.outline(
        curve(at([(0.03, 0.76), (0.12, 0.66), (0.2, 0.74)])),
        np.linspace(0.075, 0.045, 25) * wide * canvas.size[0],
    )
    foot_shape = at(oval((0.13 + stride, 0.02), (0.06, 0.018)))
    shapes = [
        robe,
        head,
        nose,
        arm,
        foot_shape,
        at(oval((-0.005, 0.94), (0.05, 0.05))),
        at(box(0.0, 0.8, 0.055, 0.88)),
    ]
    canvas.polygons([np.add(s, (0.008, 0.008)) for s in shapes], figure[0][1], soft_px=5, opacity=0.55)
    across, down = plane(canvas.size)
    pleats = 0.6 + 0.24 * np.sin(
        ((across - foot[0]) / wide * (1.2 + (foot[1] - down) / tall * 1.4) - (down - foot[1]) / tall * 0.12)
        * 62
    )
    side = -0.3 * (across - foot[0]) / wide
    canvas.polygons(shapes[1:], Shading(0.82 + side, figure))
    canvas.polygon(robe, Shading(pleats * 0.95 + side, figure))
    canvas.ribbon(curve(at([(-0.11, 0.6), (0.0, 0.57), (0.075, 0.6)])), figure[1][1], 2.4, opacity=0.8)
    sash = curve(at([(-0.1, 0.8), (0.02, 0.7), (0.1, 0.5), (0.06, 0.3)]))
    canvas.ribbon(sash, figure[3][1], np.linspace(8, 20, len(sash)))
    canvas.ribbon(sash, figure[1][1], 1.6, opacity=0.7)
    spot = at([(0.2, 0.74)])[0]
    if bearing == "urn":
        vessel(canvas, (float(spot[0]), float(spot[1])), 0.17 * tall / 0.66, table.URN, figure, gloss=0)
    elif bearing == "branch":
        twig = curve(at([(0.19, 0.66), (0.21, 0.82), (0.27, 1.02)]))
        canvas.ribbon(twig, figure[3][1], 3)
        for k in range(4, len(twig), 2):
            for way in (-0.9, 0.9):
                canvas.polygon(
                    oval(tuple(twig[k] + (0.008 * way, -0.006)), (0.011, 0.005), turn=-1.2 + way),
                    figure[3][1],
                )
    elif bearing == "tray":
        canvas.polygon(at(oval((0.22, 0.76), (0.13, 0.018))), figure[3][1])
        for x in (0.14, 0.22, 0.3):
            canvas.polygon(at(oval((x, 0.8), (0.04, 0.034))), figure[2][1])
    else:
        swag = curve(at([(0.2, 0.74), (0.34, 0.58), (0.52, 0.6)]))
        for k in range(0, len(swag), 2):
            canvas.disc(tuple(swag[k]), 0.012, figure[2 + k // 2 % 2][1])


def study_wall(rng: np.random.Generator, size: Size, *, wall: str, stone: Stops, cloth: Stops) -> Image.Image:
    """A scholar's table: a bust on books, a lyre, a scroll, under a plain wall."""
    across, down = plane(size)
    fall = 0.72 - 0.4 * across - 0.1 * down + 0.12 * (fractal(rng, size, 160) - 0.5)
    canvas = Canvas(
        size, colourise(fall, [(0, mix_code(wall, "#14120c", 0.6)), (1, mix_code(wall, "#fff4dc", 0.2))])
    )
    canvas.polygon(box(-0.02, 0.74, 1.02, 0.8), Shading(0.75 - 0.35 * across, cloth))
    canvas.polygon(box(-0.02, 0.79, 1.02, 1.02), Shading(folds(rng, size, count=8, lean=0.02) * 0.75, cloth))
    table.book(canvas, (0.2, 0.775), 0.34, "#6c3428", thick=0.045)
    table.book(canvas, (0.23, 0.65), 0.29, "#44543c", thick=0.04, turn=0.04)
    _bust(canvas, rng, (0.38, 0.58), 0.44, stone)
    _lyre(canvas, (0.74, 0.75), 0.4)
    scroll = [(0.5, 0.775), (0.86, 0.79)]
    canvas.ribbon(np.add(scroll, (0.01, 0.012)), "#14100a", 24, opacity=0.5, soft_px=5)
    canvas.ribbon(scroll, "#e8dcc0", 26)
    canvas.ribbon(np.add(scroll, (0, 0.008)), "#a89470", 6, soft_px=2, opacity=0.7)
    canvas.polygon(oval((0.86, 0.79), (0.008, 0.017)), "#8c7850")
    table.fruit(canvas, rng, (0.12, 0.755), 0.045, table.PEAR)
    return _polished(rng, canvas.image, depth=0.4)


def _bust(canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, stone: Stops) -> None:
    """A marble profile on a round foot."""
    wide = tall * canvas.size[1] / canvas.size[0]
    base = [(0, 0.1), (0.3, 0.07), (0.6, 0.09), (0.8, 0.2), (1, 0.24)]
    vessel(canvas, foot, tall * 0.2, [(a, b * 2.4) for a, b in base], stone, light=-0.5, gloss=0)
    outline = np.array(
        [
            (foot[0] - x * wide * 0.62, foot[1] - tall * 0.5 + y * tall * 0.56)
            for x, y in curve(CAMEO, steps=8, closed=True)
        ]
    )
    across, down = plane(canvas.size)
    light = (
        0.72
        - (across - foot[0]) / wide * 1.1
        - (down - foot[1] + tall * 0.5) * 0.3
        + 0.16 * (fractal(rng, canvas.size, 34, octaves=4) - 0.5)
    )
    canvas.polygon(outline, Shading(light, stone))

    def at(points: Points) -> np.ndarray:
        return np.array(
            [(foot[0] - x * wide * 0.62, foot[1] - tall * 0.5 + y * tall * 0.56) for x, y in points]
        )

    canvas.polygon(
        at(curve([(0.3, -0.17), (0.35, -0.1), (0.32, -0.05), (0.24, -0.09)], closed=True)),
        stone[1][1],
        soft_px=2,
        opacity=0.8,
    )
    canvas.ribbon(
        at(curve([(-0.02, 0.0), (0.04, 0.18), (0.16, 0.29)])), stone[1][1], 8, soft_px=4, opacity=0.6
    )
    canvas.ribbon(at([(0.28, 0.1), (0.39, 0.095)]), stone[1][1], 2.5, opacity=0.8)
    for k in range(20):
        x, y = -0.36 + 0.034 * k, -0.5 + 0.16 * math.sin(k * 2.4) + 0.012 * abs(k - 12)
        curl = [
            (x + 0.06 * math.cos(a) * (1 - a / 9), y + 0.06 * math.sin(a) * (1 - a / 9))
            for a in np.linspace(0, 6.5, 16)
        ]
        canvas.ribbon(at(curl), stone[1][1] if k % 2 else stone[3][1], 3, opacity=0.7)


def _lyre(canvas: Canvas, foot: Point, tall: float) -> None:
    wide = tall * canvas.size[1] / canvas.size[0]

    def at(points: Points) -> np.ndarray:
        return np.array([(foot[0] + x * wide, foot[1] - y * tall) for x, y in points])

    canvas.polygon(at(oval((0.08, 0.0), (0.36, 0.04))), "#14100a", soft_px=6, opacity=0.5)
    for side in (-1, 1):
        arm = curve(
            at(
                [
                    (side * 0.1, 0.06),
                    (side * 0.3, 0.2),
                    (side * 0.2, 0.5),
                    (side * 0.26, 0.78),
                    (side * 0.4, 0.94),
                ]
            )
        )
        canvas.ribbon(arm, "#5c3a14", np.linspace(22, 9, len(arm)))
        canvas.ribbon(arm - (0.003, 0.002), "#d8a84c", np.linspace(9, 4, len(arm)))
        canvas.disc(tuple(arm[-1]), 0.014, "#e8c06c")
    canvas.polygon(curve(at([(-0.26, 0.02), (-0.2, 0.24), (0.2, 0.24), (0.26, 0.02)]), steps=6), "#8c5c24")
    canvas.ribbon(at([(-0.27, 0.78), (0.27, 0.78)]), "#c8943c", 9)
    for x in np.linspace(-0.1, 0.1, 5):
        canvas.ribbon(at([(x, 0.78), (x * 0.8, 0.12)]), "#f4e8c8", 1.5)


def monument(rng: np.random.Generator, size: Size, *, air: Stops, stone: Stops, leaves: Stops) -> Image.Image:
    """A tomb among cypresses in a wide calm country."""
    canvas = Canvas(size, sky(rng, size, air, [(0, "#c0b8b0"), (1, "#fffaf0")], cover=0.42))
    for base, blend in [(0.5, 0.35), (0.57, 0.55)]:
        canvas.polygon(ridge(rng, base, 0.06, roughness=0.45), mix(air[-1][1], "#4c6470", blend))
    canvas.polygon(
        box(-0.02, 0.63, 1.02, 1.02),
        Shading(
            0.35 + 0.35 * plane(size)[1] + 0.35 * (fractal(rng, size, (150, 18)) - 0.5),
            [(0, "#34402c"), (1, "#b0a468")],
        ),
    )
    for x, tall in [(0.1, 0.5), (0.2, 0.38), (0.83, 0.44), (0.92, 0.56)]:
        for lift in np.linspace(0.05, 0.95, 9):
            wide = 0.035 * math.sin(math.pi * (0.12 + 0.86 * lift)) ** 0.7
            crown(
                canvas,
                rng,
                (x + rng.normal(0, 0.003), 0.76 - tall * lift),
                (wide, tall * 0.09),
                leaves,
                leaf_px=7,
                ragged=0.6,
            )
    x, y = 0.52, 0.82
    canvas.polygon(
        [(x + 0.16, y), (x + 0.42, y + 0.05), (x + 0.3, y + 0.08), (x - 0.1, y + 0.04)],
        "#1c2014",
        soft_px=6,
        opacity=0.5,
    )
    for half, top, bottom, lit in [
        (0.23, 0.06, 0.0, 0.7),
        (0.2, 0.1, 0.06, 0.8),
        (0.165, 0.36, 0.1, 0.68),
        (0.195, 0.4, 0.36, 0.86),
    ]:
        light = lit - 0.9 * (plane(size)[0] - x) * 0.8 + 0.1 * (fractal(rng, size, 40, octaves=5) - 0.5)
        canvas.polygon(box(x - half, y - top, x + half, y - bottom), Shading(light, stone))
        canvas.ribbon([(x - half, y - bottom), (x + half, y - bottom)], stone[1][1], 2, opacity=0.6)
    canvas.polygon(
        [(x - 0.195, y - 0.4), (x, y - 0.5), (x + 0.195, y - 0.4)],
        architecture.stone_fill(canvas, rng, stone, 0.74),
    )
    canvas.polygon(
        box(x - 0.12, y - 0.32, x + 0.12, y - 0.15), architecture.stone_fill(canvas, rng, stone, 0.52)
    )
    for k, offset in enumerate((-0.075, 0.0, 0.075)):
        architecture.relief(canvas, (x + offset, y - 0.152), 0.13 + 0.015 * (k == 1), stone)
    vessel(canvas, (x, y - 0.485), 0.13, table.URN, stone, light=-0.5, gloss=0)
    for px, tall, tone in [(0.2, 0.17, "#7c3a34"), (0.245, 0.16, "#3c4c6c"), (0.78, 0.165, "#8c7444")]:
        wanderer(canvas, (px, 0.9), tall, tone, stick=px < 0.22)
    branches(canvas, rng, (0.97, 1.02), 0.14, "#2c2418", width_px=10, depth=4)
    return _polished(rng, canvas.image)


CLEAR: Stops = [(0, "#5c88b0"), (0.4, "#a0bccc"), (0.62, "#e8e0cc"), (1, "#e8e0cc")]
GOLDEN: Stops = [(0, "#7c94a8"), (0.4, "#c8c0a8"), (0.62, "#f0d8a4"), (1, "#f0d8a4")]
PEARL: Stops = [(0, "#8c9ca8"), (0.4, "#bcc4c4"), (0.62, "#e4dcd0"), (1, "#e4dcd0")]
MARBLE: Stops = [(0, "#2c2a28"), (0.35, "#86807a"), (0.65, "#cfc8bc"), (0.85, "#efeae0"), (1, "#ffffff")]
TRAVERTINE: Stops = [(0, "#2c2218"), (0.35, "#8c7858"), (0.65, "#d0b98e"), (0.85, "#eedfba"), (1, "#fff8e4")]
PINES: Stops = [(0, "#18211a"), (0.5, "#44583a"), (1, "#98a068")]
CRIMSON: Stops = [(0, "#1c0606"), (0.4, "#6c1a18"), (0.75, "#b4402c"), (1, "#f0a888")]
GREEN: Stops = [(0, "#08120e"), (0.4, "#24483c"), (0.75, "#5c8468"), (1, "#c0d4a8")]
BLUE: Stops = [(0, "#080c18"), (0.4, "#243c6c"), (0.75, "#5c7cac"), (1, "#c8d8e8")]
IVORY: Stops = [(0, "#4c4238"), (0.35, "#a89c88"), (0.65, "#ddd3be"), (0.85, "#f4eddc"), (1, "#ffffff")]

WORKS = (
    work("Temple in the morning", temple_view, (940, 680), air=CLEAR, stone=MARBLE, leaves=PINES, columns=6),
    work("Portico above the bay", portico, (720, 900), air=GOLDEN, stone=TRAVERTINE, cloth=CRIMSON),
    work("Profile on blue", cameo, (720, 880), ground="#5c7ca8", figure=IVORY, frame=MARBLE, facing=1),
    work(
        "Procession with garlands", frieze, (980, 520), ground=[(0, "#3c5c74"), (1, "#7c9cb0")], figure=IVORY
    ),
    work("Scholar's table", study_wall, (860, 800), wall="#8c8468", stone=MARBLE, cloth=GREEN),
    work("Tomb in Arcadian light", monument, (900, 700), air=GOLDEN, stone=TRAVERTINE, leaves=PINES),
    work(
        "Small temple, late afternoon",
        temple_view,
        (760, 860),
        air=GOLDEN,
        stone=TRAVERTINE,
        leaves=[(0, "#241f14"), (0.5, "#5c5830"), (1, "#b4a060")],
        columns=4,
    ),
    work(
        "Profile on terracotta",
        cameo,
        (640, 820),
        ground="#a8583c",
        figure=IVORY,
        frame=TRAVERTINE,
        facing=-1,
    ),
    work("Blue curtain, white urn", portico, (840, 840), air=CLEAR, stone=MARBLE, cloth=BLUE),
    work(
        "Five bearers",
        frieze,
        (860, 640),
        ground=[(0, "#6c3428"), (1, "#b06c50")],
        figure=[(0, "#3c2418"), (0.35, "#b09070"), (0.65, "#e0cca8"), (0.85, "#f4e8cc"), (1, "#fffaf0")],
    ),
    work("Bust, lyre and scroll", study_wall, (720, 900), wall="#6c7c84", stone=IVORY, cloth=CRIMSON),
    work("Monument under a pearl sky", monument, (700, 900), air=PEARL, stone=MARBLE, leaves=PINES),
)
