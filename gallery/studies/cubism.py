"""Cubism: things seen from several sides at once, in planes of ochre, grey and green."""

import math

import numpy as np
from PIL import Image, ImageDraw

from gallery.studies import still_life as table
from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import FINER, Canvas, Points, box, curve, oval
from gallery.studies.colour import Colour, Size, mix, near
from gallery.studies.landscape import mix_code
from gallery.studies.motifs import Point
from gallery.studies.noise import fractal
from gallery.studies.surface import vignette, weave
from gallery.studies.work import work

INK = "#201a16"


def _scumbled(rng: np.random.Generator, image: Image.Image, *, relief: float = 0.45) -> Image.Image:
    """Short strokes within each plane, dry over dark."""
    flow = along_edges(image, drifting(rng, image.size, cell_px=70, turn=1.4), blur_px=4)
    brush = Brushwork(image)
    brush.cover(
        image, rng, length_px=20, width_px=8, flow=flow, step_px=9, jitter=6, tint=3, dry=0.6, blur_px=1
    )
    brush.restate(image, opacity=0.65)
    return weave(rng, vignette(brush.finish(relief=relief), start=0.45, depth=0.25), depth=0.12)


def _shaded_plane(
    image: Image.Image,
    outline: np.ndarray,
    tone: Colour,
    *,
    turn: float,
    depth: float = 0.55,
    opacity: float = 1,
) -> None:
    """Fill a plane with a gradient: light on one side, dark on the other; outline in pixels."""
    low, high = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int) + 1
    low, high = np.maximum(low, 0), np.minimum(high, image.size)
    wide, tall = (high - low).tolist()
    if wide < 2 or tall < 2:
        return
    x, y = np.linspace(-0.5, 0.5, wide, dtype=np.float32), np.linspace(-0.5, 0.5, tall, dtype=np.float32)
    slope = 1 + depth * (x[None, :] * math.cos(turn) + y[:, None] * math.sin(turn)) * 1.5
    colours = slope[:, :, None] * np.array(tone, np.float32)
    fill = Image.fromarray(colours.clip(0, 255).astype(np.uint8))
    mask = Image.new("L", (wide * FINER, tall * FINER))
    ImageDraw.Draw(mask).polygon(((outline - low) * FINER).ravel().tolist(), fill=round(255 * opacity))
    image.paste(fill, tuple(low.tolist()), mask.reduce(FINER))


def _facets(
    rng: np.random.Generator,
    canvas: Canvas,
    tones: tuple[str, ...],
    *,
    count: int,
    middle: Point,
    spread: float,
) -> None:
    """Planes leaning over one another, thinner and paler towards the edge of the picture."""
    for order in range(count):
        spot = np.array(middle) + rng.normal(0, spread, 2)
        reach = rng.uniform(0.06, 0.24) * canvas.short_px * (1.25 - order / count)
        turn = rng.choice([0.2, 0.9, 1.57, 2.3]) + rng.normal(0, 0.16)
        corners = [(-1, -0.6), (0.8, -0.9), (1, 0.7), (-0.7, 0.9)][: 3 + int(rng.random() < 0.75)]
        shape = np.array(corners) * rng.uniform(0.5, 1.15, (len(corners), 2)) * reach
        cosine, sine = math.cos(turn), math.sin(turn)
        shape = shape @ np.array([[cosine, sine], [-sine, cosine]]) + spot * canvas.scale
        tone = near(rng, tones[int(rng.integers(len(tones)))], 10)
        _shaded_plane(canvas.image, shape, tone, turn=turn + 1.2, opacity=rng.uniform(0.55, 0.95))
        if rng.random() < 0.55:
            edge = shape[:2] / canvas.scale
            canvas.ribbon(edge, INK, [1, rng.uniform(2, 4)], opacity=0.7)


