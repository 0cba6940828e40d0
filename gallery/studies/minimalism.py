"""Minimalism: one idea, carried out exactly, and the surface it lies on."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from gallery.studies.canvas import Canvas, box, oval
from gallery.studies.colour import Size, mix
from gallery.studies.noise import fractal
from gallery.studies.surface import grain, weave
from gallery.studies.work import work

RAW = "#d8ccb4"


def _hung(rng: np.random.Generator, canvas: Canvas, *, cloth: float = 0.16) -> Image.Image:
    """An even surface that is still a surface: threads, and paint a trace uneven."""
    canvas.multiply(1 + 0.035 * (fractal(rng, canvas.size, 240, octaves=3) - 0.5))
    return weave(rng, grain(rng, canvas.image, depth=2), depth=cloth)


def bands(
    rng: np.random.Generator, size: Size, *, colours: Sequence[str], upright: bool, bare: float
) -> Image.Image:
    """Equal bands with hair-thin bare canvas between them."""
    canvas = Canvas(size, RAW)
    count = len(colours)
    for order, tone in enumerate(colours):
        start, stop = order / count + bare / 2, (order + 1) / count - bare / 2
        edge = box(start, -0.01, stop, 1.01) if upright else box(-0.01, start, 1.01, stop)
        canvas.polygon(edge, tone)
    return _hung(rng, canvas)


def nested(rng: np.random.Generator, size: Size, *, colour: str, count: int, line: str) -> Image.Image:
    """The shape of the canvas, repeated inwards at one distance."""
    canvas = Canvas(size, colour)
    step = 0.5 * min(size) / (count + 0.5)
    for order in range(count):
        for inset, tone in ((order + 0.5) * step, line), ((order + 0.5) * step + 3, colour):
            x, y = inset / size[0], inset / size[1]
            canvas.polygon(box(x, y, 1 - x, 1 - y), tone)
    return _hung(rng, canvas)


def pencil_grid(
    rng: np.random.Generator, size: Size, *, ground: str, line: str, across: int, down: int
) -> Image.Image:
    """A grid in pencil, drawn with a ruler by a hand that breathes."""
    canvas = Canvas(size, ground)
    margin = 0.06
    for x in np.linspace(margin, 1 - margin, across):
        _pencil(canvas, rng, (x, margin), (x, 1 - margin), line)
    for y in np.linspace(margin, 1 - margin, down):
        _pencil(canvas, rng, (margin, y), (1 - margin, y), line)
    return _hung(rng, canvas, cloth=0.22)


def _pencil(canvas: Canvas, rng: np.random.Generator, start: tuple, end: tuple, line: str) -> None:
    share = np.linspace(0, 1, 24)[:, None]
    points = np.array(start) * (1 - share) + np.array(end) * share + rng.normal(0, 0.00025, (24, 2))
    canvas.ribbon(points, line, np.clip(rng.normal(1.15, 0.3, 24), 0.5, 2), opacity=0.75)


def stack(
    rng: np.random.Generator, size: Size, *, wall: str, colour: str, lid: str, count: int
) -> Image.Image:
    """Equal boxes one above the other on a wall, as far apart as they are high."""
    canvas = Canvas(size, wall)
    falloff = (
        np.linspace(1.05, 0.88, size[1], dtype=np.float32)[:, None]
        * np.linspace(1.02, 0.96, size[0])[None, :]
    )
    canvas.multiply(falloff)
    high = 0.9 / (count * 2 - 1)
    for order in range(count):
        y = 0.05 + order * 2 * high
        canvas.polygon(box(0.31, y + high * 0.5, 0.79, y + high * 1.5), "#14120f", soft_px=13, opacity=0.3)
        seen = (
            order - (count - 1) / 2
        ) / count  # boxes above the eye show their underside, those below their lid
        depth = seen * high * 0.75
        rim = y if seen >= 0 else y + high
        canvas.polygon(
            [(0.28, rim), (0.72, rim), (0.69, rim - depth), (0.31, rim - depth)],
            lid if seen >= 0 else mix(lid, "#101010", 0.55),
        )
        front = Image.linear_gradient("L").rotate(90).resize(size)
        canvas.polygon(box(0.28, y, 0.72, y + high), colour)
        canvas.lay(mix(colour, "#ffffff", 0.4), _clipped(front, size, box(0.28, y, 0.72, y + high)), 0.35)
        canvas.ribbon([(0.28, y), (0.72, y)], mix(colour, "#ffffff", 0.5), 1.2)
    return grain(rng, canvas.image, depth=2.5)


def _clipped(field: Image.Image, size: Size, shape: list) -> Image.Image:
    """A field shown only inside a shape."""
    inside = Canvas(size, "#000000")
    inside.polygon(shape, Image.merge("RGB", [field] * 3))
    return inside.image.convert("L")


def one_shape(rng: np.random.Generator, size: Size, *, ground: str, colour: str, shape: str) -> Image.Image:
    """One form, cut by the edge of the canvas."""
    canvas = Canvas(size, ground)
    outlines = {
        "arc": oval((1.0, 1.0), canvas.radii(0.92)),
        "wedge": [(0.0, 0.0), (0.86, 0.0), (0.2, 1.0), (0.0, 1.0)],
        "disc": oval((0.5, 0.5), canvas.radii(0.36)),
        "curve": [
            *[(t, 0.74 - 0.5 * t * t) for t in np.linspace(-0.01, 1.01, 40)],
            (1.01, 1.01),
            (-0.01, 1.01),
        ],
    }
    canvas.polygon(outlines[shape], colour)
    return _hung(rng, canvas, cloth=0.12)


def light_tubes(rng: np.random.Generator, size: Size, *, colours: Sequence[str]) -> Image.Image:
    """Coloured tubes standing in a corner; the wall is the painting."""
    canvas = Canvas(size, "#26242a")
    spots = np.linspace(0.26, 0.74, len(colours))
    across = np.linspace(0, 1, size[0], dtype=np.float32)[None, :]
    down = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    for spot, tone in zip(spots, colours, strict=True):
        fall = np.maximum(np.abs(down - 0.48) - 0.34, 0) * 1.4
        away = np.hypot(across - spot, fall * size[1] / size[0])
        canvas.glow(tone, 0.62 / (1 + (away / 0.1) ** 2))
        canvas.glow(tone, 0.5 * np.exp(-((away / 0.024) ** 2)))
    floor = np.asarray(
        canvas.image.crop((0, round(size[1] * 0.72), size[0], round(size[1] * 0.86))).transpose(
            Image.Transpose.FLIP_TOP_BOTTOM
        )
    )
    canvas.image.paste(Image.fromarray((floor * 0.55).astype(np.uint8)), (0, round(size[1] * 0.86)))
    for spot, tone in zip(spots, colours, strict=True):
        canvas.polygon(box(spot - 0.008, 0.13, spot + 0.008, 0.83), mix(tone, "#ffffff", 0.86), soft_px=1.2)
    return grain(rng, canvas.image, depth=3)


def steps(rng: np.random.Generator, size: Size, *, ground: str, colour: str, count: int) -> Image.Image:
    """A row of squares, each one shade nearer to the ground."""
    canvas = Canvas(size, ground)
    side = 0.84 / count
    tall = side * 0.8 * size[0] / size[1]
    for row in range(3):
        for order in range(count):
            x, y = 0.08 + order * side, 0.5 + (row - 1) * tall * 1.5 - tall / 2
            share = (order + row * 2) % count / (count - 1)
            canvas.polygon(box(x, y, x + side * 0.8, y + tall), mix(colour, ground, share * 0.94))
    return _hung(rng, canvas)


WORKS = (
    work(
        "Eleven upright bands",
        bands,
        (900, 700),
        colours=(
            "#20262c",
            "#2c3a44",
            "#3c505c",
            "#54707c",
            "#7c949c",
            "#a8b8b8",
            "#7c949c",
            "#54707c",
            "#3c505c",
            "#2c3a44",
            "#20262c",
        ),
        upright=True,
        bare=0.008,
    ),
    work("Frame within frame", nested, (720, 900), colour="#1d3d3a", count=13, line="#e0d4b4"),
    work(
        "Pencil grid on white", pencil_grid, (860, 860), ground="#ece6d8", line="#6a645a", across=38, down=20
    ),
    work("Seven green boxes", stack, (560, 940), wall="#e6e2da", colour="#2c6a54", lid="#7cb89c", count=7),
    work("Blue quarter", one_shape, (880, 880), ground="#efe9dc", colour="#1f4a8c", shape="arc"),
    work("Three tubes", light_tubes, (900, 760), colours=("#ff5c7c", "#ffd06c", "#6ca8ff")),
    work("Shades towards the wall", steps, (960, 560), ground="#e4dccb", colour="#8c2c24", count=9),
    work("Red wedge, white field", one_shape, (700, 920), ground="#f0ebe0", colour="#c0281f", shape="wedge"),
    work(
        "Five level bands",
        bands,
        (660, 920),
        colours=("#e8c84c", "#e0a03c", "#c8642c", "#8c3a2c", "#4c2a2c"),
        upright=False,
        bare=0.012,
    ),
    work("Black disc", one_shape, (840, 840), ground="#c9c3b6", colour="#151517", shape="disc"),
    work("Ten boxes in copper", stack, (480, 960), wall="#d6d2cc", colour="#a85c34", lid="#e6ac7c", count=10),
    work("Fine grid on blue", pencil_grid, (940, 700), ground="#a9bccb", line="#f2efe6", across=64, down=24),
)
