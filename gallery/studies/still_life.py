"""Things on a table: fruit, jugs, glasses, plates, candles, books, flowers, and the cloth below them."""

import math

import numpy as np

from gallery.studies.canvas import Canvas, curve, oval
from gallery.studies.colour import Shading, Stops, distance, mix
from gallery.studies.motifs import UPPER_LEFT, Light, Point, ball, vessel
from gallery.studies.noise import fractal

# Profiles of turned vessels: (0 at the top .. 1 at the foot, radius in heights of the vessel).
JUG = [(0, 0.15), (0.06, 0.13), (0.2, 0.11), (0.38, 0.22), (0.6, 0.32), (0.82, 0.28), (0.96, 0.17), (1, 0.18)]
BOTTLE = [(0, 0.05), (0.05, 0.055), (0.3, 0.05), (0.42, 0.1), (0.5, 0.155), (0.7, 0.165), (1, 0.16)]
URN = [
    (0, 0.3),
    (0.05, 0.26),
    (0.14, 0.2),
    (0.3, 0.3),
    (0.5, 0.3),
    (0.74, 0.12),
    (0.86, 0.08),
    (0.93, 0.17),
    (1, 0.2),
]
BOWL = [(0, 0.98), (0.1, 0.97), (0.45, 0.82), (0.75, 0.45), (0.85, 0.3), (1, 0.4)]
CUP = [
    (0, 0.24),
    (0.25, 0.27),
    (0.42, 0.21),
    (0.5, 0.06),
    (0.56, 0.09),
    (0.62, 0.05),
    (0.86, 0.05),
    (0.94, 0.18),
    (1, 0.22),
]
CANDLESTICK = [
    (0, 0.1),
    (0.07, 0.11),
    (0.1, 0.05),
    (0.4, 0.05),
    (0.48, 0.11),
    (0.54, 0.05),
    (0.8, 0.06),
    (0.92, 0.24),
    (1, 0.3),
]

CLAY: Stops = [(0, "#1a0d07"), (0.35, "#5d2f18"), (0.65, "#a8623a"), (0.85, "#d29a68"), (1, "#fff0d2")]
PEWTER: Stops = [(0, "#0c0d0e"), (0.35, "#33373a"), (0.6, "#6f7678"), (0.8, "#a9b0ac"), (1, "#fffff2")]
BRASS: Stops = [(0, "#140a02"), (0.35, "#553410"), (0.6, "#a2701f"), (0.8, "#dcae50"), (1, "#fffbdc")]
GLAZE: Stops = [(0, "#0a1119"), (0.35, "#26405c"), (0.62, "#7e97a9"), (0.84, "#d8dcd4"), (1, "#ffffff")]
APPLE: Stops = [(0, "#1a0604"), (0.3, "#5a120c"), (0.6, "#a92c1a"), (0.8, "#d8713a"), (1, "#ffeed0")]
PEACH: Stops = [(0, "#2a0f06"), (0.35, "#87421c"), (0.6, "#cf7f3c"), (0.82, "#eebb73"), (1, "#fff3d8")]
LEMON: Stops = [(0, "#231a04"), (0.35, "#7d6312"), (0.62, "#cfa92c"), (0.84, "#efdb72"), (1, "#fffbe6")]
PEAR: Stops = [(0, "#151504"), (0.35, "#545218"), (0.62, "#9b9a3c"), (0.84, "#d2cd78"), (1, "#fffde0")]
GRAPE: Stops = [(0, "#08060c"), (0.4, "#2b1d38"), (0.7, "#5b4266"), (0.88, "#9a86a2"), (1, "#ffffff")]
GREEN_GRAPE: Stops = [(0, "#10140a"), (0.4, "#4a5624"), (0.7, "#93a04e"), (0.88, "#cdd394"), (1, "#ffffff")]
BREAD: Stops = [(0, "#1d0f06"), (0.35, "#6b4220"), (0.62, "#b07d44"), (0.84, "#dab47c"), (1, "#fbe6bd")]
LINEN: Stops = [(0, "#17130f"), (0.3, "#5a5148"), (0.6, "#a89d8c"), (0.82, "#dbd2bf"), (1, "#fffaec")]
WAX: Stops = [(0, "#3a2a16"), (0.4, "#9a7c4c"), (0.7, "#d8bf8c"), (1, "#fff6d8")]


