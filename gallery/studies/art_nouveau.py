"""Art Nouveau (Modern): lines that grow like plants, flat colour held in lead, a border around everything."""

import math

import numpy as np
from PIL import Image

from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Size, Stops, colourise, distance, mix, near, vertical
from gallery.studies.landscape import mix_code
from gallery.studies.motifs import Point
from gallery.studies.noise import fractal, noise
from gallery.studies.surface import paper
from gallery.studies.work import work

LEAD = "#2a2620"


def _lithograph(rng: np.random.Generator, canvas: Canvas) -> Image.Image:
    """Printed from stone: a fine crayon grain in every colour."""
    crayon = rng.normal(0, 0.03, (canvas.size[1], canvas.size[0])).astype(np.float32)
    canvas.multiply(1 + crayon + 0.07 * (fractal(rng, canvas.size, 140) - 0.5))
    return paper(rng, canvas.image, depth=0.05)


def _leaded(canvas: Canvas, outline: Points, fill: str | tuple | Image.Image, width_px: float = 3) -> None:
    canvas.polygon(outline, fill)
    canvas.ribbon(np.vstack([outline, np.asarray(outline)[:2]]), LEAD, width_px)


def _whip(
    canvas: Canvas, knots: Points, tone: str | tuple, width_px: float, *, lead_px: float = 2.2
) -> np.ndarray:
    """A whiplash line: swelling in its bends, outlined; returns its points."""
    line = curve(knots, steps=14)
    share = np.linspace(0, 1, len(line))
    widths = width_px * (0.25 + 0.75 * np.sin(share**0.7 * math.pi) ** 0.8)
    canvas.ribbon(line, LEAD, widths + lead_px * 2)
    canvas.ribbon(line, tone, widths)
    return line


def _border(canvas: Canvas, ground: str, line: str, *, wide: float = 0.06) -> None:
    """A frame with double lines and a curl in each corner."""
    x, y = canvas.radii(wide)
    for left, top, right, bottom in [(0, 0, 1, y), (0, 1 - y, 1, 1), (0, 0, x, 1), (1 - x, 0, 1, 1)]:
        canvas.polygon(box(left, top, right, bottom), ground)
    for inset, width in [(1.0, 4), (0.8, 1.6), (0.2, 2.4)]:
        frame = box(x * inset, y * inset, 1 - x * inset, 1 - y * inset)
        canvas.ribbon([*frame, frame[0], frame[1]], line, width)
    for flip_x in (0, 1):
        for flip_y in (0, 1):
            turn = np.linspace(0, 4.4 * math.pi, 70)
            reach = np.linspace(1.5, 0.1, 70)
            curl = np.stack([x * (2.3 + reach * np.cos(turn)), y * (2.3 + reach * np.sin(turn))], axis=1)
            curl = np.abs(np.array([flip_x, flip_y]) - curl)
            canvas.ribbon(curl, line, np.linspace(1, 5, 70))


