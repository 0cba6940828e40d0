"""Expressionism: colour as loud as the feeling, houses that lean, skies that turn."""

import math

import numpy as np
from PIL import Image, ImageFilter

from gallery.studies.brush import Brushwork, along_edges, drifting, whirls
from gallery.studies.canvas import Canvas, Points, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, near, plane, vertical
from gallery.studies.motifs import Point, ridge
from gallery.studies.noise import fractal, smoothstep, wander
from gallery.studies.surface import enhance, weave
from gallery.studies.work import work

LINE = "#15121c"


def _driven(
    rng: np.random.Generator, target: Image.Image, flow: np.ndarray, *, contours: Image.Image | None = None
) -> Image.Image:
    """Long loaded strokes along the flow, streaked with neighbouring colours, black lines restated on top."""
    target = enhance(target, saturation=1.2)
    flow = along_edges(target, flow, blur_px=12)
    brush = Brushwork(target)
    brush.cover(
        target, rng, length_px=64, width_px=17, flow=flow, step_px=17, jitter=13, tint=12, stray=0.12, dry=0.4
    )
    brush.cover(
        target, rng, length_px=44, width_px=9, flow=flow, step_px=13, jitter=15, tint=13, stray=0.16, dry=0.5
    )
    if contours is not None:
        brush.image.paste(LINE, mask=contours)
    return weave(rng, brush.finish(relief=0.7), depth=0.08)


class _Inked(Canvas):
    """A canvas that remembers its black contours, to be drawn again over the strokes."""

    def __init__(self, size: Size, ground: Image.Image) -> None:
        super().__init__(size, ground)
        self.contours = Canvas(size, "#000000")

    def shape(self, points: Points, fill: str | tuple | Image.Image, width_px: float = 6) -> None:
        """A filled shape with a rough black contour, which hides the contours behind it."""
        closed = np.vstack([points, np.asarray(points)[:1]])
        self.polygon(points, fill)
        self.contours.polygon(points, "#000000")
        self.mark(closed, width_px)

    def mark(self, points: Points, width_px: float = 5) -> None:
        """A black line, thick and thin."""
        line = np.asarray(points, float)
        swing = width_px * (0.75 + 0.4 * np.sin(np.linspace(0, 9, len(line)) + line[0, 0] * 40))
        self.contours.ribbon(line, "#ffffff", swing)

    def stencil(self) -> Image.Image:
        """The contours, a little frayed, for pasting."""
        return self.contours.image.convert("L").filter(ImageFilter.GaussianBlur(0.8)).point(lambda v: v * 0.9)


def village(
    rng: np.random.Generator,
    size: Size,
    *,
    air: Stops,
    walls: tuple[str, ...],
    roofs: tuple[str, ...],
    moon: Point,
) -> Image.Image:
    """A street of leaning houses below a turning sky."""
    away = distance(size, moon)
    rings = 0.5 + 0.5 * np.sin(away * 30 + fractal(rng, size, 150) * 8)
    canvas = _Inked(size, colourise(0.75 * plane(size)[1] + 0.3 * rings, air))
    canvas.disc(moon, 0.075, "#fff0a0")
    hills = ridge(rng, 0.52, 0.08, roughness=0.35)
    canvas.shape(hills, mix(air[0][1], "#123020", 0.55))
    canvas.polygon([(0.3, 0.6), (0.46, 0.56), (0.95, 1.02), (0.05, 1.02)], "#e8c060")
    for row, (y, reach) in enumerate([(0.62, 0.13), (0.74, 0.19), (0.95, 0.28)]):
        for x in (0.12 - 0.04 * row, 0.3 - 0.1 * row, 0.66 + 0.07 * row, 0.86 + 0.06 * row):
            _house(
                canvas,
                rng,
                (x + rng.normal(0, 0.015), y + rng.normal(0, 0.015)),
                reach * rng.uniform(0.85, 1.1),
                walls,
                roofs,
            )
    _church(canvas, rng, (0.46, 0.62), 0.3, walls[0])
    flow = whirls(
        size, [(*moon, 0.42), (0.2, 0.18, 0.26), (0.5, 0.36, 0.2)], drifting(rng, size, cell_px=260, turn=0.5)
    )
    return _driven(rng, canvas.image, flow, contours=canvas.stencil())