def shadow(
    canvas: Canvas, foot: Point, length: float, height: float, *, depth: float = 0.75, lean: float = 0
) -> None:
    """The soft shadow a thing throws on the table, to the right of its foot."""
    spot = oval((foot[0] + length * 0.45, foot[1] + lean), (length, height))
    canvas.polygon(spot, "#080503", soft_px=canvas.short_px * 0.012, opacity=depth)


def fruit(
    canvas: Canvas,
    rng: np.random.Generator,
    centre: Point,
    radius: float,
    stops: Stops,
    *,
    light: Light = UPPER_LEFT,
    gloss: float = 0.35,
    flat: float = 0.94,
    stem: bool = True,
) -> None:
    """A round fruit with its shadow, its uneven skin and a short stem."""
    wide, tall = canvas.radii(radius)
    shadow(canvas, (centre[0], centre[1] + tall * 0.86), wide, tall * 0.32)
    skin = fractal(rng, canvas.size, radius * canvas.short_px * 0.9, octaves=5)
    ball(canvas, centre, radius, stops, light=light, gloss=gloss, bloom=skin, flat=flat)
    if stem:
        lean = rng.uniform(-0.3, 0.5)
        dimple = (centre[0] + lean * wide * 0.2, centre[1] - tall * flat * 0.72)
        canvas.polygon(oval(dimple, (wide * 0.26, tall * 0.1)), "#1a0d04", soft_px=radius * 24, opacity=0.6)
        top = (dimple[0] + lean * wide * 0.5, dimple[1] - tall * 0.42)
        canvas.ribbon(
            curve([dimple, mid(dimple, top), top]), "#241407", max(2, radius * canvas.short_px * 0.07)
        )


def mid(first: Point, second: Point) -> Point:
    """The point half-way."""
    return (first[0] + second[0]) / 2, (first[1] + second[1]) / 2


def grapes(
    canvas: Canvas, rng: np.random.Generator, top: Point, length: float, stops: Stops, *, count: int = 38
) -> None:
    """A bunch of grapes lying or hanging from its top; length in picture heights."""
    aspect = canvas.size[1] / canvas.size[0]
    shadow(canvas, (top[0], top[1] + length * 0.95), length * aspect * 0.5, length * 0.14)
    spots = sorted((float(rng.beta(1.4, 1.8)), float(rng.uniform(-1, 1))) for _ in range(count))
    radius = length * canvas.size[1] / canvas.short_px * 0.105
    for down, side in spots:
        reach = 0.46 * math.sin(math.pi * min(1, down * 0.72 + 0.24))
        spot = (top[0] + side * reach * length * aspect, top[1] + (0.1 + down * 0.85) * length)
        ball(canvas, spot, radius * rng.uniform(0.85, 1.1), stops, gloss=0.75)


def jug(
    canvas: Canvas, rng: np.random.Generator, foot: Point, height: float, stops: Stops, *, gloss: float = 0.5
) -> None:
    """A jug with a handle on the right and a dark mouth."""
    aspect = canvas.size[1] / canvas.size[0]
    shadow(canvas, (foot[0], foot[1] + height * 0.02), height * aspect * 0.38, height * 0.07)
    handle = [(0.12, -0.9), (0.3, -0.92), (0.41, -0.72), (0.3, -0.48)]
    points = curve([(foot[0] + x * height * aspect, foot[1] + y * height) for x, y in handle])
    canvas.ribbon(points, stops[1][1], height * canvas.size[1] * 0.07)
    canvas.ribbon(points - (0.002, 0.003), stops[2][1], height * canvas.size[1] * 0.022, soft_px=1.5)
    skin = fractal(rng, canvas.size, 40, octaves=4)
    vessel(canvas, foot, height, JUG, stops, gloss=gloss, grain=skin)
    mouth = oval((foot[0], foot[1] - height), (0.15 * height * aspect, 0.028 * height))
    canvas.polygon(mouth, stops[3][1])
    canvas.polygon(mouth * 0.9 + np.array([foot[0], foot[1] - height]) * 0.1, "#0d0704")