def lilies(
    rng: np.random.Generator,
    size: Size,
    *,
    ground: Stops,
    petals: tuple[str, str],
    stem: str,
    border: tuple[str, str],
) -> Image.Image:
    """Tall lilies bending to the edge of their panel in front of a halo."""
    canvas = Canvas(size, vertical(size, ground))
    canvas.disc((0.5, 0.34), 0.38, mix(ground[-1][1], "#fff4d0", 0.5))
    for reach in (0.38, 0.355, 0.33):
        ring = oval((0.5, 0.34), canvas.radii(reach))
        canvas.ribbon(np.vstack([ring, ring[:2]]), border[1], 2.5)
    for k in range(36):
        turn = k * math.pi / 18
        canvas.disc(
            (0.5 + math.cos(turn) * canvas.radii(0.343)[0], 0.34 + math.sin(turn) * canvas.radii(0.343)[1]),
            0.008,
            border[1],
        )
    for side, x, top, reach in [
        (-1, 0.24, 0.5, 0.1),
        (1, 0.78, 0.44, 0.11),
        (-1, 0.36, 0.26, 0.13),
        (1, 0.64, 0.2, 0.12),
        (1, 0.52, 0.56, 0.12),
    ]:
        root = (0.5 + side * rng.uniform(0.02, 0.14), 1.02)
        _whip(
            canvas,
            [root, (0.5 - side * 0.12, 0.82), (x + side * 0.1, top + 0.26), (x, top)],
            stem,
            0.016 * canvas.short_px,
        )
        _lily(canvas, rng, (x, top), reach, petals, side * rng.uniform(0.1, 0.5))
    for x in np.linspace(0.12, 0.88, 11) + rng.normal(0, 0.02, 11):
        side, tall = (1 if x > 0.5 else -1), rng.uniform(0.2, 0.42)
        blade = [(x, 1.02), (x + side * 0.01, 1 - tall * 0.5), (x + side * rng.uniform(0.04, 0.12), 1 - tall)]
        _whip(canvas, blade, near(rng, stem, 10), 0.036 * canvas.short_px)
    _border(canvas, *border)
    return _lithograph(rng, canvas)


def _lily(
    canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float, petals: tuple[str, str], lean: float
) -> None:
    wide, tall = canvas.radii(reach)

    def at(points: Points, turn: float) -> np.ndarray:
        cosine, sine = math.cos(turn), math.sin(turn)
        return np.array(
            [
                (spot[0] + (x * cosine - y * sine) * wide, spot[1] + (x * sine + y * cosine) * tall)
                for x, y in points
            ]
        )

    for order, turn in enumerate((-1.35, 1.35, -0.75, 0.75, 0.0)):
        shape = [
            (0, 0.1),
            (0.26, -0.35),
            (0.3, -0.75),
            (0.08, -1.25),
            (-0.02, -1.36),
            (-0.1, -1.2),
            (-0.3, -0.75),
            (-0.26, -0.35),
        ]
        fill = mix(petals[0], petals[1], 0.12 * order)
        _leaded(canvas, at(curve(shape, steps=6, closed=True), turn + lean), fill, 2.6)
        vein = curve([(0, 0), (0.02, -0.6), (0, -1.1)])
        canvas.ribbon(at(vein, turn + lean), petals[1], np.linspace(4, 0.6, len(vein)))
    for turn in (-0.35, -0.1, 0.15, 0.4):
        canvas.ribbon(at([(0, 0), (0, -0.62)], turn + lean), "#8c7c2c", 2)
        canvas.disc(tuple(at([(0, -0.66)], turn + lean)[0]), reach * 0.07, "#c8641c")


def peacock(
    rng: np.random.Generator,
    size: Size,
    *,
    ground: Stops,
    plume: tuple[str, str, str],
    body: str,
    border: tuple[str, str],
) -> Image.Image:
    """A peacock whose tail fills the sheet."""
    canvas = Canvas(size, vertical(size, ground))
    canvas.disc((0.62, 0.26), 0.17, mix(ground[0][1], "#fff0c0", 0.6))
    root = np.array([0.62, 0.52])
    perch = [(-0.02, 0.66), (0.25, 0.6), (0.5, 0.64), (0.8, 0.6), (1.02, 0.66)]
    _whip(canvas, perch, mix(plume[2], LEAD, 0.55), 0.045 * canvas.short_px)
    for order in range(46):
        turn = 0.75 + 1.35 * order / 45 + rng.normal(0, 0.03)
        far = rng.uniform(0.2, 0.5)
        tip = root + np.array([math.cos(turn) * far * 1.1, math.sin(turn) * far])
        bend = root + (tip - root) * 0.5 + np.array([0.05 * (order / 45 - 0.5), -0.02])
        _whip(
            canvas,
            [root, bend, tip],
            mix(plume[0], plume[1], rng.random()),
            0.009 * canvas.short_px,
            lead_px=1,
        )
        _plume_eye(canvas, tuple(tip), turn, rng.uniform(0.03, 0.042), plume)
    _peacock_body(canvas, body, plume)
    _border(canvas, *border)
    return _lithograph(rng, canvas)