def _house(
    canvas: _Inked,
    rng: np.random.Generator,
    foot: Point,
    reach: float,
    walls: tuple[str, ...],
    roofs: tuple[str, ...],
) -> None:
    wide, tall = canvas.radii(reach)
    lean = rng.normal(0, 0.28)

    def at(points: Points) -> list[Point]:
        return [(foot[0] + (x + y * lean) * wide, foot[1] - y * tall) for x, y in points]

    wall, roof = walls[int(rng.integers(len(walls)))], roofs[int(rng.integers(len(roofs)))]
    canvas.shape(at([(-0.5, 0), (-0.46, 0.8), (0.46, 0.84), (0.5, 0)]), wall)
    canvas.polygon(at([(0.12, 0), (0.12, 0.8), (0.46, 0.84), (0.5, 0)]), mix(wall, "#2a2060", 0.35))
    canvas.shape(at([(-0.62, 0.74), (-0.1, 1.34), (0.16, 1.36), (0.62, 0.78)]), roof)
    for x, y in [(-0.26, 0.42), (0.02, 0.44), (0.28, 0.42)]:
        pane = "#ffe060" if rng.random() < 0.6 else "#203058"
        canvas.shape(at([(x - 0.07, y), (x - 0.07, y + 0.2), (x + 0.07, y + 0.2), (x + 0.07, y)]), pane, 3)
    canvas.shape(at([(-0.1, 0), (-0.1, 0.3), (0.08, 0.3), (0.08, 0)]), "#402040", 3)


def _church(canvas: _Inked, rng: np.random.Generator, foot: Point, tall: float, wall: str) -> None:
    wide = tall * 0.3 * canvas.size[1] / canvas.size[0]
    lean = 0.12 * rng.choice([-1, 1])

    def at(points: Points) -> list[Point]:
        return [(foot[0] + (x + y * lean) * wide, foot[1] - y * tall) for x, y in points]

    canvas.shape(at([(-0.4, 0), (-0.36, 0.6), (0.36, 0.6), (0.4, 0)]), mix(wall, "#ffffff", 0.2), 4)
    canvas.shape(at([(-0.46, 0.58), (0.02, 1.1), (0.46, 0.58)]), "#2c3c8c", 4)
    canvas.shape(at([(-0.1, 0.34), (-0.1, 0.48), (0.1, 0.48), (0.1, 0.34)]), "#ffe060", 2.5)


def sun_fields(
    rng: np.random.Generator, size: Size, *, air: Stops, fields: tuple[str, ...], at: Point
) -> Image.Image:
    """A sun that fills the sky, fields running towards it."""
    across, down = plane(size)
    away = distance(size, at)
    turn = np.arctan2((down - at[1]) * size[1], (across - at[0]) * size[0])
    value = 1.02 - away * 0.95 + 0.12 * np.sin(turn * 18 + away * 10) + 0.1 * np.sin(away * 42)
    canvas = _Inked(size, colourise(value, air))
    horizon = 0.55
    canvas.shape(ridge(rng, horizon - 0.03, 0.05, roughness=0.4), "#2a3a80")
    edges = np.linspace(-1.4, 2.4, 15)
    for order in range(len(edges) - 1):
        bend = 0.04 * math.sin(order * 2.1)
        strip = [
            (at[0] + (edges[order] - at[0]) * 0.14, horizon),
            (at[0] + (edges[order + 1] - at[0]) * 0.14, horizon + bend * 0.2),
            (edges[order + 1], 1.02),
            (edges[order], 1.02),
        ]
        canvas.shape(strip, fields[order % len(fields)], 4)
    for x, tall in [(0.12, 0.42), (0.88, 0.5), (0.8, 0.3)]:
        _flame_tree(canvas, rng, (x, 0.62 + tall * 0.4), tall)
    flow = np.where(down < horizon, turn + math.pi / 2, turn).astype(np.float32)
    return _driven(rng, canvas.image, flow, contours=canvas.stencil())