def _split(
    canvas: Canvas,
    rng: np.random.Generator,
    outline: Points,
    tones: tuple[str, ...],
    *,
    cuts: int = 4,
    line_px: float = 3,
) -> None:
    """A thing cut by straight lines into planes; each is lit and moved a little for itself."""
    pieces = [np.asarray(outline, float) * canvas.scale]
    middle = pieces[0].mean(0)
    for _ in range(cuts):
        turn = rng.uniform(0, math.pi)
        normal = np.array([math.cos(turn), math.sin(turn)])
        offset = float(normal @ (middle + rng.normal(0, 0.05, 2) * canvas.short_px))
        pieces = [
            half
            for piece in pieces
            for half in (_half(piece, normal, offset), _half(piece, -normal, -offset))
            if len(half) > 2
        ]
    for piece in pieces:
        shift = rng.normal(0, 0.006, 2) * canvas.short_px
        tone = near(rng, tones[int(rng.integers(len(tones)))], 8)
        _shaded_plane(canvas.image, piece + shift, tone, turn=rng.uniform(0, 6.28), depth=0.75)
        closed = np.vstack([piece, piece[:1]]) + shift
        canvas.ribbon(closed / canvas.scale, INK, line_px * rng.uniform(0.5, 1.1), opacity=0.85)


def _half(piece: np.ndarray, normal: np.ndarray, offset: float) -> np.ndarray:
    """What is left of a polygon on one side of a line."""
    kept = []
    side = piece @ normal - offset
    for order in range(len(piece)):
        following = (order + 1) % len(piece)
        if side[order] >= 0:
            kept.append(piece[order])
        if side[order] * side[following] < 0:
            share = side[order] / (side[order] - side[following])
            kept.append(piece[order] + (piece[following] - piece[order]) * share)
    return np.array(kept)


def _placed(points: Points, spot: Point, scale: float, turn: float, canvas: Canvas) -> np.ndarray:
    """Points in their own units (y down), turned, scaled to short sides, and set down."""
    cosine, sine = math.cos(turn), math.sin(turn)
    turned = np.asarray(points, float) @ np.array([[cosine, sine], [-sine, cosine]])
    return turned * scale * canvas.short_px / canvas.scale + spot


GUITAR = [
    (0, -0.5),
    (0.16, -0.52),
    (0.27, -0.42),
    (0.26, -0.26),
    (0.17, -0.12),
    (0.2, 0.02),
    (0.34, 0.16),
    (0.36, 0.34),
    (0.24, 0.5),
    (0, 0.54),
]


def _guitar(
    canvas: Canvas, rng: np.random.Generator, spot: Point, scale: float, turn: float, tones: tuple[str, ...]
) -> None:
    body = curve([*GUITAR, *[(-x, y) for x, y in GUITAR[::-1][1:-1]]], closed=True)
    left = _placed(body[body[:, 0] <= 0.02] + (-0.03, 0.03), spot, scale, turn, canvas)
    right = _placed(body[body[:, 0] >= -0.02] + (0.03, -0.02), spot, scale, turn, canvas)
    neck = _placed(box(-0.05, -1.15, 0.05, -0.1), spot, scale, turn, canvas)
    _split(canvas, rng, left, tones[:3], cuts=3)
    _split(canvas, rng, right, tones[1:], cuts=3)
    _split(canvas, rng, neck, ("#3c2c20", "#5c4430"), cuts=2)
    head = _placed([(-0.07, -1.15), (-0.09, -1.36), (0.09, -1.36), (0.07, -1.15)], spot, scale, turn, canvas)
    _split(canvas, rng, head, tones[:2], cuts=1)
    hole = _placed(oval((0.02, 0.02), (0.12, 0.12)), spot, scale, turn, canvas)
    canvas.polygon(hole, INK)
    canvas.polygon(_placed(box(-0.15, 0.3, 0.15, 0.35), spot, scale, turn, canvas), INK)
    for x in np.linspace(-0.036, 0.036, 5):
        canvas.ribbon(_placed([(x, -1.15), (x * 1.6, 0.32)], spot, scale, turn, canvas), "#e8dcc0", 1.3)
    for y in np.linspace(-1.05, -0.2, 8):
        canvas.ribbon(_placed([(-0.05, y), (0.05, y)], spot, scale, turn, canvas), "#c9b890", 1.4)


