"""Pop Art: things from the shop window in printing dots, fat outlines and four colours at a time."""

import math

import numpy as np
from PIL import Image

from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Size, mix, rgb
from gallery.studies.motifs import Point
from gallery.studies.noise import fractal
from gallery.studies.surface import grain
from gallery.studies.work import work

INK = "#131217"
WHITE = "#f7f2e6"
Palette = tuple[str, str, str, str]  # ground, first, second, dots


def _pulled(rng: np.random.Generator, canvas: Canvas) -> Image.Image:
    """Screen ink on paper: a trace uneven, never quite black."""
    canvas.multiply(1 + 0.06 * (fractal(rng, canvas.size, 120, octaves=5) - 0.5))
    return grain(rng, canvas.image, depth=3)


def _dots(size: Size, pitch_px: float, share: float | np.ndarray, *, turn: float = 0.5) -> np.ndarray:
    """A screen of printing dots; share 0 to 1 says how much of the paper they cover."""
    x, y = np.arange(size[0], dtype=np.float32)[None, :], np.arange(size[1], dtype=np.float32)[:, None]
    u = (x * math.cos(turn) + y * math.sin(turn)) / pitch_px
    v = (-x * math.sin(turn) + y * math.cos(turn)) / pitch_px
    away = np.hypot(u - np.floor(u) - 0.5, v - np.floor(v) - 0.5)
    return np.clip((np.sqrt(np.asarray(share) / math.pi) - away) * pitch_px + 0.5, 0, 1)


def _dotted(
    canvas: Canvas, outline: Points, ground: str, dots: str, *, pitch: float = 0.014, share: float = 0.4
) -> None:
    """Fill a shape with dots on a ground."""
    sheet = Canvas(canvas.size, ground)
    sheet.lay(dots, _dots(canvas.size, pitch * canvas.short_px, share))
    canvas.polygon(outline, sheet.image)


def _outlined(canvas: Canvas, outline: Points, fill: str | None, width: float = 0.009) -> None:
    """A shape with a fat even outline; width in short sides."""
    if fill is not None:
        canvas.polygon(outline, fill)
    closed = np.vstack([outline, np.asarray(outline)[:2]])
    canvas.ribbon(closed, INK, width * canvas.short_px)


def _in(cell: tuple[float, float, float, float], canvas: Canvas, points: Points) -> np.ndarray:
    """Points from -1 to 1 set into the middle of a cell without stretching them."""
    left, top, right, bottom = cell
    half = min((right - left) * canvas.size[0], (bottom - top) * canvas.size[1]) / 2 * 1.03
    middle = ((left + right) / 2, (top + bottom) / 2)
    return np.asarray(points, float) * (half / canvas.size[0], half / canvas.size[1]) + middle


def _can(canvas: Canvas, cell: tuple, palette: Palette) -> None:
    _, first, second, _ = palette

    def at(points: Points) -> np.ndarray:
        return _in(cell, canvas, points)

    width = 0.011 * (cell[2] - cell[0]) ** 0.5
    side = [
        *[(0.5 * math.cos(a), -0.62 + 0.1 * math.sin(a)) for a in np.linspace(math.pi, 0, 20)],
        *[(0.5 * math.cos(a), 0.66 + 0.12 * math.sin(a)) for a in np.linspace(0, math.pi, 20)],
    ]
    canvas.polygon(at(np.add(side, (0.09, 0.05))), mix(palette[0], INK, 0.35))
    _outlined(canvas, at(side), WHITE, width)
    upper = [
        *[(0.5 * math.cos(a), -0.6 + 0.1 * math.sin(a)) for a in np.linspace(math.pi, 0, 20)],
        *[(0.5 * math.cos(a), 0.02 + 0.11 * math.sin(a)) for a in np.linspace(0, math.pi, 20)],
    ]
    _outlined(canvas, at(upper), first, width)
    _outlined(canvas, at(oval((0, -0.62), (0.5, 0.1))), mix(WHITE, INK, 0.12), width)
    canvas.polygon(at(oval((0, -0.62), (0.4, 0.07))), mix(WHITE, INK, 0.3))
    _outlined(canvas, at(oval((0, 0.12), (0.19, 0.19))), second, width)
    star = [
        (math.cos(a) * r, 0.12 + math.sin(a) * r)
        for a, r in zip(np.linspace(-math.pi / 2, 1.5 * math.pi, 11)[:-1], [0.15, 0.065] * 5, strict=True)
    ]
    canvas.polygon(at(star), WHITE)
    canvas.polygon(at(box(-0.42, -0.36, -0.34, -0.06)), WHITE, opacity=0.75)
    for x in (-0.26, 0.0, 0.26):
        canvas.polygon(at(oval((x, 0.52), (0.08, 0.06))), second)


