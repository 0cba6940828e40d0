"""Neo-Expressionism: big heads, scratched fields, paint like mud and straw."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from PIL import Image

from gallery.studies.brush import Brushwork, along_edges, drifting, emboss
from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, near, plane
from gallery.studies.motifs import Point, branches
from gallery.studies.noise import fractal, noise, smoothstep
from gallery.studies.surface import weave
from gallery.studies.work import work

SOOT = "#16130f"


def _crusted(
    rng: np.random.Generator, target: Image.Image, *, angle: float, stray: float = 0.7
) -> Image.Image:
    """Paint thrown on with wide brushes and dragged dry over ridges of older paint."""
    size = target.size
    flow = along_edges(target, drifting(rng, size, cell_px=180, angle=angle, turn=stray), blur_px=14)
    brush = Brushwork(target)
    brush.cover(
        target, rng, length_px=90, width_px=30, flow=flow, step_px=34, jitter=16, tint=8, stray=0.4, dry=0.6
    )
    brush.cover(
        target, rng, length_px=48, width_px=15, flow=flow, step_px=25, jitter=20, tint=9, stray=0.5, dry=0.7
    )
    brush.restate(target, opacity=0.45)
    crust = fractal(rng, size, 22, octaves=4, gain=0.65) * 150
    return weave(rng, emboss(brush.finish(relief=0.9), crust, 0.7), depth=0.1)


def _scrawl(
    canvas: Canvas,
    rng: np.random.Generator,
    points: Points,
    tone: str,
    width_px: float,
    *,
    times: int = 2,
    shake: float = 0.008,
) -> None:
    """The same line several times, never in the same place, in oil stick."""
    knots = np.asarray(points, float)
    for _ in range(times):
        line = curve(knots + rng.normal(0, shake, knots.shape), steps=14)
        skip = rng.random(len(line)) < 0.06
        widths = np.clip(rng.normal(width_px, width_px * 0.3, len(line)), 0.8, None) * np.where(skip, 0.3, 1)
        canvas.ribbon(line, tone, widths, opacity=0.92)


def _patches(canvas: Canvas, rng: np.random.Generator, colours: tuple[str, ...], *, count: int) -> None:
    for _ in range(count):
        x, y, wide, tall = (
            rng.uniform(0, 1),
            rng.uniform(0, 1),
            rng.uniform(0.06, 0.28),
            rng.uniform(0.04, 0.2),
        )
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (wide, tall) * rng.uniform(
            0.6, 1.2, (4, 2)
        ) + (x, y)
        canvas.polygon(
            corners,
            near(rng, colours[int(rng.integers(len(colours)))], 14),
            soft_px=3,
            opacity=rng.uniform(0.5, 0.95),
        )


def _runs(canvas: Canvas, rng: np.random.Generator, tone: str, *, count: int) -> None:
    """Paint that ran down."""
    for _ in range(count):
        x, y, long = rng.uniform(0.05, 0.95), rng.uniform(0.1, 0.7), rng.uniform(0.08, 0.34)
        steps = np.linspace(0, 1, 14)
        line = np.stack([x + rng.normal(0, 0.0012, 14).cumsum(), y + steps * long], axis=1)
        canvas.ribbon(line, tone, np.concatenate([np.linspace(1.5, 3, 12), [5, 2]]), opacity=0.8)


def head(
    rng: np.random.Generator,
    size: Size,
    *,
    ground: tuple[str, ...],
    skin: tuple[str, str],
    line: str,
    accent: str,
) -> Image.Image:
    """A head drawn in a rage: teeth, staring eyes, colour slapped over and under."""
    canvas = Canvas(size, ground[0])
    _patches(canvas, rng, ground, count=40)
    canvas.image = _crusted(rng, canvas.image, angle=rng.uniform(0, 3))
    lean = rng.normal(0, 0.03)

    def at(points: Points) -> np.ndarray:
        return np.array([(0.5 + x + lean * (0.6 - y), y) for x, y in points])

    skull = curve(
        at(
            [
                (-0.25, 0.3),
                (-0.3, 0.48),
                (-0.22, 0.7),
                (-0.12, 0.84),
                (0.12, 0.85),
                (0.24, 0.7),
                (0.31, 0.46),
                (0.24, 0.24),
                (0, 0.14),
                (-0.17, 0.18),
            ]
        ),
        closed=True,
    )
    canvas.polygon(skull + rng.normal(0, 0.004, skull.shape), skin[0])
    canvas.polygon(
        curve(
            at([(0.02, 0.16), (0.06, 0.5), (0.0, 0.84), (0.24, 0.7), (0.3, 0.46), (0.22, 0.22)]), closed=True
        ),
        skin[1],
        opacity=0.85,
    )
    for _ in range(8):
        spot = at([(rng.uniform(-0.2, 0.2), rng.uniform(0.24, 0.78))])[0]
        dab = oval(tuple(spot), (rng.uniform(0.02, 0.07), rng.uniform(0.015, 0.05)), turn=rng.uniform(0, 3))
        canvas.polygon(
            dab,
            near(rng, (accent, skin[1], "#f0e8d4", ground[1])[int(rng.integers(4))], 10),
            soft_px=2,
            opacity=0.8,
        )
    canvas.image = Image.blend(canvas.image, _crusted(rng, canvas.image, angle=1.3), 0.55)
    _scrawl(canvas, rng, np.vstack([skull[::14], skull[:1]]), line, 7, times=3)
    for side in (-1, 1):
        _eye(
            canvas,
            rng,
            tuple(at([(side * 0.12, 0.42 + rng.normal(0, 0.02))])[0]),
            rng.uniform(0.05, 0.08),
            line,
            accent,
        )
    _scrawl(canvas, rng, at([(0.0, 0.42), (-0.05, 0.58), (0.05, 0.585)]), line, 6)
    _teeth(canvas, rng, at)
    for k in range(15):
        x = -0.24 + 0.48 * k / 14
        root = at([(x, 0.2 - 0.06 * math.cos(x * 6))])[0]
        _scrawl(
            canvas,
            rng,
            [root, np.add(root, (rng.normal(0, 0.03), -rng.uniform(0.05, 0.13)))],
            line,
            5,
            times=1,
        )
    _scrawl(canvas, rng, at([(-0.1, 0.84), (-0.12, 1.02)]), line, 8)
    _scrawl(canvas, rng, at([(0.1, 0.84), (0.13, 1.02)]), line, 8)
    _runs(canvas, rng, accent, count=7)
    _marks(canvas, rng, line, accent)
    return weave(rng, canvas.image, depth=0.12)


def _eye(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float, line: str, accent: str) -> None:
    wide, tall = canvas.radii(reach)
    canvas.polygon(oval(spot, (wide, tall * 0.75)), "#f2ecdc")
    canvas.disc((spot[0] + rng.normal(0, 0.006), spot[1]), reach * 0.45, accent)
    canvas.disc(spot, reach * 0.22, SOOT)
    for _ in range(3):
        ring = oval(
            spot, (wide * rng.uniform(0.9, 1.25), tall * rng.uniform(0.7, 1.0)), turn=rng.normal(0, 0.2)
        )
        _scrawl(canvas, rng, np.vstack([ring[::15], ring[:1]]), line, 4, times=1, shake=0.004)


def _teeth(canvas: Canvas, rng: np.random.Generator, at: Callable[[Points], np.ndarray]) -> None:
    canvas.polygon(at(box(-0.15, 0.65, 0.15, 0.75)), "#f0e8d4")
    _scrawl(
        canvas,
        rng,
        at([(-0.16, 0.65), (0, 0.64), (0.16, 0.65), (0.16, 0.75), (0, 0.76), (-0.16, 0.75), (-0.16, 0.65)]),
        SOOT,
        5,
    )
    _scrawl(canvas, rng, at([(-0.16, 0.7), (0.16, 0.7)]), SOOT, 4, times=1)
    for x in np.linspace(-0.12, 0.12, 7):
        _scrawl(
            canvas, rng, at([(x, 0.65), (x + rng.normal(0, 0.004), 0.75)]), SOOT, 3.5, times=1, shake=0.003
        )


def _marks(canvas: Canvas, rng: np.random.Generator, line: str, accent: str) -> None:
    """Arrows, ladders, crosses and wheels along the edges: marks of the hand, not words."""
    for _ in range(5):
        x, y = rng.choice([rng.uniform(0.04, 0.16), rng.uniform(0.84, 0.95)]), rng.uniform(0.08, 0.92)
        kind, tone = int(rng.integers(4)), (line, accent, "#f0e8d4")[int(rng.integers(3))]
        if kind == 0:
            _scrawl(canvas, rng, [(x - 0.04, y), (x + 0.05, y)], tone, 4)
            _scrawl(canvas, rng, [(x + 0.02, y - 0.02), (x + 0.05, y), (x + 0.02, y + 0.02)], tone, 4)
        elif kind == 1:
            for k in range(4):
                _scrawl(canvas, rng, [(x - 0.02, y + k * 0.022), (x + 0.02, y + k * 0.022)], tone, 3, times=1)
            for side in (-0.02, 0.02):
                _scrawl(canvas, rng, [(x + side, y - 0.02), (x + side, y + 0.09)], tone, 3, times=1)
        elif kind == 2:
            _scrawl(canvas, rng, [(x - 0.025, y - 0.025), (x + 0.025, y + 0.025)], tone, 5)
            _scrawl(canvas, rng, [(x + 0.025, y - 0.025), (x - 0.025, y + 0.025)], tone, 5)
        else:
            ring = oval((x, y), canvas.radii(0.035))
            _scrawl(canvas, rng, np.vstack([ring[::12], ring[:1]]), tone, 4, times=2, shake=0.004)


def furrows(
    rng: np.random.Generator, size: Size, *, air: Stops, soil: Stops, straw: str, fire: bool
) -> Image.Image:
    """A scorched field under a high horizon, straw stuck into the paint."""
    across, down = plane(size)
    horizon = 0.24
    depth = np.maximum(down - horizon, 0.012)
    lanes = (across - 0.52) / depth
    light = (
        0.42
        + 0.26 * np.sin(lanes * 5 + (fractal(rng, size, 70) - 0.5) * 5)
        + 0.7 * (fractal(rng, size, 40, octaves=5) - 0.5)
    )
    canvas = Canvas(size, colourise(light, soil))
    canvas.polygon(
        box(-0.01, -0.01, 1.01, horizon),
        Shading(down / horizon * 0.7 + 0.6 * (fractal(rng, size, (120, 40)) - 0.4), air),
    )
    canvas.polygon(box(-0.01, horizon - 0.012, 1.01, horizon + 0.012), SOOT, soft_px=4)
    canvas.image = _crusted(rng, canvas.image, angle=1.4, stray=0.5)
    for _ in range(420):
        x, y = rng.uniform(0, 1), horizon + 0.02 + 0.74 * rng.random()
        turn = math.atan2(y - horizon, x - 0.52) + rng.normal(0, 0.4)
        long = (0.02 + 0.1 * (y - horizon)) * rng.uniform(0.5, 1.6)
        end = (x + math.cos(turn) * long, y + math.sin(turn) * long)
        canvas.ribbon([(x + 0.002, y + 0.003), (end[0] + 0.002, end[1] + 0.003)], SOOT, 2.4, opacity=0.6)
        canvas.ribbon([(x, y), end], near(rng, straw, 22), [2.6, 0.8])
    for x in rng.uniform(0.05, 0.95, 9):
        _scrawl(
            canvas, rng, [(x, horizon), (x + rng.normal(0, 0.01), horizon - rng.uniform(0.04, 0.1))], SOOT, 4
        )
    if fire:
        _flames(canvas, rng)
    return weave(rng, canvas.image, depth=0.1)


def _flames(canvas: Canvas, rng: np.random.Generator) -> None:
    for _ in range(26):
        x, y = rng.normal(0.5, 0.26), rng.uniform(0.3, 0.95)
        tall = rng.uniform(0.03, 0.1) * (0.4 + y)
        flame = curve(
            [
                (x - tall * 0.25, y),
                (x - tall * 0.2, y - tall * 0.5),
                (x + rng.normal(0, 0.01), y - tall),
                (x + tall * 0.22, y - tall * 0.45),
                (x + tall * 0.2, y),
            ],
            steps=6,
        )
        canvas.polygon(flame, near(rng, "#e0601c", 20), soft_px=2, opacity=0.9)
        canvas.polygon(flame * 0.5 + np.array([x, y]) * 0.5, "#f8d060", soft_px=2, opacity=0.9)


def hall(rng: np.random.Generator, size: Size, *, wood: Stops, glow: str) -> Image.Image:
    """An empty wooden hall in rough perspective, something burning at its end."""
    across, down = plane(size)
    vanish = (0.5, 0.46)
    turn = np.arctan2(down - vanish[1], across - vanish[0])
    away = np.maximum(np.abs(across - vanish[0]), np.abs(down - vanish[1]))
    planks = np.sin(turn * 46) * 0.2 + 0.75 * away + 0.55 * (fractal(rng, size, (60, 60), octaves=5) - 0.5)
    canvas = Canvas(size, colourise(planks, wood))
    canvas.polygon(box(0.42, 0.37, 0.58, 0.55), SOOT)
    canvas.image = _crusted(rng, canvas.image, angle=0.8, stray=1.2)
    for reach in (0.11, 0.17, 0.26, 0.38, 0.5):
        frame = [
            (vanish[0] - reach, vanish[1] + reach * 1.05),
            (vanish[0] - reach, vanish[1] - reach * 0.6),
            (vanish[0], vanish[1] - reach * 1.0),
            (vanish[0] + reach, vanish[1] - reach * 0.6),
            (vanish[0] + reach, vanish[1] + reach * 1.05),
        ]
        for start, end in pairwise(frame):
            _scrawl(canvas, rng, [start, end], SOOT, 3 + 22 * reach, times=2, shake=0.004)
    for k in np.linspace(0, 2 * math.pi, 34):
        start = (vanish[0] + 0.1 * math.cos(k), vanish[1] + 0.1 * math.sin(k))
        _scrawl(
            canvas,
            rng,
            [start, (vanish[0] + 0.9 * math.cos(k), vanish[1] + 0.9 * math.sin(k))],
            SOOT,
            2.5,
            times=1,
            shake=0.006,
        )
    spot = (vanish[0], vanish[1] + 0.05)
    for reach, tone in [(0.075, "#a8341c"), (0.05, glow), (0.025, "#fff0b8")]:
        flame = [
            (spot[0] - reach * 0.6, spot[1] + 0.03),
            (spot[0] - reach * 0.5, spot[1] - reach * 0.6),
            (spot[0], spot[1] - reach * 1.7),
            (spot[0] + reach * 0.5, spot[1] - reach * 0.5),
            (spot[0] + reach * 0.6, spot[1] + 0.03),
        ]
        canvas.polygon(curve(flame, steps=6), tone, soft_px=4)
    return weave(rng, canvas.image, depth=0.1)


def beast(
    rng: np.random.Generator, size: Size, *, ground: tuple[str, ...], body: str, line: str, accent: str
) -> Image.Image:
    """A dog, or something that was one, crossing a bright floor."""
    canvas = Canvas(size, ground[0])
    _patches(canvas, rng, ground, count=34)
    canvas.image = _crusted(rng, canvas.image, angle=0.2)
    torso = [
        (0.2, 0.5),
        (0.26, 0.4),
        (0.5, 0.38),
        (0.66, 0.4),
        (0.7, 0.3),
        (0.78, 0.26),
        (0.93, 0.36),
        (0.92, 0.43),
        (0.8, 0.44),
        (0.74, 0.54),
        (0.6, 0.6),
        (0.34, 0.6),
        (0.22, 0.6),
    ]
    shape = curve(torso, steps=8, closed=True)
    legs = [
        [(x, 0.54), (x + lean, 0.72), (x + lean * 0.4, 0.9), (x + lean * 0.4 + 0.04, 0.91)]
        for x, lean in [(0.25, -0.05), (0.34, 0.03), (0.62, -0.02), (0.7, 0.06)]
    ]
    canvas.polygon(np.add(shape, (0.01, 0.02)), SOOT, opacity=0.5, soft_px=8)
    for leg in legs:
        canvas.ribbon(curve(leg), body, np.linspace(46, 20, 37))
    canvas.polygon(shape, body)
    canvas.image = Image.blend(canvas.image, _crusted(rng, canvas.image, angle=0.5), 0.6)
    _scrawl(canvas, rng, np.vstack([torso, torso[:1]]), line, 7, times=3)
    for leg in legs:
        _scrawl(canvas, rng, leg, line, 6, times=2)
    for k in range(6):
        x = 0.34 + 0.05 * k
        _scrawl(canvas, rng, [(x, 0.42), (x + 0.015, 0.5), (x, 0.57)], "#f0e8d4", 4, times=1)
    _scrawl(canvas, rng, [(0.2, 0.5), (0.1, 0.38), (0.13, 0.24), (0.08, 0.2)], line, 7, times=3)
    _scrawl(canvas, rng, [(0.72, 0.3), (0.7, 0.18), (0.77, 0.26)], line, 6, times=2)
    _eye(canvas, rng, (0.8, 0.33), 0.026, line, accent)
    for k in range(7):
        _scrawl(
            canvas,
            rng,
            [(0.84 + k * 0.013, 0.4), (0.847 + k * 0.013, 0.43)],
            "#f0e8d4",
            3.5,
            times=1,
            shake=0.002,
        )
    _scrawl(canvas, rng, [(0.93, 0.44), (0.97, 0.5), (0.94, 0.56)], accent, 7)
    _marks(canvas, rng, line, accent)
    _runs(canvas, rng, line, count=6)
    return weave(rng, canvas.image, depth=0.12)


def wood(
    rng: np.random.Generator, size: Size, *, ground: Stops, bark: tuple[str, str], accent: str
) -> Image.Image:
    """Black trunks, upside down or not, with wounds of colour."""
    canvas = Canvas(
        size, colourise(plane(size)[1] + 0.9 * (fractal(rng, size, (90, 140), octaves=5) - 0.5), ground)
    )
    canvas.image = _crusted(rng, canvas.image, angle=math.pi / 2)
    for x in np.linspace(0.05, 0.95, 7) + rng.normal(0, 0.03, 7):
        branches(
            canvas,
            rng,
            (float(x), 1.03),
            rng.uniform(0.26, 0.42),
            bark[0],
            width_px=rng.uniform(26, 60),
            depth=4,
            spread=0.5,
        )
    for _ in range(40):
        x, y = rng.uniform(0.03, 0.97), rng.uniform(0.4, 0.98)
        tone = (accent, bark[1], "#efe6d2")[int(rng.integers(3))]
        _scrawl(
            canvas,
            rng,
            [(x, y), (x + rng.normal(0, 0.015), y - rng.uniform(0.03, 0.12))],
            tone,
            rng.uniform(3, 12),
            times=1,
        )
    canvas.image = Image.blend(canvas.image, _crusted(rng, canvas.image, angle=math.pi / 2), 0.5)
    scratched = np.abs(noise(rng, size, (5, 160)) - 0.5) < 0.012
    canvas.lay("#efe6d2", (scratched * smoothstep(0.5, 0.6, fractal(rng, size, 200))).astype(np.float32), 0.7)
    _runs(canvas, rng, bark[0], count=12)
    return weave(rng, canvas.image, depth=0.1)


ASH: Stops = [(0, "#0f0d0b"), (0.4, "#3c342a"), (0.7, "#7c6a50"), (1, "#c9b68c")]
LEAD: Stops = [(0, "#22262a"), (0.5, "#5c646a"), (1, "#b0b4b0")]
RUST: Stops = [(0, "#140c0a"), (0.4, "#54281a"), (0.7, "#a05a2c"), (1, "#d8a860")]
WOOD: Stops = [(0, "#140e0a"), (0.4, "#54381f"), (0.7, "#96693a"), (1, "#d0a468")]
PINE: Stops = [(0, "#1a1c1c"), (0.4, "#4c4a40"), (0.7, "#8c8468"), (1, "#c8bc94")]

WORKS = (
    work(
        "Head with all its teeth",
        head,
        (760, 900),
        ground=("#2c6ca0", "#e0a83c", "#d8d0b8", "#1c3c5c"),
        skin=("#c8542c", "#7c2424"),
        line=SOOT,
        accent="#f0c83c",
    ),
    work("Field after the fire", furrows, (960, 680), air=LEAD, soil=ASH, straw="#d0b060", fire=False),
    work(
        "Dog on a yellow floor",
        beast,
        (940, 700),
        ground=("#e8b82c", "#f0d058", "#d88c24", "#efe0b0"),
        body="#2c2a30",
        line=SOOT,
        accent="#c8281f",
    ),
    work("Hall with a small flame", hall, (900, 720), wood=WOOD, glow="#f0842c"),
    work(
        "Wounded trees",
        wood,
        (720, 920),
        ground=[(0, "#8ca0a8"), (0.5, "#c8c0a8"), (1, "#5c4a3c")],
        bark=(SOOT, "#6c2c1c"),
        accent="#c83420",
    ),
    work(
        "Pale head, red room",
        head,
        (700, 900),
        ground=("#a82820", "#c84c2c", "#6c1c1c", "#e0a080"),
        skin=("#e0d8c4", "#8c9498"),
        line=SOOT,
        accent="#2c64a0",
    ),
    work(
        "Burning stubble",
        furrows,
        (860, 820),
        air=[(0, "#3c1c14"), (0.5, "#a8481c"), (1, "#f0a84c")],
        soil=RUST,
        straw="#e0b054",
        fire=True,
    ),
    work(
        "Green head, no sleep",
        head,
        (820, 860),
        ground=("#24202c", "#4c3c64", "#8c7c9c", "#d8c8b0"),
        skin=("#5c8c54", "#2c4c3c"),
        line="#efe6d2",
        accent="#e05c2c",
    ),
    work(
        "Red beast",
        beast,
        (880, 760),
        ground=("#5c8478", "#8cac98", "#2c4c4c", "#d0d4bc"),
        body="#a82c1c",
        line=SOOT,
        accent="#f0c83c",
    ),
    work("Grey hall", hall, (720, 900), wood=PINE, glow="#e8c04c"),
    work(
        "Winter wood, scratched",
        wood,
        (900, 700),
        ground=[(0, "#d8d4c8"), (0.5, "#b0b0ac"), (1, "#e4e0d4")],
        bark=(SOOT, "#3c4850"),
        accent="#c87c2c",
    ),
    work(
        "Sown with straw",
        furrows,
        (720, 900),
        air=[(0, "#5c7890"), (0.5, "#a0aca8"), (1, "#e0d4b0")],
        soil=[(0, "#241a10"), (0.4, "#5c4424"), (0.7, "#a88444"), (1, "#e8cc80")],
        straw="#f0d880",
        fire=False,
    ),
)