def _profile(
    canvas: Canvas,
    rng: np.random.Generator,
    profile: list,
    spot: Point,
    scale: float,
    tones: tuple[str, ...],
    *,
    cuts: int = 3,
) -> None:
    """A turned vessel: its silhouette split, its mouth and foot turned towards us."""
    line = curve(profile, steps=8)
    shape = np.vstack(
        [np.stack([line[:, 1], line[:, 0]], axis=1), np.stack([-line[:, 1], line[:, 0]], axis=1)[::-1]]
    )
    _split(canvas, rng, _placed(shape - (0, 1), spot, scale, rng.normal(0, 0.03), canvas), tones, cuts=cuts)
    mouth, foot = profile[0][1], profile[-1][1]
    rim = _placed(oval((0, -1), (mouth * 1.1, mouth * 0.6)), spot, scale, 0, canvas)
    canvas.polygon(rim, mix(tones[0], "#ffffff", 0.3))
    canvas.polygon(_placed(oval((0.01, -1), (mouth * 0.8, mouth * 0.4)), spot, scale, 0, canvas), INK)
    ring = _placed(oval((0, 0), (foot, foot * 0.45)), spot, scale, 0, canvas)
    canvas.ribbon(np.vstack([ring, ring[:1]]), INK, 2.4, opacity=0.8)


def _newspaper(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float, turn: float) -> None:
    """A cut of printed paper: rows that stand for print and say nothing."""
    sheet = _placed(box(-0.5, -0.34, 0.5, 0.34), spot, reach, turn, canvas)
    canvas.polygon(sheet, "#d9cdb0")
    for row in np.linspace(-0.28, 0.28, 9):
        for left in (-0.44, 0.03):
            stop = left + rng.uniform(0.3, 0.41)
            canvas.ribbon(
                _placed([(left, row), (stop, row)], spot, reach, turn, canvas),
                "#5c564a",
                reach * canvas.short_px * 0.02,
                opacity=0.7,
            )
    canvas.ribbon(np.vstack([sheet, sheet[:1]]), INK, 1.6)


def tabletop(
    rng: np.random.Generator,
    size: Size,
    *,
    tones: tuple[str, ...],
    ground: str,
    guitar: bool,
    mirrored: bool = False,
) -> Image.Image:
    """Guitar, bottle, glass and paper on a round table."""
    canvas = Canvas(size, ground)
    _facets(rng, canvas, tones, count=60, middle=(0.5, 0.5), spread=0.26)
    top = oval((0.5, 0.72), (0.44, 0.2))
    _split(canvas, rng, top, (tones[3], mix_code(tones[3], INK, 0.3), tones[1]), cuts=4)
    _newspaper(canvas, rng, (0.36, 0.74), 0.42, -0.25)
    if guitar:
        _guitar(canvas, rng, (0.42, 0.56), 0.46, 0.42, tones)
    else:
        _profile(canvas, rng, table.JUG, (0.36, 0.76), 0.5, tones)
    _profile(
        canvas, rng, table.BOTTLE, (0.72, 0.74), 0.56, (tones[4], mix_code(tones[4], INK, 0.4), tones[0])
    )
    _profile(canvas, rng, table.CUP, (0.6, 0.86), 0.26, ("#d8d8cc", tones[0], "#8c948c"))
    for spot in [(0.28, 0.84), (0.4, 0.88)]:
        _split(canvas, rng, oval(spot, canvas.radii(0.058)), (tones[2], "#c8a050", tones[4]), cuts=2)
    _facets(rng, canvas, tones, count=9, middle=(0.52, 0.55), spread=0.2)
    image = canvas.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else canvas.image
    return _scumbled(rng, image)