def _flame_tree(canvas: _Inked, rng: np.random.Generator, foot: Point, tall: float) -> None:
    half = tall * 0.16 * canvas.size[1] / canvas.size[0]
    share = np.linspace(0, 1, 20)
    sway = 0.25 * half * np.sin(share * 9 + rng.uniform(0, 6))
    swell = np.sin(share**0.6 * math.pi) ** 0.7 * half * (1 + 0.2 * np.sin(share * 30))
    left = np.stack([foot[0] + sway - swell, foot[1] - tall * share], axis=1)
    right = np.stack([foot[0] + sway + swell, foot[1] - tall * share], axis=1)
    canvas.shape(np.vstack([left, right[::-1]]), near(rng, "#14503c", 8))
    canvas.polygon(np.vstack([left[2:-2] * 0.7 + right[2:-2] * 0.3, left[2:-2][::-1]]), "#2c8a54", soft_px=3)


def forest(
    rng: np.random.Generator, size: Size, *, back: Stops, trunks: tuple[str, ...], path: str
) -> Image.Image:
    """Trunks in colours that no tree has, a path burning between them."""
    _, down = plane(size)
    canvas = _Inked(size, colourise(0.9 - down + 0.6 * (fractal(rng, size, (60, 200)) - 0.5), back))
    floor = ridge(rng, 0.6, 0.03)
    canvas.polygon(
        floor,
        Shading(
            down + 0.6 * (fractal(rng, size, (90, 20)) - 0.5) - 0.2,
            [(0, "#1c3c5c"), (0.5, "#2c7c5c"), (1, "#d07c2c")],
        ),
    )
    canvas.shape(
        curve(
            [
                (0.5, 0.6),
                (0.45, 0.7),
                (0.55, 0.82),
                (0.3, 1.03),
                (0.78, 1.03),
                (0.72, 0.82),
                (0.54, 0.68),
                (0.54, 0.6),
            ]
        ),
        path,
    )
    for depth in np.sort(rng.uniform(0, 1, 17)) ** 1.3:
        x = rng.uniform(0, 1)
        if abs(x - 0.52) < 0.1 + 0.16 * depth:
            x = x - 0.3 if x < 0.52 else x + 0.3
        foot, half = 0.62 + 0.4 * depth, 0.01 + 0.034 * depth
        y = np.linspace(-0.03, foot, 14)
        lean = rng.normal(0, 0.14)
        line = x + lean * (foot - y) * 0.5 + 0.012 * wander(rng, 14)
        flare = half * (1 + 0.7 * (y / foot) ** 8)
        tone = trunks[int(rng.integers(len(trunks)))]
        canvas.shape(
            np.vstack([np.stack([line - flare, y], axis=1), np.stack([line + flare, y], axis=1)[::-1]]),
            tone,
            3 + 4 * depth,
        )
        canvas.polygon(
            np.vstack(
                [np.stack([line - flare * 0.8, y], axis=1), np.stack([line - flare * 0.2, y], axis=1)[::-1]]
            ),
            mix(tone, "#ffe890", 0.45),
            soft_px=2,
        )
        for _ in range(2):
            start = int(rng.integers(3, 11))
            end = (
                line[start] + rng.choice([-1, 1]) * rng.uniform(0.08, 0.2),
                y[start] - rng.uniform(0.06, 0.16),
            )
            canvas.mark(
                curve([(line[start], y[start]), ((line[start] + end[0]) / 2, y[start] - 0.02), end]),
                4 + 5 * depth,
            )
    return _driven(
        rng,
        canvas.image,
        drifting(rng, size, cell_px=160, angle=math.pi / 2, turn=0.6),
        contours=canvas.stencil(),
    )