def _banana(canvas: Canvas, cell: tuple, palette: Palette) -> None:
    skin = curve(
        [
            (-0.78, -0.36),
            (-0.5, 0.16),
            (0.0, 0.42),
            (0.5, 0.34),
            (0.82, 0.02),
            (0.86, -0.1),
            (0.72, -0.06),
            (0.36, 0.06),
            (0.0, 0.04),
            (-0.4, -0.2),
            (-0.62, -0.5),
            (-0.76, -0.52),
        ],
        closed=True,
    )
    canvas.polygon(_in(cell, canvas, np.add(skin, (0.07, 0.09))), mix(palette[0], INK, 0.4))
    _outlined(canvas, _in(cell, canvas, skin), palette[1], 0.008)
    for offset in (0.13, 0.22):
        ridge = curve(
            [
                (-0.68, -0.42 + offset * 0.4),
                (-0.4, -0.12 + offset),
                (0.0, 0.06 + offset),
                (0.44, 0.1 + offset * 0.8),
                (0.78, -0.04),
            ]
        )
        canvas.ribbon(
            _in(cell, canvas, ridge),
            INK,
            np.concatenate([np.linspace(1, 4, 24), np.linspace(4, 1, len(ridge) - 24)]),
        )
    for x, y in [(-0.3, 0.06), (0.1, 0.26), (0.3, 0.2), (0.55, 0.14), (-0.1, 0.16)]:
        canvas.polygon(_in(cell, canvas, oval((x, y), (0.035, 0.02), turn=0.4)), INK)


def _lips(canvas: Canvas, cell: tuple, palette: Palette) -> None:
    upper = curve(
        [
            (-0.86, -0.02),
            (-0.45, -0.3),
            (-0.16, -0.42),
            (0, -0.32),
            (0.16, -0.42),
            (0.45, -0.3),
            (0.86, -0.02),
        ]
    )
    lower = curve([(0.86, -0.02), (0.5, 0.36), (0, 0.48), (-0.5, 0.36), (-0.86, -0.02)])
    _dotted(
        canvas, _in(cell, canvas, oval((0, 0), (0.98, 0.78))), palette[0], palette[3], pitch=0.012, share=0.25
    )
    _outlined(canvas, _in(cell, canvas, np.vstack([upper, lower])), palette[1], 0.009)
    mouth = curve(
        [
            (-0.6, -0.02),
            (-0.2, -0.1),
            (0, -0.06),
            (0.2, -0.1),
            (0.6, -0.02),
            (0.3, 0.13),
            (0, 0.17),
            (-0.3, 0.13),
        ],
        closed=True,
    )
    _outlined(canvas, _in(cell, canvas, mouth), INK, 0.006)
    canvas.polygon(
        _in(
            cell,
            canvas,
            curve(
                [(-0.46, -0.03), (0, -0.06), (0.46, -0.03), (0.3, 0.04), (0, 0.06), (-0.3, 0.04)], closed=True
            ),
        ),
        WHITE,
    )
    canvas.polygon(
        _in(cell, canvas, curve([(-0.4, 0.26), (-0.1, 0.33), (0.16, 0.31), (-0.1, 0.38)], closed=True)), WHITE
    )
    canvas.polygon(_in(cell, canvas, oval((-0.34, -0.24), (0.12, 0.03), turn=-0.5)), WHITE)