def _plume_eye(canvas: Canvas, spot: Point, turn: float, reach: float, plume: tuple[str, str, str]) -> None:
    for share, tone in [(1.25, plume[0]), (1.0, plume[2]), (0.72, "#2c7c7c"), (0.46, "#1c2c6c")]:
        shape = oval(
            spot,
            (
                reach * share * canvas.short_px / canvas.size[0] * 1.1,
                reach * share * canvas.short_px / canvas.size[1],
            ),
            turn=turn,
        )
        _leaded(canvas, shape, tone, 1.6)


def _peacock_body(canvas: Canvas, body: str, plume: tuple[str, str, str]) -> None:
    shape = curve(
        [
            (0.58, 0.4),
            (0.69, 0.42),
            (0.72, 0.54),
            (0.64, 0.63),
            (0.54, 0.58),
            (0.51, 0.48),
            (0.46, 0.38),
            (0.45, 0.28),
            (0.42, 0.21),
            (0.38, 0.2),
            (0.33, 0.235),
            (0.36, 0.17),
            (0.43, 0.145),
            (0.49, 0.18),
            (0.51, 0.27),
        ],
        steps=8,
        closed=True,
    )
    _leaded(
        canvas,
        shape,
        vertical(
            canvas.size,
            [(0.14, body), (0.4, mix_code(body, "#2c9c9c", 0.4)), (0.64, mix_code(body, plume[0], 0.6))],
        ),
        4,
    )
    for row in range(5):
        for column in range(4):
            spot = (0.555 + column * 0.035 + row * 0.006, 0.44 + row * 0.034)
            scale = [
                (spot[0] + 0.02 * math.cos(a), spot[1] + 0.018 * math.sin(a))
                for a in np.linspace(0, math.pi, 10)
            ]
            canvas.ribbon(scale, plume[2], 2)
    canvas.disc((0.415, 0.178), 0.013, "#f8f0d8")
    canvas.disc((0.414, 0.178), 0.007, LEAD)
    for k in range(5):
        end = (0.41 + 0.02 * k, 0.085 + 0.006 * abs(k - 2))
        canvas.ribbon([(0.44, 0.147), end], LEAD, 1.8)
        canvas.disc(end, 0.009, plume[2])


def glass_landscape(
    rng: np.random.Generator,
    size: Size,
    *,
    air: Stops,
    water: Stops,
    hills: tuple[str, str, str],
    trunk: str,
    bloom: tuple[str, ...],
) -> Image.Image:
    """A window of coloured glass: lake, hills, and a tree hanging its flowers over them."""
    canvas = Canvas(size, vertical(size, air))
    _panes(canvas, rng, air, 0.0, 0.52, rows=7)
    sun = (0.6, 0.36)
    for reach in (0.2, 0.15, 0.1):
        _leaded(canvas, oval(sun, canvas.radii(reach)), mix("#f8d878", "#fff6d0", 0.9 - reach * 4), 3)
    x = np.linspace(-0.02, 1.02, 60)
    for order, tone in enumerate(hills):
        crest = 0.47 + 0.035 * order + 0.04 * np.sin(x * (4 + 2 * order) + order * 2 + rng.uniform(0, 3))
        _leaded(
            canvas,
            np.vstack([np.stack([x, crest], axis=1), [(1.02, 0.66), (-0.02, 0.66)]]),
            _glass(rng, canvas, tone),
            4,
        )
    canvas.polygon(box(-0.02, 0.6, 1.02, 1.02), vertical(size, [(0.6, water[0][1]), (1, water[-1][1])]))
    _panes(canvas, rng, water, 0.6, 1.02, rows=9)
    for k in range(5):
        y = 0.64 + 0.06 * k
        glint = curve(
            [(0.5 - 0.02 * k, y), (0.6, y - 0.012), (0.7 + 0.02 * k, y), (0.6, y + 0.014)], closed=True
        )
        _leaded(canvas, glint, "#f8e09c", 2.5)
    for knots, wide in [
        ([(0.14, 1.04), (0.2, 0.8), (0.08, 0.5), (0.16, 0.2), (0.06, -0.04)], 0.085),
        ([(0.12, 0.42), (0.3, 0.2), (0.6, 0.14), (0.9, 0.04)], 0.045),
        ([(0.1, 0.3), (0.26, 0.06), (0.4, -0.02)], 0.03),
    ]:
        _whip(canvas, knots, trunk, wide * canvas.short_px, lead_px=3)
    for _ in range(17):
        x0 = rng.uniform(0.0, 0.98)
        _raceme(canvas, rng, (x0, rng.uniform(-0.02, 0.16)), rng.uniform(0.14, 0.3), bloom)
    image = _lit(rng, canvas)
    framed = Canvas(size, image)
    frame = box(0.012, 0.012, 0.988, 0.988)
    framed.ribbon([*frame, frame[0], frame[1]], LEAD, 0.03 * canvas.short_px)
    return framed.image