def city(
    rng: np.random.Generator, size: Size, *, air: Stops, walls: tuple[str, ...], glow: str
) -> Image.Image:
    """A night street whose towers fall towards each other; people as blades."""
    canvas = _Inked(size, colourise(plane(size)[1] + 0.45 * (fractal(rng, size, (200, 90)) - 0.5), air))
    for side in (-1, 1):
        for depth in (0.3, 0.55, 0.85, 1.25):
            inner, outer = 0.5 + side * depth * 0.16, 0.5 + side * depth * 0.55
            top, lean = 0.5 - depth * 0.38 + rng.normal(0, 0.05), -side * 0.12 * rng.uniform(0.4, 1.4)
            tower = [
                (inner, 0.62 + depth * 0.22),
                (inner + lean, top + 0.05),
                (outer + lean, top - 0.08),
                (outer, 0.7 + depth * 0.4),
            ]
            wall = walls[int(rng.integers(len(walls)))]
            canvas.shape(tower, wall)
            _windows(canvas, rng, tower, glow)
    canvas.shape([(0.45, 0.66), (0.55, 0.66), (1.05, 1.03), (-0.05, 1.03)], mix(glow, "#a03060", 0.45))
    for shift in (-0.3, 0.0, 0.3):
        canvas.mark([(0.5 + shift * 0.1, 0.66), (0.5 + shift * 2, 1.03)], 5)
    for y in np.sort(rng.uniform(0.7, 0.92, 9)):
        _blade(canvas, rng, (rng.uniform(0.5 - (y - 0.6), 0.5 + (y - 0.6)), y), 0.1 + (y - 0.66) * 0.9)
    flow = along_edges(canvas.image, drifting(rng, size, cell_px=140, angle=1.1, turn=0.9))
    return _driven(rng, canvas.image, flow, contours=canvas.stencil())


def _windows(canvas: _Inked, rng: np.random.Generator, tower: Points, glow: str) -> None:
    a, b, c, d = (np.array(p) for p in tower)
    for u in np.linspace(0.14, 0.8, 4):
        for v in np.linspace(0.12, 0.86, 8):
            if rng.random() < 0.35:
                continue
            corners = []
            for du, dv in [(0, 0), (0.12, 0), (0.12, 0.06), (0, 0.06)]:
                low, high = a + (d - a) * (u + du), b + (c - b) * (u + du)
                corners.append(low + (high - low) * (v + dv))
            canvas.polygon(corners, glow if rng.random() < 0.65 else "#e8f0ff")


def _blade(canvas: _Inked, rng: np.random.Generator, foot: Point, tall: float) -> None:
    wide = tall * 0.3 * canvas.size[1] / canvas.size[0]
    tone = ("#1c1c3c", "#6c1c48", "#14405c", "#3c1c5c")[int(rng.integers(4))]
    x, y = foot
    canvas.shape(
        [
            (x - wide * 0.25, y),
            (x - wide * 0.6, y - tall * 0.55),
            (x, y - tall * 0.86),
            (x + wide * 0.6, y - tall * 0.5),
            (x + wide * 0.2, y),
        ],
        tone,
        3,
    )
    canvas.shape(oval((x, y - tall * 0.88), (wide * 0.22, tall * 0.1)), "#e8b890", 3)
    canvas.shape(
        [(x - wide * 0.4, y - tall * 0.92), (x, y - tall * 1.06), (x + wide * 0.4, y - tall * 0.92)], tone, 3
    )