def _telephone(canvas: Canvas, cell: tuple, palette: Palette) -> None:
    def at(points: Points) -> np.ndarray:
        return _in(cell, canvas, points)

    body = curve([(-0.62, 0.6), (-0.5, 0.1), (-0.32, -0.18), (0.32, -0.18), (0.5, 0.1), (0.62, 0.6)], steps=8)
    canvas.polygon(at(np.add(body, (0.07, 0.05))), mix(palette[0], INK, 0.4))
    _outlined(canvas, at(body), palette[1], 0.009)
    handset = curve(
        [
            (-0.8, -0.02),
            (-0.84, -0.28),
            (-0.5, -0.52),
            (0.0, -0.58),
            (0.5, -0.52),
            (0.84, -0.28),
            (0.8, -0.02),
            (0.5, -0.04),
            (0.44, -0.26),
            (0, -0.34),
            (-0.44, -0.26),
            (-0.5, -0.04),
        ],
        closed=True,
        steps=8,
    )
    _outlined(canvas, at(handset), palette[1], 0.009)
    canvas.polygon(at(curve([(-0.6, -0.38), (-0.2, -0.5), (0.2, -0.51), (-0.2, -0.45)], closed=True)), WHITE)
    _outlined(canvas, at(oval((0, 0.22), (0.3, 0.27))), WHITE, 0.007)
    for k in range(10):
        turn = -0.4 + k * 0.56
        canvas.polygon(
            at(oval((0.21 * math.cos(turn), 0.22 + 0.19 * math.sin(turn)), (0.045, 0.042))), palette[2]
        )
    _outlined(canvas, at(oval((0, 0.22), (0.1, 0.09))), palette[3], 0.005)


def _sundae(canvas: Canvas, cell: tuple, palette: Palette) -> None:
    def at(points: Points) -> np.ndarray:
        return _in(cell, canvas, points)

    _outlined(canvas, at([(-0.36, 0.02), (0.36, 0.02), (0.0, 0.92)]), "#e0a85c", 0.009)
    for k in np.linspace(-0.3, 0.3, 5):
        canvas.ribbon(at([(k, 0.04), (k * 0.2 + 0.1, 0.6)]), "#9c6428", 3)
        canvas.ribbon(at([(k, 0.04), (k * 0.2 - 0.1, 0.6)]), "#9c6428", 3)
    for spot, reach, tone in [
        ((-0.22, -0.14), 0.27, palette[1]),
        ((0.22, -0.14), 0.27, palette[2]),
        ((0, -0.46), 0.3, palette[3]),
    ]:
        scoop = [
            (
                spot[0] + math.cos(a) * reach,
                spot[1] + math.sin(a) * reach * (1 + 0.1 * math.sin(a * 9) * (math.sin(a) > 0)),
            )
            for a in np.linspace(0, 2 * math.pi, 70)
        ]
        _outlined(canvas, at(scoop), tone, 0.009)
        canvas.polygon(
            at(oval((spot[0] - reach * 0.4, spot[1] - reach * 0.4), (reach * 0.22, reach * 0.13), turn=-0.7)),
            WHITE,
        )
    _outlined(canvas, at(oval((0.04, -0.83), (0.1, 0.1))), "#d8202c", 0.008)
    canvas.ribbon(at(curve([(0.06, -0.92), (0.12, -1.0), (0.2, -1.02)])), INK, 4)


THINGS = {"can": _can, "banana": _banana, "lips": _lips, "telephone": _telephone, "sundae": _sundae}


def repeated(
    rng: np.random.Generator, size: Size, *, thing: str, across: int, down: int, palettes: tuple[Palette, ...]
) -> Image.Image:
    """One thing many times, each pull in other colours."""
    canvas = Canvas(size, WHITE)
    for order in range(across * down):
        palette = palettes[order % len(palettes)]
        column, row = order % across, order // across
        cell = (column / across, row / down, (column + 1) / across, (row + 1) / down)
        canvas.polygon(box(*cell), palette[0])
        if order % 3 == 1:
            _dotted(canvas, box(*cell), palette[0], palette[3], pitch=0.02, share=0.22)
        THINGS[thing](canvas, cell, palette)
    return _pulled(rng, canvas)