def _glass(rng: np.random.Generator, canvas: Canvas, tone: str) -> Image.Image:
    """Streaky glass of one colour."""
    streaks = fractal(rng, canvas.size, (160, 26), octaves=4)
    return colourise(
        streaks, [(0, mix_code(tone, "#101018", 0.3)), (0.5, tone), (1, mix_code(tone, "#fff8e0", 0.35))]
    )


def _panes(
    canvas: Canvas, rng: np.random.Generator, tones: Stops, top: float, bottom: float, *, rows: int
) -> None:
    """Wavy bands of glass with a lead line here and there across them."""
    x = np.linspace(-0.02, 1.02, 50)
    glass = _glass(rng, canvas, tones[0][1])
    for row in range(rows):
        share = row / rows
        y = top + (bottom - top) * share + 0.012 * np.sin(x * 7 + row * 1.3)
        tone = tones[min(len(tones) - 1, int(share * len(tones)))][1]
        following = tones[min(len(tones) - 1, int(share * len(tones)) + 1)][1]
        band = np.vstack([np.stack([x, y], axis=1), [(1.02, bottom), (-0.02, bottom)]])
        canvas.polygon(
            band,
            Image.blend(
                glass, Image.new("RGB", canvas.size, mix(tone, following, share * len(tones) % 1)), 0.72
            ),
        )
        canvas.ribbon(np.stack([x, y], axis=1), LEAD, 3)
        for spot in rng.uniform(0.05, 0.95, 3):
            start = float(np.interp(spot, x, y))
            canvas.ribbon(
                [(spot, start), (spot + rng.normal(0, 0.02), start + (bottom - top) / rows)], LEAD, 2.6
            )


def _raceme(
    canvas: Canvas, rng: np.random.Generator, top: Point, long: float, bloom: tuple[str, ...]
) -> None:
    """A hanging cluster of flowers, wide above and thin below."""
    for k in range(20):
        share = k / 19
        spread = 0.045 * (1 - share) ** 0.7 + 0.004
        spot = (top[0] + rng.normal(0, spread * 0.6), top[1] + long * share)
        reach = canvas.radii(0.021 - 0.01 * share)
        tone = mix(bloom[int(rng.integers(len(bloom)))], "#fffaf0", 0.3 * share)
        _leaded(canvas, oval(spot, reach, turn=rng.uniform(0, 3)), tone, 1.6)


def _lit(rng: np.random.Generator, canvas: Canvas) -> Image.Image:
    """Daylight from behind the glass."""
    glow = 1.18 - 0.35 * distance(canvas.size, (0.55, 0.4)) + 0.1 * (noise(rng, canvas.size, 9) - 0.5)
    canvas.multiply(glow)
    return canvas.image