def head(
    rng: np.random.Generator, size: Size, *, skin: tuple[str, str, str], back: Stops, hair: str, coat: str
) -> Image.Image:
    """A face built of planes of colour, looking straight at us."""
    canvas = _Inked(size, colourise(0.5 + 0.9 * (fractal(rng, size, (90, 260)) - 0.5), back))
    lean = float(rng.normal(0, 0.02))

    def at(points: Points) -> np.ndarray:
        return np.array([(0.5 + x + lean * (1 - y) * 2, y) for x, y in points])

    canvas.shape(
        curve(at([(-0.52, 1.04), (-0.4, 0.84), (-0.13, 0.75), (0.13, 0.75), (0.42, 0.86), (0.52, 1.04)])),
        coat,
        9,
    )
    canvas.shape(at([(-0.1, 0.6), (-0.13, 0.82), (0.0, 0.9), (0.13, 0.82), (0.1, 0.6)]), skin[1], 7)
    canvas.shape(
        curve(
            at(
                [
                    (-0.27, 0.52),
                    (-0.3, 0.24),
                    (-0.1, 0.08),
                    (0.14, 0.09),
                    (0.31, 0.26),
                    (0.27, 0.54),
                    (0, 0.6),
                ]
            ),
            closed=True,
        ),
        hair,
        9,
    )
    face = curve(
        at(
            [
                (-0.2, 0.3),
                (-0.21, 0.5),
                (-0.13, 0.66),
                (0, 0.73),
                (0.12, 0.67),
                (0.2, 0.5),
                (0.2, 0.3),
                (0.05, 0.22),
                (-0.1, 0.23),
            ]
        ),
        closed=True,
    )
    canvas.shape(face, skin[0], 8)
    canvas.polygon(
        curve(
            at([(0.02, 0.24), (0.03, 0.5), (0.05, 0.72), (0.13, 0.66), (0.2, 0.5), (0.19, 0.3)]), closed=True
        ),
        skin[1],
    )
    canvas.polygon(at([(-0.19, 0.5), (-0.06, 0.52), (-0.1, 0.64)]), skin[2], soft_px=4)
    canvas.polygon(at([(0.07, 0.52), (0.18, 0.5), (0.1, 0.64)]), mix(skin[2], "#2c2060", 0.35), soft_px=4)
    canvas.polygon(
        at([(-0.12, 0.26), (0.0, 0.25), (-0.02, 0.34), (-0.14, 0.35)]),
        mix(skin[0], "#fff6c0", 0.6),
        soft_px=4,
    )
    canvas.shape(at([(0.0, 0.38), (-0.045, 0.545), (0.045, 0.55)]), mix(skin[0], "#fff6c0", 0.35), 5)
    canvas.polygon(at([(0.0, 0.38), (0.005, 0.55), (0.045, 0.55)]), mix(skin[1], "#203070", 0.3))
    for side in (-1, 1):
        eye = curve(
            at([(side * 0.045, 0.42), (side * 0.1, 0.385), (side * 0.165, 0.42), (side * 0.1, 0.445)]),
            closed=True,
        )
        canvas.shape(eye, "#f0f0d8", 5)
        canvas.shape(at(oval((side * 0.1, 0.415), canvas.radii(0.028))), "#1c4c6c", 3)
        canvas.mark(curve(at([(side * 0.03, 0.365), (side * 0.1, 0.325), (side * 0.19, 0.36)])), 12)
    canvas.shape(
        curve(at([(-0.075, 0.615), (0, 0.6), (0.075, 0.612), (0, 0.645)]), closed=True), "#b0203c", 5
    )
    canvas.mark(at([(-0.09, 0.615), (0, 0.62), (0.09, 0.612)]), 4)
    return _driven(
        rng, canvas.image, drifting(rng, size, cell_px=200, angle=1.2, turn=1.2), contours=canvas.stencil()
    )