def burst(
    rng: np.random.Generator, size: Size, *, ground: str, dots: str, rays: tuple[str, str], core: str
) -> Image.Image:
    """An explosion without a word: rays, a jagged star, smoke in dots."""
    canvas = Canvas(size, ground)
    middle = np.array([0.5, 0.52])
    for k in range(28):
        turn = k * 2 * math.pi / 28
        tip = [middle + 1.2 * np.array([math.cos(turn + d), math.sin(turn + d)]) for d in (-0.056, 0.056)]
        canvas.polygon([middle, *tip], rays[k % 2])
    canvas.lay(dots, _dots(size, 0.02 * canvas.short_px, 0.3) * (np.asarray(_falloff(size)) > 0.42))
    for ring, (reach, tone) in enumerate(
        [(0.43, INK), (0.4, WHITE), (0.33, rays[1]), (0.25, core), (0.15, WHITE)]
    ):
        points = []
        for k in range(36):
            turn = k * 2 * math.pi / 36 + ring * 0.1
            far = reach * (1.0 if k % 2 else 0.66) * (1 + 0.12 * math.sin(k * 2.7))
            points.append(middle + np.array(canvas.radii(far)) * (math.cos(turn), math.sin(turn)))
        _outlined(canvas, points, tone, 0.008)
    for _ in range(7):
        turn, far = rng.uniform(0, 6.28), rng.uniform(0.33, 0.48)
        _cloud(
            canvas,
            tuple(middle + np.array(canvas.radii(far)) * (math.cos(turn), math.sin(turn))),
            rng.uniform(0.05, 0.09),
        )
    return _pulled(rng, canvas)


def _falloff(size: Size) -> np.ndarray:
    x = np.linspace(-1, 1, size[0])[None, :]
    y = np.linspace(-1, 1, size[1])[:, None]
    return np.hypot(x, y) * 0.7


def _cloud(canvas: Canvas, spot: Point, reach: float) -> None:
    puffs = [(math.cos(a) * 0.8, math.sin(a) * 0.5) for a in np.linspace(0, 2 * math.pi, 8)[:-1]]
    shapes = [
        oval(
            (spot[0] + x * canvas.radii(reach)[0], spot[1] + y * canvas.radii(reach)[1]),
            canvas.radii(reach * 0.55),
        )
        for x, y in [*puffs, (0, 0)]
    ]
    grown = [np.asarray(s) * 1.0 + (np.asarray(s) - np.mean(s, axis=0)) * 0.14 for s in shapes]
    canvas.polygons(grown, INK)
    canvas.polygons(shapes, WHITE)