def dragonflies(
    rng: np.random.Generator,
    size: Size,
    *,
    ground: Stops,
    wing: tuple[str, str],
    reed: str,
    border: tuple[str, str],
) -> Image.Image:
    """Dragonflies over reeds, a pattern that nearly repeats."""
    canvas = Canvas(size, vertical(size, ground))
    for k in range(7):
        ring = oval((0.3 + 0.07 * k, 0.86 + 0.03 * (k % 3)), (0.1 + 0.03 * (k % 2), 0.018))
        canvas.ribbon(np.vstack([ring, ring[:2]]), mix(ground[-1][1], "#ffffff", 0.4), 2)
    for x in np.linspace(0.06, 0.94, 13) + rng.normal(0, 0.015, 13):
        side, tall = rng.choice([-1, 1]), rng.uniform(0.35, 0.8)
        _whip(
            canvas,
            [
                (x, 1.02),
                (x + side * 0.06, 1 - tall * 0.45),
                (x - side * 0.03, 1 - tall * 0.8),
                (x + side * 0.08, 1 - tall),
            ],
            near(rng, reed, 12),
            0.018 * canvas.short_px,
        )
    for x, y, reach, turn in [
        (0.34, 0.26, 0.2, 0.5),
        (0.7, 0.46, 0.22, -0.6),
        (0.3, 0.62, 0.16, 1.0),
        (0.74, 0.18, 0.13, -0.2),
    ]:
        _dragonfly(canvas, (x, y), reach, turn + rng.normal(0, 0.1), wing)
    _border(canvas, *border)
    return _lithograph(rng, canvas)


def _dragonfly(canvas: Canvas, spot: Point, reach: float, turn: float, wing: tuple[str, str]) -> None:
    wide, tall = canvas.radii(reach)

    def at(points: Points) -> np.ndarray:
        cosine, sine = math.cos(turn), math.sin(turn)
        return np.array(
            [
                (spot[0] + (x * cosine - y * sine) * wide, spot[1] + (x * sine + y * cosine) * tall)
                for x, y in points
            ]
        )

    for side in (-1, 1):
        for lift, tone in [(-0.22, wing[0]), (0.1, wing[1])]:
            outline = curve(
                [
                    (0, -0.28),
                    (side * 0.4, -0.42 + lift),
                    (side * 0.95, -0.4 + lift * 1.6),
                    (side * 1.05, -0.26 + lift * 1.7),
                    (side * 0.6, -0.18 + lift),
                ],
                steps=8,
                closed=True,
            )
            _leaded(canvas, at(outline), tone, 2.6)
            for share in (0.3, 0.5, 0.7, 0.88):
                canvas.ribbon(
                    at(
                        [
                            (side * share, -0.4 + lift * (0.8 + share)),
                            (side * (share + 0.06), -0.2 + lift * (0.9 + share * 0.6)),
                        ]
                    ),
                    LEAD,
                    1.3,
                )
            canvas.ribbon(
                at(curve([(0, -0.28), (side * 0.5, -0.3 + lift), (side, -0.32 + lift * 1.6)])), LEAD, 1.6
            )
    tail = at([(0, -0.2), (0.02, 0.2), (-0.02, 0.6), (0.04, 1.0)])
    _whip(canvas, tail, "#2c6c6c", 0.07 * reach * canvas.short_px * 1.4)
    _leaded(canvas, at(oval((0, -0.3), (0.1, 0.16))), "#1c4c5c", 2)
    for side in (-1, 1):
        _leaded(canvas, at(oval((side * 0.07, -0.5), (0.075, 0.075))), "#c8842c", 1.6)