def head(rng: np.random.Generator, size: Size, *, tones: tuple[str, ...], ground: str) -> Image.Image:
    """A seated person: profile and front in one face."""
    canvas = Canvas(size, ground)
    _facets(rng, canvas, tones, count=55, middle=(0.5, 0.55), spread=0.27)
    shoulders = [(0.12, 1.04), (0.2, 0.78), (0.4, 0.68), (0.6, 0.68), (0.84, 0.8), (0.92, 1.04)]
    _split(canvas, rng, shoulders, tones, cuts=5)
    _split(
        canvas, rng, [(0.42, 0.52), (0.4, 0.74), (0.52, 0.8), (0.62, 0.72), (0.6, 0.52)], tones[:3], cuts=2
    )
    hair = curve([(0.34, 0.5), (0.3, 0.24), (0.46, 0.1), (0.66, 0.14), (0.74, 0.34), (0.68, 0.54)], steps=6)
    _split(canvas, rng, hair, ("#2c221c", "#4c3a2c", tones[4]), cuts=3)
    front = [(0.37, 0.28), (0.36, 0.48), (0.44, 0.62), (0.53, 0.64), (0.55, 0.24), (0.46, 0.19)]
    side = [
        (0.55, 0.2),
        (0.54, 0.34),
        (0.63, 0.47),
        (0.57, 0.5),
        (0.6, 0.55),
        (0.57, 0.585),
        (0.58, 0.63),
        (0.52, 0.66),
        (0.66, 0.62),
        (0.71, 0.46),
        (0.69, 0.28),
        (0.62, 0.2),
    ]
    _split(canvas, rng, front, (tones[0], mix_code(tones[0], "#ffffff", 0.25), tones[2]), cuts=3)
    _split(canvas, rng, side, (tones[1], tones[3], mix_code(tones[1], INK, 0.2)), cuts=2)
    for spot, wide in [((0.455, 0.36), 0.045), ((0.63, 0.34), 0.05)]:
        lens = curve(
            [
                (spot[0] - wide, spot[1]),
                (spot[0], spot[1] - 0.026),
                (spot[0] + wide, spot[1]),
                (spot[0], spot[1] + 0.02),
            ],
            steps=6,
            closed=True,
        )
        canvas.polygon(lens, "#ece4d0")
        canvas.ribbon(np.vstack([lens, lens[:1]]), INK, 3)
        canvas.disc(spot, 0.024, INK)
        canvas.ribbon(
            curve(
                [
                    (spot[0] - wide * 1.2, spot[1] - 0.04),
                    (spot[0], spot[1] - 0.062),
                    (spot[0] + wide * 1.2, spot[1] - 0.035),
                ]
            ),
            INK,
            5,
        )
    nose = [(0.545, 0.28), (0.5, 0.49), (0.565, 0.5)]
    _split(canvas, rng, nose, (mix_code(tones[0], "#ffffff", 0.35), tones[3]), cuts=1)
    canvas.ribbon([(0.46, 0.565), (0.52, 0.555), (0.585, 0.57)], "#6c2c20", 8)
    canvas.ribbon([(0.45, 0.567), (0.52, 0.565), (0.59, 0.572)], INK, 2.4)
    _facets(rng, canvas, tones, count=6, middle=(0.4, 0.8), spread=0.14)
    return _scumbled(rng, canvas.image)


def hill_town(
    rng: np.random.Generator, size: Size, *, tones: tuple[str, ...], roofs: tuple[str, ...], ground: str
) -> Image.Image:
    """Houses piled up a hill like crystals, trees pressed between."""
    canvas = Canvas(size, ground)
    _facets(rng, canvas, tones, count=50, middle=(0.5, 0.3), spread=0.3)
    for y in np.linspace(0.24, 0.98, 9):
        breadth = 0.12 + 0.42 * y
        for x in np.linspace(0.5 - breadth, 0.5 + breadth, int(3 + 5 * y)):
            spot = (float(x + rng.normal(0, 0.02)), float(y + rng.normal(0, 0.014)))
            if rng.random() < 0.24:
                leaf = _placed(
                    [(0, -1.2), (0.55, -0.3), (0.35, 0.3), (-0.35, 0.3), (-0.55, -0.35)],
                    spot,
                    0.075,
                    rng.normal(0, 0.2),
                    canvas,
                )
                _split(canvas, rng, leaf, ("#4c6044", "#6d7c4c", "#38483c"), cuts=2, line_px=2)
            else:
                _cube(canvas, rng, spot, rng.uniform(0.06, 0.1) * (0.7 + 0.6 * y), tones, roofs)
    _facets(rng, canvas, tones, count=12, middle=(0.5, 0.8), spread=0.22)
    return _scumbled(rng, canvas.image)


