"""Conceptual Art: the plan is the work. Drawn instructions, cards, sets with one exception."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Colour, Shading, Size, colourise, mix, plane
from gallery.studies.motifs import Point, clouds, ridge
from gallery.studies.noise import fractal
from gallery.studies.surface import grain, paper
from gallery.studies.work import work

PENCIL = "#3c3a38"


def _sheet(rng: np.random.Generator, canvas: Canvas, *, depth: float = 0.05) -> Image.Image:
    return grain(rng, paper(rng, canvas.image, depth=depth), depth=2)


def _ruled(
    canvas: Canvas, rng: np.random.Generator, points: Points, tone: str | Colour, width_px: float = 1.6
) -> None:
    """A line drawn by hand along a ruler."""
    line = np.asarray(points, float)
    if len(line) == 2:
        line = np.linspace(line[0], line[1], 20)
    canvas.ribbon(
        line + rng.normal(0, 0.0004, line.shape),
        tone,
        np.clip(rng.normal(width_px, 0.3, len(line)), 0.6, 9),
        opacity=0.85,
    )


def _caption(canvas: Canvas, rng: np.random.Generator, spot: Point, width: float, lines: int) -> None:
    """Grey bars where a caption would be: this picture needs no words."""
    for row in range(lines):
        y = spot[1] + row * 0.017
        share = 1.0 if row < lines - 1 else rng.uniform(0.35, 0.7)
        x = spot[0]
        while x < spot[0] + width * share:
            word = min(rng.uniform(0.012, 0.045), spot[0] + width * share - x)
            canvas.ribbon([(x, y), (x + word, y)], "#77736c", canvas.size[1] * 0.0055)
            x += word + 0.008


def arcs(
    rng: np.random.Generator, size: Size, *, ground: str, tones: tuple[str, ...], side: int
) -> Image.Image:
    """A wall-drawing plan: arcs from corners and middles of sides, in every square another pair."""
    canvas = Canvas(size, ground)
    rows = max(2, round(side * size[1] / size[0]))
    wide, tall = 0.9 / side, 0.9 / rows
    for row in range(rows):
        for column in range(side):
            left, top = 0.05 + column * wide, 0.05 + row * tall
            for part in range(2):
                kind, tone = int(rng.integers(8)), tones[(row + column + part) % len(tones)]
                _cell_arcs(canvas, rng, (left, top, wide, tall), kind, tone)
            frame = box(left, top, left + wide, top + tall)
            _ruled(canvas, rng, [*frame, frame[0]], PENCIL, 1.3)
    return _sheet(rng, canvas)


def _cell_arcs(canvas: Canvas, rng: np.random.Generator, cell: tuple, kind: int, tone: str) -> None:
    """Concentric arcs around one of eight points of a square."""
    left, top, wide, tall = cell
    centre = ((0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5))[kind]
    for radius in np.linspace(0.12, 1.0, 9):
        angle = np.linspace(0, 2 * math.pi, 120)
        x, y = centre[0] + np.cos(angle) * radius, centre[1] + np.sin(angle) * radius
        inside = (x >= -1e-6) & (x <= 1 + 1e-6) & (y >= -1e-6) & (y <= 1 + 1e-6)
        shift = int(np.argmin(inside)) if not inside.all() else 0
        kept = np.roll(inside, -shift)
        points = np.stack([left + np.roll(x, -shift) * wide, top + np.roll(y, -shift) * tall], axis=1)[kept]
        if len(points) > 3:
            _ruled(canvas, rng, points, tone, 1.7)


def lines_to_points(
    rng: np.random.Generator, size: Size, *, ground: str, tone: str, count: int
) -> Image.Image:
    """From each point of the middle, straight lines to the corners, to the sides and to each other."""
    canvas = Canvas(size, ground)
    points = [(float(x), float(y)) for x, y in rng.uniform(0.24, 0.76, (count, 2))]
    goals = [(x, y) for x in (0.06, 0.5, 0.94) for y in (0.06, 0.5, 0.94) if (x, y) != (0.5, 0.5)]
    for point in points:
        for goal in goals:
            _ruled(canvas, rng, [point, goal], tone, 1.0)
    for first, second in zip(points, points[1:] + points[:1], strict=True):
        _ruled(canvas, rng, [first, second], "#b0342c", 2)
    for point in points:
        canvas.disc(point, 0.006, PENCIL)
    frame = box(0.06, 0.06, 0.94, 0.94)
    _ruled(canvas, rng, [*frame, frame[0]], PENCIL, 1.8)
    return _sheet(rng, canvas)


def one_shift(
    rng: np.random.Generator, size: Size, *, wall: str, card: str, across: int, down: int, odd: int
) -> Image.Image:
    """Equal cards in rows on a wall; one hangs otherwise."""
    canvas = Canvas(size, wall)
    canvas.multiply(1.04 - 0.16 * plane(size)[1] - 0.06 * plane(size)[0])
    wide, tall = 0.84 / across, 0.84 / down
    for order in range(across * down):
        x, y = 0.08 + (order % across + 0.5) * wide, 0.08 + (order // across + 0.5) * tall
        turn = 0.24 if order == odd else 0.0
        shape = _turned(canvas, (x, y), (wide * 0.33, tall * 0.36), turn)
        canvas.polygon(np.add(shape, (0.004, 0.007)), "#1c1a18", soft_px=4, opacity=0.4)
        canvas.polygon(shape, card if order != odd else mix(card, "#ffffff", 0.35))
        inner = _turned(canvas, (x, y - tall * 0.06), (wide * 0.25, tall * 0.21), turn)
        canvas.polygon(inner, mix("#4c4a48", "#8c8a86", (order * 7 % 11) / 11))
        for row in range(2):
            bar = _turned(
                canvas,
                (x - wide * 0.04 * row, y + tall * (0.22 + 0.055 * row)),
                (wide * (0.24 - 0.05 * row), tall * 0.012),
                turn,
            )
            canvas.polygon(bar, "#8a857c")
    return grain(rng, canvas.image, depth=3)


def _turned(canvas: Canvas, centre: Point, half: Point, turn: float) -> np.ndarray:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half * canvas.scale
    cosine, sine = math.cos(turn), math.sin(turn)
    turned = np.stack(
        [corners[:, 0] * cosine - corners[:, 1] * sine, corners[:, 0] * sine + corners[:, 1] * cosine], axis=1
    )
    return turned / canvas.scale + centre


def thing_three_ways(
    rng: np.random.Generator, size: Size, *, thing: str, wall: str, floor: tuple[str, str]
) -> Image.Image:
    """A thing, its photograph, and its plan, side by side on a wall."""
    canvas = Canvas(size, wall)
    canvas.multiply(1.03 - 0.12 * plane(size)[1])
    canvas.polygon(
        box(-0.01, 0.82, 1.01, 1.01),
        Shading(
            0.4 + 0.3 * plane(size)[1] + 0.1 * (fractal(rng, size, (300, 8)) - 0.5),
            [(0, floor[0]), (1, floor[1])],
        ),
    )
    photo = box(0.07, 0.2, 0.31, 0.62)
    canvas.polygon(np.add(photo, (0.004, 0.008)), "#2c2a28", soft_px=5, opacity=0.35)
    canvas.polygon(photo, "#f2efe8")
    canvas.polygon(
        box(0.085, 0.22, 0.295, 0.6),
        Shading(0.75 - 0.35 * plane(size)[1], [(0, "#5c5a58"), (1, "#c9c7c2")]),
    )
    canvas.polygon(box(0.085, 0.5, 0.295, 0.6), "#6d6b68")
    THINGS[thing](canvas, (0.19, 0.565), 0.27, True)
    THINGS[thing](canvas, (0.5, 0.9), 0.56, False)
    card = box(0.69, 0.2, 0.93, 0.62)
    canvas.polygon(np.add(card, (0.004, 0.008)), "#2c2a28", soft_px=5, opacity=0.35)
    canvas.polygon(card, "#3c6488")
    _plan(canvas, rng, card, THINGS[thing])
    return grain(rng, canvas.image, depth=4)


def _plan(canvas: Canvas, rng: np.random.Generator, card: Points, thing: Callable[..., None]) -> None:
    """The outlines of a thing in white on blue, with its measures."""
    (left, _), _, (right, bottom), _ = card
    flat = Canvas(canvas.size, "#000000")
    thing(flat, ((left + right) / 2, bottom - 0.07), 0.27, True)
    shape = flat.image.convert("L")
    edge = ImageChops.difference(shape.filter(ImageFilter.MaxFilter(3)), shape)
    canvas.lay("#e8eef0", edge.point(lambda value: min(255, value * 4)))
    _ruled(canvas, rng, [(left + 0.03, bottom - 0.07), (left + 0.03, bottom - 0.34)], "#e8eef0", 1.2)
    for y in (bottom - 0.07, bottom - 0.34):
        _ruled(canvas, rng, [(left + 0.02, y), (left + 0.04, y)], "#e8eef0", 1.2)
    _ruled(canvas, rng, [(left + 0.06, bottom - 0.035), (right - 0.06, bottom - 0.035)], "#e8eef0", 1.2)


def _ladder(canvas: Canvas, foot: Point, tall: float, gray: bool) -> None:
    wide = tall * canvas.size[1] / canvas.size[0]
    wood, dark = ("#4c4a48", "#2a2928") if gray else ("#b89868", "#7c6038")
    x, y = foot
    canvas.polygon(oval((x + wide * 0.08, y), (wide * 0.26, tall * 0.025)), "#1c1a18", soft_px=6, opacity=0.4)
    for share in np.linspace(0.1, 0.92, 8):
        half = wide * (0.17 - 0.05 * share)
        canvas.ribbon(
            [
                (x - half + wide * 0.1 * share, y - tall * share),
                (x + half + wide * 0.1 * share, y - tall * share),
            ],
            dark,
            tall * canvas.size[1] * 0.025,
        )
    for side in (-1, 1):
        canvas.ribbon(
            [(x + side * wide * 0.17, y), (x + wide * 0.1 + side * wide * 0.12, y - tall)],
            wood,
            tall * canvas.size[1] * 0.035,
        )


def _lamp(canvas: Canvas, foot: Point, tall: float, gray: bool) -> None:
    wide = tall * canvas.size[1] / canvas.size[0]
    shade, metal = ("#b8b6b2", "#2c2b2a") if gray else ("#e8c868", "#3c4a4c")
    x, y = foot
    canvas.polygon(oval((x, y), (wide * 0.2, tall * 0.03)), metal)
    canvas.ribbon([(x, y), (x, y - tall * 0.75)], metal, tall * canvas.size[1] * 0.025)
    canvas.polygon(
        [
            (x - wide * 0.22, y - tall * 0.66),
            (x - wide * 0.1, y - tall * 0.98),
            (x + wide * 0.1, y - tall * 0.98),
            (x + wide * 0.22, y - tall * 0.66),
        ],
        shade,
    )
    canvas.polygon(oval((x, y - tall * 0.66), (wide * 0.22, tall * 0.03)), mix(shade, "#ffffff", 0.5))


THINGS = {"ladder": _ladder, "lamp": _lamp}


def photographs(
    rng: np.random.Generator, size: Size, *, across: int, down: int, paper_tone: str
) -> Image.Image:
    """The same horizon photographed at equal intervals, pinned up with its captions."""
    canvas = Canvas(size, paper_tone)
    wide, tall = 0.92 / across, 0.92 / down
    cloud = clouds(rng, size, cell_px=(150, 60), cover=0.5)
    for order in range(across * down):
        x, y = 0.04 + (order % across) * wide, 0.04 + (order // across) * tall
        light = 0.9 - 0.75 * order / (across * down - 1)
        frame = box(x + wide * 0.07, y + tall * 0.06, x + wide * 0.93, y + tall * 0.74)
        canvas.polygon(np.add(frame, (0.002, 0.004)), "#2c2a28", soft_px=3, opacity=0.3)
        air = colourise(
            light * (0.75 + 0.25 * np.roll(cloud, order * 97, axis=1)), [(0, "#1a1a1b"), (1, "#e2e0da")]
        )
        canvas.polygon(frame, air)
        sea = y + tall * (0.5 - 0.01 * (order % 3))
        canvas.polygon(
            box(frame[0][0], sea, frame[1][0], frame[2][1]), mix("#0e0e10", "#8c8a86", light * 0.8)
        )
        _caption(canvas, rng, (x + wide * 0.09, y + tall * 0.81), wide * 0.6, 2)
    return grain(rng, canvas.image, depth=5)


def map_of_a_walk(rng: np.random.Generator, size: Size, *, tone: str) -> Image.Image:
    """A map with a walk drawn into it as a straight line; the land had no say."""
    canvas = Canvas(size, "#e8e2d0")
    land = fractal(rng, size, 260, octaves=5)
    canvas.lay("#d3d6c0", (np.clip((land - 0.5) * 8, 0, 1) * 0.8))
    lines = np.abs(((land * 22) % 1) - 0.5) < 0.045
    canvas.lay("#b08c64", lines.astype(np.float32), 0.6)
    river = curve(np.stack([np.linspace(-0.02, 1.02, 12), 0.45 + rng.normal(0, 0.09, 12)], axis=1))
    canvas.ribbon(river, "#8cb0c4", 7)
    for _ in range(70):
        spot = (rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.8))
        canvas.polygon(box(spot[0], spot[1], spot[0] + 0.007, spot[1] + 0.006), "#6d655a")
    start, end = (0.1, 0.72), (0.92, 0.13)
    _ruled(canvas, rng, [start, end], tone, 5)
    for spot in (start, end):
        canvas.disc(spot, 0.013, tone)
        canvas.disc(spot, 0.007, "#f2efe8")
    canvas.polygon(box(-0.01, 0.85, 1.01, 1.01), "#f4f0e6")
    _caption(canvas, rng, (0.1, 0.89), 0.42, 4)
    canvas.polygon(ridge(rng, 0.94, 0.018)[:-2] * (0.3, 1) + (0.62, 0), mix(tone, "#f4f0e6", 0.3))
    return _sheet(rng, canvas)


def index_cards(rng: np.random.Generator, size: Size, *, tones: tuple[str, ...]) -> Image.Image:
    """Typed cards laid on a table, each marked as done but one."""
    canvas = Canvas(
        size, colourise(0.5 + 0.4 * (fractal(rng, size, (400, 10)) - 0.5), [(0, "#54483a"), (1, "#8c7a60")])
    )
    missing = int(rng.integers(12))
    for order in range(12):
        x, y = 0.17 + (order % 3) * 0.33, 0.14 + (order // 3) * 0.24
        turn = rng.normal(0, 0.025)
        card = _turned(canvas, (x, y), (0.145, 0.1), turn)
        canvas.polygon(np.add(card, (0.005, 0.007)), "#14110d", soft_px=6, opacity=0.5)
        canvas.polygon(card, tones[order % len(tones)])
        canvas.ribbon(_turned(canvas, (x, y - 0.055), (0.13, 0.0005), turn), "#c0605c", 1.4)
        _caption(canvas, rng, (x - 0.115, y - 0.03), 0.2, 5)
        if order != missing:
            canvas.ribbon([(x + 0.08, y + 0.06), (x + 0.095, y + 0.08), (x + 0.125, y + 0.04)], "#b0342c", 4)
    return grain(rng, canvas.image, depth=4)


WORKS = (
    work(
        "Arcs from corners and sides",
        arcs,
        (860, 860),
        ground="#efeadd",
        tones=("#2c4a8c", "#b0342c", "#3c3a38"),
        side=5,
    ),
    work(
        "Lamp, its picture, its plan",
        thing_three_ways,
        (720, 900),
        thing="lamp",
        wall="#5c6460",
        floor=("#34383a", "#5c6062"),
    ),
    work(
        "Thirty-five cards, one moved",
        one_shift,
        (900, 680),
        wall="#c9c5bc",
        card="#ebe7dd",
        across=7,
        down=5,
        odd=17,
    ),
    work("The same sea twelve times", photographs, (760, 900), across=3, down=4, paper_tone="#dedad0"),
    work("A walk in a straight line", map_of_a_walk, (720, 900), tone="#b8281f"),
    work("Lines to every corner", lines_to_points, (880, 820), ground="#f0ece0", tone="#55534f", count=6),
    work("Twelve tasks, one open", index_cards, (900, 760), tones=("#f0e8d2", "#e6dcc0", "#efe9dc")),
    work(
        "Ladder, its picture, its plan",
        thing_three_ways,
        (960, 620),
        thing="ladder",
        wall="#e2ded6",
        floor=("#8a7c68", "#b8a88c"),
    ),
    work("Arcs on a grey wall", arcs, (960, 580), ground="#b9b6ae", tones=("#f4f1e8", "#2c2b2a"), side=7),
    work("Sixteen hours of daylight", photographs, (940, 760), across=4, down=4, paper_tone="#c4c0b6"),
    work("White lines, dark board", lines_to_points, (680, 920), ground="#23282a", tone="#b8bcb8", count=4),
    work(
        "Sixty-three cards, one moved",
        one_shift,
        (700, 900),
        wall="#8d8a84",
        card="#d9d4c6",
        across=7,
        down=9,
        odd=40,
    ),
)