def poster(
    rng: np.random.Generator,
    size: Size,
    *,
    ground: Stops,
    smoke: tuple[str, str, str],
    bloom: tuple[str, str],
    border: tuple[str, str],
) -> Image.Image:
    """Smoke from a bowl turning into ribbons and flowers; room for words, and no words."""
    canvas = Canvas(size, vertical(size, ground))
    arch = [
        (0.14, 1.0),
        (0.14, 0.4),
        *[(0.5 - 0.36 * math.cos(a), 0.4 - 0.3 * math.sin(a)) for a in np.linspace(0, math.pi, 40)],
        (0.86, 0.4),
        (0.86, 1.0),
    ]
    _leaded(canvas, arch, mix(ground[-1][1], "#fff6dc", 0.45), 4)
    for order in range(11):
        side, sway = (1 if order % 2 else -1), 0.03 + 0.02 * order
        knots = [
            (0.5, 0.76),
            (0.5 + side * sway * 0.6, 0.66),
            (0.5 - side * sway * 0.8, 0.53),
            (0.5 + side * sway, 0.39),
            (0.5 - side * (0.02 + sway * 0.5), 0.28 - 0.006 * order),
            (0.5 + side * (0.24 - 0.02 * order), 0.13 + 0.004 * order),
        ]
        _whip(canvas, knots, smoke[order % 3], (0.016 + 0.0016 * order) * canvas.short_px, lead_px=1.6)
    bowl = curve(
        [(0.36, 0.76), (0.37, 0.82), (0.44, 0.875), (0.5, 0.885), (0.56, 0.875), (0.63, 0.82), (0.64, 0.76)]
    )
    _leaded(canvas, bowl, smoke[2], 4)
    _leaded(canvas, oval((0.5, 0.76), (0.14, 0.018)), smoke[0], 3)
    _leaded(canvas, [(0.46, 0.88), (0.42, 0.93), (0.58, 0.93), (0.54, 0.88)], smoke[2], 3)
    for side in (-1, 1):
        for k in range(6):
            spot = (0.5 + side * (0.405 - 0.012 * k), 0.34 + 0.095 * k)
            _rosette(canvas, spot, 0.045, bloom, k)
        stem = [
            (0.5 + side * 0.4, 0.98),
            (0.5 + side * 0.43, 0.7),
            (0.5 + side * 0.38, 0.5),
            (0.5 + side * 0.42, 0.3),
        ]
        canvas.ribbon(curve(stem), "#4c6c3c", 4, opacity=0.7)
    canvas.polygon(box(0.2, 0.945, 0.8, 0.975), border[0], opacity=0.9)
    _border(canvas, *border, wide=0.035)
    return _lithograph(rng, canvas)


def _rosette(canvas: Canvas, spot: Point, reach: float, bloom: tuple[str, str], order: int) -> None:
    """A round rose drawn as a spiral."""
    _leaded(canvas, oval(spot, canvas.radii(reach)), bloom[order % 2], 2.4)
    turn = np.linspace(0, 5 * math.pi, 60)
    far = np.linspace(0.9, 0.08, 60) * reach
    swirl = [
        (spot[0] + math.cos(a) * canvas.radii(r)[0], spot[1] + math.sin(a) * canvas.radii(r)[1])
        for a, r in zip(turn, far, strict=True)
    ]
    canvas.ribbon(swirl, LEAD, 1.8)


DUSK: Stops = [(0, "#2c5c6c"), (0.5, "#7ca494"), (1, "#e8d8a4")]
SAND: Stops = [(0, "#d8b878"), (0.5, "#ead8a8"), (1, "#f0e4c0")]
SAGE: Stops = [(0, "#8ca47c"), (0.5, "#c0c898"), (1, "#ece4bc")]
PLUM: Stops = [(0, "#5c3c5c"), (0.5, "#a87c84"), (1, "#ecd0a8")]
GREEN_GOLD = ("#3c5c48", "#d8b05c")
CREAM_BROWN = ("#ecdcb4", "#6c4c2c")
NIGHT_GOLD = ("#1c3440", "#d8b868")