def _cube(
    canvas: Canvas,
    rng: np.random.Generator,
    spot: Point,
    scale: float,
    tones: tuple[str, ...],
    roofs: tuple[str, ...],
) -> None:
    turn = rng.normal(0, 0.08)
    faces = [
        (
            [(-0.9, -0.5), (0.1, -0.5), (0.1, 0.7), (-0.9, 0.7)],
            mix_code(tones[int(rng.integers(3))], "#fff4dc", 0.25),
        ),
        (
            [(0.1, -0.5), (0.9, -0.75), (0.9, 0.42), (0.1, 0.7)],
            mix_code(tones[int(rng.integers(3))], INK, 0.35),
        ),
        ([(-1.0, -0.46), (-0.4, -1.1), (0.5, -1.3), (0.1, -0.46)], roofs[int(rng.integers(len(roofs)))]),
        ([(0.1, -0.46), (0.5, -1.3), (0.98, -0.74)], mix_code(roofs[0], INK, 0.3)),
    ]
    for points, tone in faces:
        _split(
            canvas,
            rng,
            _placed(points, spot, scale, turn, canvas),
            (tone,),
            cuts=int(rng.random() < 0.3),
            line_px=2.4,
        )
    for x in (-0.65, -0.25):
        canvas.polygon(_placed(box(x, -0.1, x + 0.2, 0.24), spot, scale, turn, canvas), INK, opacity=0.75)