def fjord(
    rng: np.random.Generator, size: Size, *, air: Stops, water: Stops, land: tuple[str, str]
) -> Image.Image:
    """A bay in waves of colour, a jetty with somebody at its end."""
    _, down = plane(size)
    flow_lines = fractal(rng, size, (420, 60), octaves=3)
    canvas = _Inked(
        size, colourise(down * 1.7 + 0.7 * (flow_lines - 0.5) + 0.06 * np.sin(flow_lines * 60), air)
    )
    for base, tone in [(0.42, land[0]), (0.5, land[1])]:
        canvas.shape(ridge(rng, base, 0.09, roughness=0.35), tone)
    bands = 0.5 + 0.5 * np.sin((down - 0.5) * 40 / (0.4 + down) + fractal(rng, size, 240) * 7)
    canvas.lay(Shading(bands, water), smoothstep(0.51, 0.53, down))
    jetty = [(1.05, 0.74), (0.46, 0.62), (0.42, 0.63), (0.88, 1.03), (1.05, 1.03)]
    canvas.shape(jetty, "#a05c3c", 6)
    for share in np.linspace(0.08, 0.95, 12):
        s = share**1.6
        canvas.mark([(0.42 + 0.46 * s, 0.63 + 0.4 * s), (0.46 + 0.6 * s, 0.62 + 0.12 * s + 0.2 * s)], 2.5)
    _blade(canvas, rng, (0.55, 0.69), 0.2)
    for x, y, reach in [(0.2, 0.62, 0.04), (0.3, 0.8, 0.07)]:
        wide, tall = canvas.radii(reach)
        canvas.shape(
            curve(
                [
                    (x - wide, y),
                    (x - wide * 0.5, y + tall * 0.4),
                    (x + wide * 0.5, y + tall * 0.4),
                    (x + wide, y - tall * 0.1),
                ]
            ),
            "#c83c34",
            4,
        )
        canvas.shape([(x, y), (x, y - tall * 2), (x + wide * 0.8, y - tall * 0.3)], "#f4e0a0", 4)
    flow = whirls(size, [(0.7, 0.16, 0.3), (0.25, 0.3, 0.25)], drifting(rng, size, cell_px=300, turn=0.5))
    return _driven(rng, canvas.image, flow, contours=canvas.stencil())


def night_grass(rng: np.random.Generator, size: Size, *, colours: tuple[str, ...], air: Stops) -> Image.Image:
    """Giant flowers seen from the ground, against the evening."""
    canvas = _Inked(size, vertical(size, air))
    for _ in range(60):
        x, tall = rng.uniform(-0.1, 1.1), rng.uniform(0.2, 0.6)
        blade = curve(
            [(x, 1.05), (x + rng.normal(0, 0.05), 1 - tall * 0.6), (x + rng.normal(0, 0.15), 1 - tall)]
        )
        canvas.ribbon(
            blade, near(rng, mix("#0c3c3c", "#4ca048", rng.random()), 10), np.linspace(20, 1, len(blade))
        )
    for x, y, reach in [
        (0.28, 0.34, 0.22),
        (0.72, 0.26, 0.19),
        (0.56, 0.62, 0.17),
        (0.1, 0.66, 0.13),
        (0.9, 0.64, 0.14),
    ]:
        spot = (x + rng.normal(0, 0.02), y + rng.normal(0, 0.02))
        canvas.shape(
            canvas.outline(curve([(x + rng.normal(0, 0.06), 1.05), (x + 0.03, 0.8), spot]), 13), "#1c6c3c", 4
        )
        tone = colours[int(rng.integers(len(colours)))]
        petals = int(rng.integers(9, 14))
        for k in range(petals):
            turn = k * 2 * math.pi / petals + rng.normal(0, 0.08)
            wide, tall = canvas.radii(reach)
            middle = (spot[0] + math.cos(turn) * wide * 0.58, spot[1] + math.sin(turn) * tall * 0.52)
            canvas.shape(oval(middle, (wide * 0.44, tall * 0.2), turn=turn), near(rng, tone, 16), 4)
        canvas.shape(oval(spot, canvas.radii(reach * 0.34)), "#5c2c1c", 5)
        canvas.polygon(oval(spot, canvas.radii(reach * 0.18)), "#e8a02c")
    flow = drifting(rng, size, cell_px=220, angle=math.pi / 2, turn=0.8)
    return _driven(rng, canvas.image, flow, contours=canvas.stencil())