WORKS = (
    work(
        "Lilies before a halo",
        lilies,
        (640, 940),
        ground=SAGE,
        petals=("#f8f0e0", "#e0b8a0"),
        stem="#4c7c4c",
        border=GREEN_GOLD,
    ),
    work(
        "Window with wisteria",
        glass_landscape,
        (820, 900),
        air=[(0, "#5c94b0"), (0.5, "#a8c8b8"), (1, "#f4e0a0")],
        water=[(0, "#a8ccbc"), (0.5, "#5c9ca8"), (1, "#2c5c84")],
        hills=("#7c94a8", "#5c7c6c", "#3c6448"),
        trunk="#5c4430",
        bloom=("#7c6cb8", "#a88cd0", "#5c54a0"),
    ),
    work(
        "Peacock in full tail",
        peacock,
        (700, 920),
        ground=SAND,
        plume=("#4c7c4c", "#2c6c6c", "#d8a83c"),
        body="#1c4c9c",
        border=CREAM_BROWN,
    ),
    work(
        "Dragonflies over the reeds",
        dragonflies,
        (720, 900),
        ground=DUSK,
        wing=("#c8e0d4", "#8cc4c0"),
        reed="#5c8448",
        border=NIGHT_GOLD,
    ),
    work(
        "Smoke and roses",
        poster,
        (600, 940),
        ground=SAND,
        smoke=("#e8ddc0", "#c89c6c", "#7c4c34"),
        bloom=("#c8584c", "#e8a08c"),
        border=CREAM_BROWN,
    ),
    work(
        "Lilies at evening",
        lilies,
        (900, 760),
        ground=PLUM,
        petals=("#f4d08c", "#d8743c"),
        stem="#5c6c44",
        border=("#4c2c44", "#e0b870"),
    ),
    work(
        "Lake behind golden rain",
        glass_landscape,
        (700, 920),
        air=[(0, "#4c6ca0"), (0.5, "#c89ca4"), (1, "#f8d08c")],
        water=[(0, "#e0a88c"), (0.5, "#8c6c94"), (1, "#34406c")],
        hills=("#8c7ca0", "#6c5c84", "#3c4c5c"),
        trunk="#443428",
        bloom=("#f0c83c", "#f8e08c", "#d89c2c"),
    ),
    work(
        "White peacock",
        peacock,
        (820, 860),
        ground=DUSK,
        plume=("#d8dcc8", "#b8c8bc", "#e8d08c"),
        body="#c8d4d0",
        border=NIGHT_GOLD,
    ),
    work(
        "Blue smoke",
        poster,
        (700, 900),
        ground=DUSK,
        smoke=("#e0ecdc", "#8cb8b8", "#2c5464"),
        bloom=("#e8e0c0", "#d8a850"),
        border=NIGHT_GOLD,
    ),
    work(
        "Dragonflies, red evening",
        dragonflies,
        (900, 700),
        ground=[(0, "#a8443c"), (0.5, "#e0945c"), (1, "#f0d498")],
        wing=("#f8e4b8", "#f0b878"),
        reed="#4c4c34",
        border=("#5c2420", "#e8c078"),
    ),
    work(
        "Blue lilies",
        lilies,
        (560, 960),
        ground=SAND,
        petals=("#8ca4d0", "#3c4c94"),
        stem="#4c744c",
        border=CREAM_BROWN,
    ),
    work(
        "Spring window",
        glass_landscape,
        (940, 720),
        air=[(0, "#8cc0d0"), (0.5, "#c8e0c8"), (1, "#f8ecc0")],
        water=[(0, "#c0e0cc"), (0.5, "#7cbcac"), (1, "#3c8480")],
        hills=("#a8c8a0", "#7cac70", "#4c8450"),
        trunk="#6c5444",
        bloom=("#f4b8c0", "#fbe0dc", "#e88c9c"),
    ),
)