def comic_face(
    rng: np.random.Generator, size: Size, *, hair: str, ground: str, dots: str, tears: bool
) -> Image.Image:
    """A close-up from no comic: hair like waves, skin in dots, looking away."""
    canvas = Canvas(size, ground)
    for k in range(12):
        canvas.polygon(
            [
                (1.05, -0.05),
                (1.05 - 2 * math.cos(k * 0.14), -0.05 + 2 * math.sin(k * 0.14)),
                (1.05 - 2 * math.cos(k * 0.14 + 0.07), -0.05 + 2 * math.sin(k * 0.14 + 0.07)),
            ],
            mix(ground, WHITE, 0.4),
        )
    back = curve(
        [
            (0.1, 1.05),
            (0.02, 0.6),
            (0.1, 0.22),
            (0.4, 0.02),
            (0.74, 0.08),
            (0.92, 0.36),
            (0.9, 0.7),
            (0.98, 1.05),
        ]
    )
    _outlined(canvas, back, hair, 0.012)
    neck = [(0.42, 0.72), (0.38, 1.05), (0.74, 1.05), (0.66, 0.72)]
    _dotted(canvas, neck, WHITE, dots, share=0.5)
    face = curve(
        [
            (0.3, 0.34),
            (0.28, 0.56),
            (0.36, 0.74),
            (0.5, 0.86),
            (0.64, 0.78),
            (0.74, 0.6),
            (0.76, 0.38),
            (0.62, 0.24),
            (0.42, 0.24),
        ],
        closed=True,
    )
    _dotted(canvas, face, "#fdf3e4", dots, share=0.34)
    _outlined(canvas, face, None, 0.01)
    for side, x in ((-1, 0.4), (1, 0.63)):
        lens = curve(
            [(x - 0.085, 0.475), (x - 0.03, 0.425), (x + 0.04, 0.428), (x + 0.085, 0.475), (x, 0.51)],
            closed=True,
        )
        _outlined(canvas, lens, WHITE, 0.008)
        canvas.polygon(oval((x + 0.015, 0.465), canvas.radii(0.042)), "#2468b8")
        canvas.polygon(oval((x + 0.015, 0.465), canvas.radii(0.022)), INK)
        canvas.disc((x + 0.004, 0.452), 0.011, WHITE)
        canvas.ribbon(
            curve([(x - 0.1, 0.48), (x - 0.03, 0.42), (x + 0.04, 0.422), (x + 0.105, 0.48)]), INK, 10
        )
        canvas.ribbon(
            curve([(x - 0.1, 0.385 + 0.012 * side), (x, 0.345), (x + 0.1, 0.375 - 0.01 * side)]),
            INK,
            np.concatenate([np.linspace(4, 15, 12), np.linspace(15, 3, 13)]),
        )
        for k in range(4):
            canvas.ribbon(
                [(x + 0.05 + k * 0.015, 0.43 + k * 0.01), (x + 0.075 + k * 0.018, 0.405 + k * 0.008)], INK, 3
            )
    canvas.ribbon(curve([(0.53, 0.5), (0.555, 0.6), (0.52, 0.63), (0.495, 0.622)]), INK, 6)
    _lips(canvas, (0.41, 0.64, 0.62, 0.78), ("#fdf3e4", "#d81c2c", "#d81c2c", "#fdf3e4"))
    _fringe(canvas, hair)
    if tears:
        for x, y in [(0.37, 0.55), (0.6, 0.57), (0.35, 0.64)]:
            drop = curve(
                [(x, y - 0.045), (x + 0.022, y + 0.005), (x, y + 0.025), (x - 0.022, y + 0.005)], closed=True
            )
            _outlined(canvas, drop, "#bfe4f4", 0.005)
    return _pulled(rng, canvas)


def _fringe(canvas: Canvas, hair: str) -> None:
    """Hair over the forehead, in waves with black and light strands."""
    sweep = curve(
        [
            (0.08, 0.66),
            (0.1, 0.4),
            (0.2, 0.2),
            (0.42, 0.1),
            (0.68, 0.13),
            (0.86, 0.3),
            (0.92, 0.6),
            (0.8, 0.5),
            (0.74, 0.34),
            (0.6, 0.25),
            (0.48, 0.36),
            (0.3, 0.36),
            (0.24, 0.6),
            (0.2, 0.8),
            (0.12, 0.84),
        ],
        closed=True,
    )
    _outlined(canvas, sweep, hair, 0.011)
    for offset in np.linspace(0, 0.1, 5):
        strand = curve(
            [
                (0.13 + offset, 0.7 - offset),
                (0.16 + offset, 0.4),
                (0.3 + offset, 0.22 + offset * 0.4),
                (0.5 + offset, 0.18 + offset * 0.5),
            ]
        )
        canvas.ribbon(
            strand,
            INK if offset > 0.02 else mix(hair, WHITE, 0.6),
            np.concatenate([np.linspace(1, 10, 18), np.linspace(10, 1, len(strand) - 18)]),
        )
    for offset in (0.0, 0.035, 0.07):
        strand = curve(
            [
                (0.6 + offset, 0.2),
                (0.76 + offset * 0.8, 0.27),
                (0.84 + offset * 0.7, 0.42),
                (0.88 + offset * 0.3, 0.55),
            ]
        )
        canvas.ribbon(
            strand, INK, np.concatenate([np.linspace(1, 8, 18), np.linspace(8, 1, len(strand) - 18)])
        )