STORM_BLUE: Stops = [(0, "#14206c"), (0.4, "#2c6cb8"), (0.7, "#e0a040"), (1, "#f0602c")]
ACID: Stops = [(0, "#2c0c50"), (0.4, "#a0307c"), (0.7, "#f08c3c"), (1, "#f8e060")]
EMERALD: Stops = [(0, "#0c2c4c"), (0.4, "#1c7c74"), (0.7, "#b0c43c"), (1, "#f8dc50")]
BLAZE: Stops = [(0, "#3c1c6c"), (0.3, "#c03050"), (0.6, "#f4802c"), (0.85, "#fcd840"), (1, "#fffbd0")]
GREEN_BLAZE: Stops = [(0, "#14407c"), (0.3, "#2c8c9c"), (0.6, "#8cc850"), (0.85, "#f8e850"), (1, "#ffffe0")]
WALLS = ("#e8d070", "#e07850", "#d8d8b8", "#70a8a0", "#e8a0a0")
ROOFS = ("#c02c30", "#2c4c9c", "#803070", "#d86420")

WORKS = (
    work(
        "Street under a turning sky",
        village,
        (760, 900),
        air=STORM_BLUE,
        walls=WALLS,
        roofs=ROOFS,
        moon=(0.7, 0.16),
    ),
    work(
        "The sun comes too close",
        sun_fields,
        (900, 720),
        air=BLAZE,
        fields=("#d8b030", "#3c8c4c", "#c8642c", "#6c3c8c"),
        at=(0.5, 0.3),
    ),
    work(
        "Red wood",
        forest,
        (720, 900),
        back=EMERALD,
        trunks=("#c02c3c", "#2c3c9c", "#d8642c", "#4c1c5c"),
        path="#f4b83c",
    ),
    work(
        "Falling street, night",
        city,
        (700, 920),
        air=[(0, "#0c0c30"), (0.5, "#4c1c6c"), (1, "#d83c5c")],
        walls=("#1c2c6c", "#4c1c5c", "#14504c", "#7c2c3c"),
        glow="#ffd83c",
    ),
    work(
        "Head with green shadow",
        head,
        (720, 900),
        skin=("#f0c060", "#3c9c74", "#e0604c"),
        back=STORM_BLUE,
        hair="#2c1c4c",
        coat="#b8283c",
    ),
    work(
        "Bay in loud colours",
        fjord,
        (920, 700),
        air=[(0, "#1c5c8c"), (0.4, "#3ca88c"), (0.7, "#f0e060"), (1, "#f8c850")],
        water=[(0, "#14306c"), (0.5, "#2c70a0"), (1, "#e8a860")],
        land=("#3c2c6c", "#1c4c54"),
    ),
    work(
        "Flowers from below",
        night_grass,
        (780, 880),
        colours=("#f0c020", "#e8642c", "#d83058"),
        air=[(0, "#1c1c6c"), (0.6, "#3c6cb8"), (1, "#48a088")],
    ),
    work(
        "Village in yellow weather",
        village,
        (920, 700),
        air=ACID,
        walls=("#78a8b8", "#e8e0b0", "#c86078", "#4c8c7c"),
        roofs=("#2c2c6c", "#6c1c4c", "#1c5c6c"),
        moon=(0.26, 0.2),
    ),
    work(
        "Green sun, violet furrows",
        sun_fields,
        (740, 880),
        air=GREEN_BLAZE,
        fields=("#6c3c9c", "#c83c6c", "#2c5ca0", "#e0803c"),
        at=(0.42, 0.28),
    ),
    work(
        "Head against the orange wall",
        head,
        (760, 860),
        skin=("#8cb8c0", "#4c4c9c", "#e87858"),
        back=[(0, "#c03c1c"), (0.5, "#f0842c"), (1, "#f8c84c")],
        hair="#14403c",
        coat="#2c2c5c",
    ),
    work(
        "Blue trunks",
        forest,
        (900, 700),
        back=ACID,
        trunks=("#2c4cb0", "#1c2c6c", "#2c7c9c", "#6c2c7c"),
        path="#f0e060",
    ),
    work(
        "Jetty in the violet hour",
        fjord,
        (700, 900),
        air=[(0, "#2c2c7c"), (0.35, "#8c3c8c"), (0.6, "#e8788c"), (1, "#f8c878")],
        water=[(0, "#3c1c5c"), (0.5, "#6c4ca0"), (1, "#f0a088")],
        land=("#1c3c6c", "#2c1c4c"),
    ),
)