def bottle(canvas: Canvas, rng: np.random.Generator, foot: Point, height: float, stops: Stops) -> None:
    """A dark bottle with a window's reflection."""
    aspect = canvas.size[1] / canvas.size[0]
    shadow(canvas, (foot[0], foot[1] + height * 0.01), height * aspect * 0.22, height * 0.035)
    vessel(canvas, foot, height, BOTTLE, stops, gloss=0.7, grain=fractal(rng, canvas.size, 60))


def glass(canvas: Canvas, foot: Point, height: float, wine: str) -> None:
    """A wine glass, half full: nearly nothing but its lights."""
    aspect = canvas.size[1] / canvas.size[0]
    thin: Stops = [(0, "#0c0a08"), (0.5, "#4a453a"), (0.8, "#8d8672"), (1, "#ffffff")]
    full: Stops = [(0, "#120406"), (0.5, wine), (0.85, mix_code(wine, "#ffd9a0", 0.4)), (1, "#ffffff")]
    shadow(canvas, foot, height * aspect * 0.3, height * 0.04, depth=0.5)
    vessel(canvas, foot, height, CUP, thin, gloss=0.8, opacity=0.5)
    cup = [(0, 0.265), (0.3, 0.26), (0.7, 0.19), (1, 0.07)]
    vessel(
        canvas,
        (foot[0], foot[1] - height * 0.54),
        height * 0.26,
        [(a, b / 0.26) for a, b in cup],
        full,
        opacity=0.85,
    )
    surface = oval((foot[0], foot[1] - height * 0.8), (0.262 * height * aspect, 0.034 * height))
    canvas.polygon(surface, mix(wine, "#ffd9a0", 0.25), opacity=0.8)
    rim = oval((foot[0], foot[1] - height), (0.24 * height * aspect, 0.034 * height))
    canvas.ribbon(np.vstack([rim, rim[:1]]), "#d8d2be", 1.4, opacity=0.75)


def mix_code(first: str, second: str, share: float) -> str:
    """A mixed colour as a code, for use in a ramp."""
    return "#{:02x}{:02x}{:02x}".format(*mix(first, second, share))


def plate(canvas: Canvas, centre: Point, radius: float, stops: Stops, *, tilt: float = 0.26) -> None:
    """A plate seen from a little above; radius in picture widths."""
    tall = radius * tilt * canvas.size[0] / canvas.size[1]
    shadow(canvas, (centre[0], centre[1] + tall * 0.5), radius, tall * 0.9, depth=0.6)
    slant = (canvas_slant(canvas, centre, radius) * 0.5 + 0.5).clip(0, 1)
    for share, drop, lift in [(1.02, 0.1, -0.28), (1, 0, 0.12), (0.74, 0.05, -0.2), (0.7, 0.1, 0.02)]:
        rim = oval((centre[0], centre[1] + tall * drop), (radius * share, tall * share))
        canvas.polygon(rim, Shading(slant * 0.62 + lift + 0.12, stops))


def canvas_slant(canvas: Canvas, centre: Point, radius: float) -> np.ndarray:
    """Light falling across a flat round thing from the upper left; about -1 to 1, shape (h, w)."""
    across = (np.linspace(0, 1, canvas.size[0], dtype=np.float32)[None, :] - centre[0]) / radius
    down = (np.linspace(0, 1, canvas.size[1], dtype=np.float32)[:, None] - centre[1]) / radius
    return np.sin(across * 2.1 + 2.4) * 0.8 - down * 0.9