def landscape(
    rng: np.random.Generator, size: Size, *, air: str, sun: str, hills: tuple[str, str, str], dots: str
) -> Image.Image:
    """A sunset printed in three dots sizes."""
    canvas = Canvas(size, WHITE)
    y = np.linspace(0, 1, size[1], dtype=np.float32)[:, None] * np.ones((1, size[0]), np.float32)
    canvas.lay(air, _dots(size, 0.019 * canvas.short_px, np.clip(0.75 - y * 1.05, 0, 0.75)))
    canvas.lay(sun, _dots(size, 0.019 * canvas.short_px, np.clip((y - 0.22) * 1.1, 0, 0.6), turn=1.05))
    for k in range(15):
        turn = math.pi + k * math.pi / 14
        rays = [
            (0.5, 0.6),
            (0.5 + math.cos(turn - 0.05) * 1.2, 0.6 + math.sin(turn - 0.05)),
            (0.5 + math.cos(turn + 0.05) * 1.2, 0.6 + math.sin(turn + 0.05)),
        ]
        canvas.polygon(rays, sun, opacity=0.75)
    _outlined(canvas, oval((0.5, 0.58), canvas.radii(0.2)), WHITE, 0.012)
    canvas.polygon(oval((0.5, 0.58), canvas.radii(0.165)), sun)
    for order, tone in enumerate(hills):
        x = np.linspace(-0.02, 1.02, 60)
        crest = 0.62 + order * 0.12 + 0.045 * np.sin(x * (5 + order * 2) + order * 2.2)
        hill = np.vstack([np.stack([x, crest], axis=1), [(1.02, 1.05), (-0.02, 1.05)]])
        if order == 1:
            _dotted(canvas, hill, tone, dots, pitch=0.022, share=0.35)
            _outlined(canvas, hill, None, 0.011)
        else:
            _outlined(canvas, hill, tone, 0.011)
    for x, spot in [(0.2, 0.22), (0.74, 0.14)]:
        _cloud(canvas, (x, spot), 0.09)
    return _pulled(rng, canvas)


def target(
    rng: np.random.Generator, size: Size, *, colours: tuple[str, ...], ground: str, stars: bool
) -> Image.Image:
    """Rings, stripes and stars, taken from fairground and flag and belonging to neither."""
    canvas = Canvas(size, ground)
    for k in range(14):
        canvas.polygon(box(-0.01, 0.62 + k * 0.03, 1.01, 0.635 + k * 0.03), colours[k % 2])
    for order, reach in enumerate(np.linspace(0.4, 0.05, 8)):
        _outlined(canvas, oval((0.5, 0.43), canvas.radii(reach)), colours[order % len(colours)], 0.006)
    if stars:
        for k in range(10):
            spot = np.array([0.08 + 0.093 * k, 0.075 if k % 2 else 0.9])
            points = [
                spot + np.array(canvas.radii(r)) * (math.cos(a), math.sin(a))
                for a, r in zip(
                    np.linspace(-math.pi / 2, 1.5 * math.pi, 11)[:-1], [0.045, 0.018] * 5, strict=True
                )
            ]
            _outlined(canvas, points, WHITE, 0.005)
    smear = fractal(rng, size, (300, 5), octaves=2)
    canvas.lay(rgb_mix(ground), np.clip((smear - 0.72) * 3, 0, 0.5))
    return _pulled(rng, canvas)


def rgb_mix(ground: str) -> tuple[int, int, int]:
    """The colour that shows where ink is thin."""
    return mix(rgb(ground), WHITE, 0.6)