def collage(rng: np.random.Generator, size: Size, *, tones: tuple[str, ...], ground: str) -> Image.Image:
    """Flat cut papers, wood-grain and dots: a violin taken apart."""
    canvas = Canvas(size, ground)
    sheets = [
        ((0.42, 0.46), (0.3, 0.4), 0.1, tones[0]),
        ((0.6, 0.42), (0.16, 0.36), -0.12, tones[1]),
        ((0.46, 0.68), (0.34, 0.16), 0.05, tones[2]),
        ((0.3, 0.36), (0.12, 0.26), -0.2, tones[3]),
        ((0.68, 0.62), (0.16, 0.2), 0.3, tones[4]),
    ]
    for spot, half, turn, tone in sheets:
        shape = _placed(box(-half[0], -half[1], half[0], half[1]), spot, 1.0, turn, canvas)
        canvas.polygon(np.add(shape, 0.006), "#000000", opacity=0.35, soft_px=3)
        canvas.polygon(shape, tone)
    _wood(canvas, rng, _placed(box(-0.1, -0.34, 0.1, 0.3), (0.5, 0.48), 1.0, 0.16, canvas))
    _newspaper(canvas, rng, (0.34, 0.62), 0.36, 0.3)
    body = curve([*GUITAR, *[(-x, y) for x, y in GUITAR[::-1][1:-1]]], closed=True)
    outline = _placed(body, (0.5, 0.5), 0.56, 0.14, canvas)
    canvas.polygon(outline[: len(outline) // 2], mix(tones[1], INK, 0.55), opacity=0.8)
    canvas.ribbon(np.vstack([outline, outline[:1]]), INK, 5)
    for side in (-1, 1):
        hole = curve(
            [
                (side * 0.16, -0.16),
                (side * 0.11, -0.12),
                (side * 0.16, 0.0),
                (side * 0.1, 0.14),
                (side * 0.15, 0.18),
            ]
        )
        canvas.ribbon(
            _placed(hole, (0.5, 0.52), 0.6, 0.14, canvas),
            INK if side < 0 else "#efe6d0",
            [2, *[6] * (len(hole) - 2), 2],
        )
    for x in np.linspace(-0.04, 0.04, 4):
        canvas.ribbon(_placed([(x, -0.72), (x * 1.8, 0.36)], (0.5, 0.52), 0.6, 0.14, canvas), "#efe6d0", 1.6)
    for row in range(7):
        for column in range(9):
            canvas.disc(
                tuple(_placed([(column * 0.024, row * 0.024)], (0.64, 0.68), 1.0, 0.3, canvas)[0]),
                0.006,
                "#efe6d0",
            )
    return _scumbled(rng, canvas.image, relief=0.3)


def _wood(canvas: Canvas, rng: np.random.Generator, shape: np.ndarray) -> None:
    veins = np.sin(fractal(rng, canvas.size, (30, 600), octaves=3) * 40)
    grainy = (np.clip(veins, 0, 1)[:, :, None] * np.array([60, 50, 40]) * -1 + np.array([176, 124, 74])).clip(
        0, 255
    )
    canvas.polygon(shape, Image.fromarray(grainy.astype(np.uint8)))


OCHRE = ("#b89c68", "#8c7450", "#cbb58a", "#6c5a40", "#54584c", "#9c8c6c")
SILVER = ("#9c9c90", "#74766e", "#c4c0ac", "#565850", "#3c444a", "#a8946c")
OLIVE = ("#9c9458", "#6c6c44", "#c8b87c", "#54482c", "#3c5048", "#b8844c")
ROSE = ("#c8a088", "#a0685c", "#e0c8a8", "#785448", "#4c5c6c", "#8c9078")
BRIGHT = ("#d8a83c", "#3c6c8c", "#e0d4b4", "#a03c2c", "#2c3c44", "#6c8c6c")

WORKS = (
    work("Guitar, bottle and newspaper", tabletop, (720, 900), tones=OCHRE, ground="#6c5c44", guitar=True),
    work("Seated man, front and side", head, (700, 900), tones=SILVER, ground="#54524a"),
    work(
        "Town on the hill",
        hill_town,
        (820, 860),
        tones=OCHRE,
        roofs=("#a86440", "#8c5038", "#b88454"),
        ground="#8c9484",
    ),
    work(
        "Jug and glass on a round table", tabletop, (880, 740), tones=SILVER, ground="#4c4c46", guitar=False
    ),
    work(
        "Violin in cut paper",
        collage,
        (740, 900),
        tones=("#3c5468", "#a8743c", "#d8c8a0", "#26282c", "#8c3c2c"),
        ground="#b8a884",
    ),
    work("Woman in rose and grey", head, (760, 860), tones=ROSE, ground="#7c6860"),
    work(
        "Guitar in green light",
        tabletop,
        (860, 800),
        tones=OLIVE,
        ground="#4c4c34",
        guitar=True,
        mirrored=True,
    ),
    work(
        "Harbour houses",
        hill_town,
        (920, 700),
        tones=SILVER,
        roofs=("#74848c", "#8c5c48", "#a89878"),
        ground="#8c98a0",
    ),
    work(
        "Strings and dotted paper",
        collage,
        (860, 780),
        tones=("#26443c", "#c09050", "#c4c0b4", "#6c2c28", "#34486c"),
        ground="#8c8c84",
    ),
    work(
        "Bottle, jug, red cloth",
        tabletop,
        (700, 920),
        tones=BRIGHT,
        ground="#3c4448",
        guitar=False,
        mirrored=True,
    ),
    work("Head in olive planes", head, (660, 940), tones=OLIVE, ground="#3c4034"),
    work(
        "Roofs in the heat",
        hill_town,
        (720, 900),
        tones=ROSE,
        roofs=("#b84c34", "#c8783c", "#8c4440"),
        ground="#a8b0a4",
    ),
)