def candle(canvas: Canvas, foot: Point, height: float) -> None:
    """A burning candle in a brass stick; it lights the air around it."""
    aspect = canvas.size[1] / canvas.size[0]
    stick, wax = height * 0.5, height * 0.36
    shadow(canvas, foot, stick * aspect * 0.5, stick * 0.08)
    vessel(canvas, foot, stick, CANDLESTICK, BRASS, gloss=0.7)
    body = [(0, 0.145), (0.1, 0.15), (0.5, 0.15), (1, 0.155)]
    vessel(canvas, (foot[0], foot[1] - stick * 0.97), wax, body, WAX, light=-0.2, gloss=0)
    tip = (foot[0], foot[1] - stick * 0.97 - wax)
    glow = distance(canvas.size, (tip[0], tip[1] - height * 0.07))
    canvas.glow("#ffb04a", 0.75 * np.exp(-((glow / 0.1) ** 2)) + 0.35 * np.exp(-((glow / 0.4) ** 2)))
    flame = [(0, 0.01), (-0.026, -0.03), (-0.012, -0.09), (0.004, -0.14), (0.016, -0.08), (0.026, -0.03)]
    points = [(tip[0] + x * height * aspect, tip[1] + y * height) for x, y in flame]
    canvas.polygon(curve(points, steps=8, closed=True), "#fff6cf", soft_px=1.6)


def book(
    canvas: Canvas, foot: Point, width: float, cover: str, *, thick: float = 0.05, turn: float = 0.05
) -> None:
    """A closed book lying flat, its pages towards us; foot is its lower left corner, sizes in picture shares."""
    x, y = foot
    shadow(canvas, (x + width * 0.5, y), width * 0.62, 0.025)
    top = [
        (x + turn, y - thick - 0.09),
        (x + width + turn * 0.6, y - thick - 0.08),
        (x + width, y - thick),
        (x, y - thick),
    ]
    canvas.polygon(
        [(x, y - thick), (x + width, y - thick), (x + width, y), (x, y)], mix(cover, "#000000", 0.45)
    )
    canvas.polygon(
        [
            (x + 0.006, y - thick * 0.86),
            (x + width, y - thick * 0.86),
            (x + width, y - thick * 0.16),
            (x + 0.006, y - thick * 0.16),
        ],
        "#b49d70",
    )
    for line in np.linspace(0.25, 0.8, 5):
        canvas.ribbon(
            [(x + 0.01, y - thick * line), (x + width, y - thick * line)], "#6d5632", 1, opacity=0.6
        )
    canvas.polygon(top, cover)
    canvas.polygon(top, mix(cover, "#ffe2b0", 0.35), opacity=0.25)


def blossom(
    canvas: Canvas, rng: np.random.Generator, centre: Point, radius: float, stops: Stops, *, petals: int = 7
) -> None:
    """A full flower: rings of petals, each darker at its root; radius in short sides."""
    wide, tall = canvas.radii(radius)
    codes = [code for _, code in stops]
    canvas.polygon(oval(centre, (wide * 0.95, tall * 0.9)), codes[1], soft_px=2)
    for ring, reach in enumerate((1.0, 0.72, 0.46, 0.24)):
        start = rng.uniform(0, math.pi)
        for k in range(petals):
            turn = start + k * 2 * math.pi / petals + rng.normal(0, 0.12)
            lit = 0.5 - 0.35 * math.cos(turn - math.pi * 0.25) + 0.1 * ring + rng.normal(0, 0.08)
            spot = (
                centre[0] + math.cos(turn) * wide * reach * 0.62,
                centre[1] + math.sin(turn) * tall * reach * 0.56,
            )
            shape = oval(spot, (wide * reach * 0.46, tall * reach * 0.42), turn=turn)
            canvas.polygon(shape, mix(codes[1], codes[2], 0.3), opacity=0.9)
            inner = oval(
                (spot[0] - wide * 0.03, spot[1] - tall * 0.03),
                (wide * reach * 0.4, tall * reach * 0.35),
                turn=turn,
            )
            tone = (
                mix(codes[2], codes[3], 2 * lit - 1)
                if lit > 0.5
                else mix(codes[1], codes[2], 2 * max(0, lit))
            )
            canvas.polygon(inner, tone, soft_px=1.2)