SIGNAL: tuple[Palette, ...] = (
    ("#f4c81c", "#d8202c", "#2468b8", "#f08c1c"),
    ("#e0447c", "#f4c81c", "#131217", "#f8a0bc"),
    ("#2ca8c8", "#f06428", "#f4e01c", "#8cd8e4"),
    ("#70b43c", "#e03c8c", "#f4f0e0", "#c8e470"),
)
SWEET: tuple[Palette, ...] = (
    ("#f8b8cc", "#8c5c3c", "#f4f0d0", "#e8588c"),
    ("#a8e0d4", "#f07ca0", "#f8d85c", "#3cb0a0"),
    ("#f8dc78", "#70b8d8", "#e8588c", "#f0a83c"),
    ("#c0a8e0", "#f8e470", "#70d0b0", "#8c64c0"),
)
HEAVY: tuple[Palette, ...] = (
    ("#d8202c", "#f4f0e0", "#f4c81c", "#f06c74"),
    ("#2448a0", "#f4c81c", "#d8202c", "#6c90d8"),
    ("#131217", "#d8202c", "#2ca8c8", "#4c4a54"),
    ("#f4f0e0", "#2ca86c", "#d8202c", "#c8c4b4"),
)

WORKS = (
    work("Nine cans", repeated, (780, 900), thing="can", across=3, down=3, palettes=SIGNAL),
    work(
        "The moment it goes off",
        burst,
        (900, 720),
        ground="#2468b8",
        dots="#f4f0e0",
        rays=("#f4c81c", "#f08c1c"),
        core="#d8202c",
    ),
    work(
        "Looking away, yellow hair",
        comic_face,
        (740, 900),
        hair="#f8cc1c",
        ground="#2ca8c8",
        dots="#ec5c5c",
        tears=False,
    ),
    work(
        "Four lips",
        repeated,
        (900, 760),
        thing="lips",
        across=2,
        down=2,
        palettes=(
            ("#f8e01c", "#e0204c", "#131217", "#f06428"),
            ("#f090b8", "#8c1c6c", "#f4f0e0", "#e0447c"),
            ("#2ca8c8", "#f4c81c", "#d8202c", "#8cd8e4"),
            ("#131217", "#f06428", "#f4c81c", "#4c4a54"),
        ),
    ),
    work(
        "Sunset in three inks",
        landscape,
        (940, 680),
        air="#2468b8",
        sun="#f4a01c",
        hills=("#70b43c", "#2ca86c", "#1c5c4c"),
        dots="#f4e01c",
    ),
    work(
        "Telephones, four o'clock", repeated, (860, 860), thing="telephone", across=2, down=2, palettes=HEAVY
    ),
    work(
        "Rings, stripes, stars",
        target,
        (700, 900),
        colours=("#d8202c", "#f4f0e0", "#2448a0", "#f4c81c"),
        ground="#2448a0",
        stars=True,
    ),
    work("Fifteen sundaes", repeated, (960, 700), thing="sundae", across=5, down=3, palettes=SWEET),
    work(
        "One banana, four times",
        repeated,
        (700, 920),
        thing="banana",
        across=2,
        down=2,
        palettes=(
            ("#f4f0e0", "#f8d41c", "#131217", "#d8d0bc"),
            ("#e0447c", "#f8d41c", "#131217", "#f8a0bc"),
            ("#2468b8", "#a8d83c", "#131217", "#6c90d8"),
            ("#f06428", "#f8ec9c", "#131217", "#f8a868"),
        ),
    ),
    work(
        "Tears, blue hair",
        comic_face,
        (800, 840),
        hair="#2448a0",
        ground="#f4a01c",
        dots="#f0787c",
        tears=True,
    ),
    work(
        "Red dusk by numbers",
        landscape,
        (720, 900),
        air="#8c3c8c",
        sun="#e0302c",
        hills=("#f08c1c", "#c83c6c", "#4c1c5c"),
        dots="#f8d41c",
    ),
    work(
        "Green detonation",
        burst,
        (840, 880),
        ground="#131217",
        dots="#70b43c",
        rays=("#c8e03c", "#70b43c"),
        core="#f4c81c",
    ),
)
