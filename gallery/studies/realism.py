"""Realism: plain country and plain tables, earth colours, daylight without effects."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from gallery.studies import landscape
from gallery.studies import still_life as table
from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, mix, near, plane, vertical
from gallery.studies.motifs import Point, branches, crown, mirror, ridge, wanderer
from gallery.studies.noise import fractal, smoothstep
from gallery.studies.surface import enhance, varnish, vignette, weave
from gallery.studies.work import work


def study(
    rng: np.random.Generator, size: Size, *, scene: Callable[..., Image.Image], **settings: object
) -> Image.Image:
    """One scene, painted in sober strokes along its forms, on a linen that shows a little."""
    target = enhance(scene(rng, size, **settings), saturation=0.85)
    flow = along_edges(target, drifting(rng, size, cell_px=240, turn=0.9), blur_px=8)
    brush = Brushwork(target)
    brush.cover(target, rng, length_px=34, width_px=14, flow=flow, step_px=14, jitter=5, tint=2.5, stray=0.3)
    brush.cover(target, rng, length_px=18, width_px=6, flow=flow, step_px=8.5, jitter=4, tint=2, blur_px=1)
    brush.restate(target, opacity=0.6)
    image = varnish(vignette(brush.finish(relief=0.35), depth=0.3), strength=0.22)
    return weave(rng, image, depth=0.12)


def road(rng: np.random.Generator, size: Size, *, air: Stops, field: Stops, leaves: Stops) -> Image.Image:
    """A straight road between poplars, someone walking home on it."""
    canvas = Canvas(
        size, landscape.sky(rng, size, air, [(0, "#7d8084"), (0.6, "#c9c4b6"), (1, "#f0e8d4")], cover=0.6)
    )
    canvas.polygon(ridge(rng, 0.585, 0.012), mix(leaves[0][1], air[-1][1], 0.5))
    landscape.ground(rng, canvas, 0.6, field)
    vanish = (0.46, 0.6)
    canvas.polygon(
        [vanish, (0.475, 0.6), (0.98, 1.02), (0.2, 1.02)],
        Shading(0.55 + 0.5 * (fractal(rng, size, (60, 20)) - 0.5), [(0, "#8a7452"), (1, "#d9c296")]),
    )
    for share in (0.33, 0.66):
        foot = 0.2 + 0.78 * share
        canvas.ribbon([(vanish[0] + 0.008, 0.6), (foot, 1.02)], "#7a6444", [1, 16], opacity=0.6, soft_px=2)
    for away in (0.13, 0.19, 0.28, 0.42, 0.66):
        for side, lean in ((-1, 0.75), (1, 1.25)):
            _roadside_poplar(
                canvas, rng, (vanish[0] + side * lean * away * 0.66, 0.6 + away * 0.42), away * 1.15, leaves
            )
    wanderer(canvas, (0.53, 0.78), 0.085, "#3a3430")
    return canvas.image


def _roadside_poplar(
    canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, leaves: Stops
) -> None:
    x, y = foot
    canvas.polygon(oval((x + tall * 0.2, y), (tall * 0.24, tall * 0.022)), "#3a3420", opacity=0.55, soft_px=4)
    canvas.ribbon([(x, y), (x, y - tall * 0.6)], "#4a3c2c", [tall * 26, tall * 8])
    for lift in np.linspace(0.24, 0.95, 7):
        wide = tall * (0.05 + 0.075 * math.sin(lift * math.pi))
        crown(
            canvas,
            rng,
            (x + rng.normal(0, wide * 0.12), y - tall * lift),
            (wide, tall * 0.1),
            leaves,
            leaf_px=9,
        )


def ploughed(rng: np.random.Generator, size: Size, *, air: Stops, soil: Stops) -> Image.Image:
    """Furrows running to a low horizon, a bare tree, crows."""
    canvas = Canvas(
        size, landscape.sky(rng, size, air, [(0, "#8a8a88"), (0.6, "#cfc8ba"), (1, "#f4ecd8")], cover=0.55)
    )
    horizon = 0.5
    canvas.polygon(ridge(rng, horizon - 0.015, 0.015), "#6d6a54", opacity=0.9)
    across, down = plane(size)
    depth = np.maximum(down - horizon + 0.015, 0.015)
    lanes = (across - 0.7) / depth * 2.4 + (fractal(rng, size, 60) - 0.5) * 0.5
    rows = 0.5 + 0.34 * np.sin(lanes * 2 * math.pi) * smoothstep(0, 0.2, depth)
    light = rows + (fractal(rng, size, (30, 8)) - 0.5) * 0.45
    canvas.polygon(box(-0.02, horizon, 1.02, 1.02), Shading(light, soil))
    canvas.polygon(box(-0.02, horizon - 0.004, 1.02, horizon + 0.022), "#7d7a4c", soft_px=4, opacity=0.8)
    branches(canvas, rng, (0.2, 0.66), 0.15, "#2c241c", width_px=17, depth=6, spread=0.5)
    for _ in range(13):
        x, y, reach = rng.uniform(0.3, 0.95), rng.uniform(0.15, 0.62), rng.uniform(0.006, 0.013)
        canvas.ribbon(
            curve([(x - reach, y - reach * 0.6), (x, y), (x + reach, y - reach * 0.8)]), "#1c1a18", 2.6
        )
    return canvas.image


def farm(
    rng: np.random.Generator, size: Size, *, air: Stops, field: Stops, roof: str, wall: str
) -> Image.Image:
    """A low farmhouse between trees, washing on the line."""
    canvas = Canvas(
        size, landscape.sky(rng, size, air, [(0, "#8c9296"), (0.6, "#d0ccc0"), (1, "#f6efe0")], cover=0.5)
    )
    canvas.polygon(ridge(rng, 0.5, 0.03), "#7d8468")
    landscape.ground(rng, canvas, 0.56, field)
    oak: Stops = [(0, "#1f2417"), (0.5, "#515a34"), (1, "#a09a60")]
    for x, y, r in [(0.12, 0.38, 0.15), (0.22, 0.46, 0.1), (0.86, 0.42, 0.13), (0.95, 0.34, 0.15)]:
        canvas.ribbon([(x, 0.66), (x + 0.005, y)], "#3a3024", [16, 10])
        crown(canvas, rng, (x, y), (r, r * 1.1), oak, leaf_px=14)
    plaster = colourise(
        0.6 + 0.5 * (fractal(rng, size, 50) - 0.5) - 0.15 * plane(size)[0],
        [(0, mix_code(wall, 0.5)), (1, wall)],
    )
    canvas.polygon([(0.3, 0.5), (0.66, 0.5), (0.66, 0.67), (0.3, 0.67)], plaster)
    canvas.polygon(
        [(0.66, 0.5), (0.74, 0.4), (0.81, 0.5), (0.81, 0.665), (0.66, 0.67)], mix(wall, "#3a3430", 0.45)
    )
    thatch = colourise(
        0.5 + 0.6 * (fractal(rng, size, (7, 50)) - 0.5), [(0, mix_code(roof, 0.45)), (1, roof)]
    )
    canvas.polygon([(0.27, 0.52), (0.36, 0.385), (0.74, 0.385), (0.665, 0.52)], thatch)
    canvas.polygon(box(0.5, 0.34, 0.54, 0.41), "#7a5442")
    for x in (0.35, 0.45, 0.59):
        canvas.polygon(box(x, 0.56, x + 0.035, 0.61), "#2c2c2c")
        canvas.polygon(box(x - 0.012, 0.56, x - 0.002, 0.61), "#5a6a58")
    canvas.polygon(box(0.52, 0.57, 0.56, 0.67), "#3c2c20")
    canvas.ribbon(curve([(0.06, 0.64), (0.17, 0.67), (0.29, 0.64)]), "#3a342c", 2)
    for x in np.linspace(0.09, 0.25, 5):
        canvas.polygon(
            [(x, 0.656), (x + 0.024, 0.658), (x + 0.022, 0.72), (x + 0.002, 0.715)],
            near(rng, ("#e6e0d2", "#8a98a4", "#c9b4a0")[int(rng.integers(3))], 6),
        )
    canvas.polygon(
        curve(
            [
                (0.53, 0.67),
                (0.6, 0.76),
                (0.5, 0.88),
                (0.42, 1.03),
                (0.78, 1.03),
                (0.72, 0.85),
                (0.7, 0.74),
                (0.57, 0.67),
            ]
        ),
        "#b8a07a",
        soft_px=3,
    )
    return canvas.image


def mix_code(code: str, share: float) -> str:
    """A darker code of a colour, for use in a ramp."""
    return landscape.mix_code(code, "#1c1812", share)


def kitchen(rng: np.random.Generator, size: Size, *, wall: Stops, board: Stops, things: int) -> Image.Image:
    """A kitchen table in grey daylight: bread, onions, a jug, a cloth."""
    across, down = plane(size)
    canvas = Canvas(size, colourise(0.75 - 0.5 * across + 0.25 * (fractal(rng, size, 150) - 0.5), wall))
    planks = (fractal(rng, size, (500, 8), octaves=3) - 0.5) * 0.5 - 0.25 * (
        np.abs((down * 8.5) % 1 - 0.5) > 0.47
    )
    canvas.polygon(box(-0.02, 0.62, 1.02, 1.02), Shading(0.62 - 0.3 * across + planks, board))
    onion: Stops = [(0, "#2a140a"), (0.35, "#8a4c20"), (0.65, "#c98a48"), (0.85, "#e6bd84"), (1, "#fff2d8")]
    egg: Stops = [(0, "#4a3c30"), (0.4, "#a8927a"), (0.75, "#e0cfb6"), (1, "#fffaf0")]
    tin: Stops = [(0, "#14181a"), (0.35, "#454e50"), (0.62, "#838c8a"), (0.85, "#c0c4bc"), (1, "#fbfbf2")]
    if things == 0:
        table.jug(canvas, rng, (0.3, 0.76), 0.44, tin, gloss=0.45)
        table.fruit(canvas, rng, (0.62, 0.7), 0.17, table.BREAD, flat=0.62, gloss=0, stem=False)
        for x, y in [(0.5, 0.84), (0.63, 0.87), (0.8, 0.82)]:
            table.fruit(canvas, rng, (x, y), 0.062, onion, gloss=0.4)
    else:
        table.bottle(
            canvas,
            rng,
            (0.72, 0.76),
            0.52,
            [(0, "#0c1210"), (0.5, "#2c3c30"), (0.85, "#6a7c5c"), (1, "#eef2d8")],
        )
        table.vessel(canvas, (0.4, 0.82), 0.17, table.BOWL, egg, gloss=0.2)
        for x, y in [(0.32, 0.655), (0.42, 0.64), (0.49, 0.66)]:
            table.fruit(canvas, rng, (x, y), 0.055, egg, flat=0.82, gloss=0.1, stem=False)
        canvas.polygon(box(0.25, 0.665, 0.55, 0.68), "#000000", opacity=0)
        table.vessel(canvas, (0.4, 0.82), 0.155, table.BOWL, egg, gloss=0.1)
        for x, y in [(0.62, 0.86), (0.86, 0.83), (0.2, 0.88)]:
            table.fruit(canvas, rng, (x, y), 0.06, onion if x > 0.3 else egg, gloss=0.25, stem=x > 0.3)
    return canvas.image


def shore(rng: np.random.Generator, size: Size, *, air: Stops, sea: Stops) -> Image.Image:
    """Boats drawn up on a grey beach at low tide."""
    canvas = Canvas(
        size, landscape.sky(rng, size, air, [(0, "#868c92"), (0.6, "#cdcac0"), (1, "#f4eee0")], cover=0.7)
    )
    down = plane(size)[1]
    canvas.polygon(
        box(-0.02, 0.5, 1.02, 0.72),
        Shading(0.3 + 1.6 * (down - 0.5) + 0.7 * (fractal(rng, size, (140, 6)) - 0.5), sea),
    )
    for y in (0.6, 0.645, 0.685):
        x = np.linspace(-0.02, 1.02, 90)
        foam = y + 0.008 * np.sin(x * 17 + y * 90) + 0.01 * (fractal(rng, (90, 2), 8)[0] - 0.5)
        canvas.ribbon(np.stack([x, foam], axis=1), "#e9e6da", rng.uniform(3, 7), opacity=0.75, soft_px=1.5)
    sand = colourise(
        0.3 + 0.7 * down * 0.7 + 0.35 * (fractal(rng, size, (160, 18)) - 0.5),
        [(0, "#6d6048"), (1, "#cdb68a")],
    )
    beach = ridge(rng, 0.715, 0.015, roughness=0.3)
    canvas.polygon(beach, sand)
    for x, y, reach, hull in [(0.7, 0.72, 0.12, "#4a5a5c"), (0.3, 0.84, 0.26, "#5a4634")]:
        _beached(canvas, (x, y), reach, hull)
    wanderer(canvas, (0.56, 0.86), 0.13, "#3c3a3c", stick=False)
    return canvas.image


def _beached(canvas: Canvas, spot: Point, reach: float, hull: str) -> None:
    wide, tall = canvas.radii(reach)
    x, y = spot
    canvas.polygon(
        oval((x + wide * 0.1, y + tall * 0.17), (wide * 1.0, tall * 0.1)), "#2c261c", opacity=0.6, soft_px=6
    )
    body = curve(
        [
            (x - wide, y - tall * 0.34),
            (x - wide * 0.75, y + tall * 0.06),
            (x - wide * 0.2, y + tall * 0.2),
            (x + wide * 0.6, y + tall * 0.16),
            (x + wide * 0.92, y - tall * 0.3),
        ]
    )
    canvas.polygon(body, hull)
    inside = curve(
        [
            (x - wide, y - tall * 0.34),
            (x - wide * 0.2, y - tall * 0.2),
            (x + wide * 0.92, y - tall * 0.3),
            (x, y - tall * 0.06),
        ],
        closed=True,
    )
    canvas.polygon(inside, mix(hull, "#14100c", 0.55))
    canvas.ribbon(body[2:-2], mix(hull, "#e0d0b0", 0.45), 3, opacity=0.7)
    canvas.ribbon(body[2:-2] * 0.985 + np.array(spot) * 0.015, mix(hull, "#14100c", 0.5), 2, opacity=0.6)
    canvas.ribbon([(x - wide * 0.1, y), (x + wide * 0.05, y - tall * 1.5)], "#3a2c1e", 5)
    canvas.ribbon([(x - wide * 0.55, y - tall * 0.5), (x + wide * 0.55, y - tall * 1.25)], "#4a3a28", 4)
    canvas.polygon(
        curve(
            [
                (x - wide * 0.5, y - tall * 0.52),
                (x + wide * 0.5, y - tall * 1.22),
                (x + wide * 0.3, y - tall * 0.95),
                (x - wide * 0.3, y - tall * 0.4),
            ],
            closed=True,
        ),
        "#a8927a",
    )


def stream(rng: np.random.Generator, size: Size, *, air: Stops, leaves: Stops) -> Image.Image:
    """A still stream under trees, cut out of a wood."""
    canvas = Canvas(size, vertical(size, air))
    for row, blend in [(0.44, 0.5), (0.5, 0.25), (0.54, 0.0)]:
        for x in np.linspace(-0.05, 1.05, 9):
            if abs(x - 0.55) < 0.14 + 0.1 * blend:
                continue
            pale: Stops = [(p, landscape.mix_code(c, air[-1][1], blend)) for p, c in leaves]
            reach = rng.uniform(0.1, 0.2) * (1.15 - blend)
            canvas.ribbon(
                [(x, 0.63), (x + rng.normal(0, 0.01), row - reach * 0.5)],
                mix("#2c241a", air[-1][1], blend),
                rng.uniform(6, 16),
            )
            crown(canvas, rng, (x, row - reach * 0.7), (reach, reach * 1.3), pale, leaf_px=15)
    canvas.polygon(ridge(rng, 0.61, 0.012), "#4a4c2c")
    canvas.image = mirror(rng, canvas.image, 0.64, ripple_px=7)
    canvas.lay("#2c3028", np.where(plane(size)[1] > 0.64, 0.3, 0).astype(np.float32))
    for side in (0, 1):
        bank = curve(
            [
                (side, 0.62),
                (0.26 + side * 0.52, 0.66),
                (0.16 + side * 0.72, 0.82),
                (0.3 + side * 0.66, 1.04),
                (side, 1.04),
            ],
            steps=10,
        )
        canvas.polygon(
            bank,
            Shading(0.5 + 0.8 * (fractal(rng, size, (26, 12)) - 0.5), [(0, "#2c2c18"), (1, "#8f8650")]),
        )
    return canvas.image


GREY: Stops = [(0, "#7f8c98"), (0.4, "#b0b6b4"), (0.62, "#dcd4c0"), (1, "#dcd4c0")]
BLUE: Stops = [(0, "#6d90b0"), (0.4, "#a4b8c0"), (0.62, "#e2dcc8"), (1, "#e2dcc8")]
EVENING: Stops = [(0, "#7c8494"), (0.35, "#b8a898"), (0.58, "#ecc890"), (1, "#ecc890")]
CORN: Stops = [(0, "#6a5c34"), (0.5, "#b09a58"), (1, "#d9c688")]
MEADOW: Stops = [(0, "#3c4426"), (0.5, "#76783f"), (1, "#b4a868")]
SOIL: Stops = [(0, "#2c2018"), (0.5, "#6d5138"), (1, "#b08c62")]
OLIVE: Stops = [(0, "#1c2014"), (0.5, "#535a30"), (1, "#a8a05c")]
RUSSET: Stops = [(0, "#2c1c12"), (0.5, "#7a5228"), (1, "#c99a4c")]
PLASTER: Stops = [(0, "#2c2c2a"), (0.5, "#7a766a"), (1, "#bdb6a2")]
PINE: Stops = [(0, "#2c1f14"), (0.5, "#80603c"), (1, "#c09c68")]
SEA: Stops = [(0, "#5a6a70"), (0.5, "#7f8c8a"), (1, "#b8b8a8")]

WORKS = (
    work("Road home between poplars", study, (900, 680), scene=road, air=EVENING, field=CORN, leaves=OLIVE),
    work("Bread, onions and a tin jug", study, (860, 740), scene=kitchen, wall=PLASTER, board=PINE, things=0),
    work("Ploughed field, November", study, (940, 620), scene=ploughed, air=GREY, soil=SOIL),
    work(
        "Farm with washing",
        study,
        (900, 660),
        scene=farm,
        air=BLUE,
        field=MEADOW,
        roof="#a08a5c",
        wall="#d8ccb4",
    ),
    work("Boats at low tide", study, (940, 640), scene=shore, air=GREY, sea=SEA),
    work(
        "Stream in the wood",
        study,
        (720, 900),
        scene=stream,
        air=[(0, "#b0bcc0"), (0.5, "#e4dcc4"), (1, "#d8d0b4")],
        leaves=OLIVE,
    ),
    work(
        "Stacks after the harvest",
        study,
        (900, 640),
        scene=landscape.stacks,
        air=EVENING,
        field=CORN,
        straw=[(0, "#3a2c18"), (0.4, "#8a6a38"), (0.75, "#c9a860"), (1, "#ecd79a")],
        shade="#4c4a3c",
        count=3,
    ),
    work(
        "Eggs and a green bottle",
        study,
        (740, 860),
        scene=kitchen,
        wall=[(0, "#3a3630"), (0.5, "#8a7c68"), (1, "#c9b898")],
        board=[(0, "#241c18"), (0.5, "#5c4838"), (1, "#9a7c5c")],
        things=1,
    ),
    work("Village road in autumn", study, (720, 900), scene=road, air=GREY, field=MEADOW, leaves=RUSSET),
    work(
        "Farm before the rain",
        study,
        (920, 600),
        scene=farm,
        air=[(0, "#5a646c"), (0.5, "#98a0a0"), (1, "#c9c4b0")],
        field=CORN,
        roof="#8a5a44",
        wall="#c0b8a8",
    ),
    work(
        "Evening furrows",
        study,
        (820, 820),
        scene=ploughed,
        air=EVENING,
        soil=[(0, "#241a1c"), (0.5, "#5c4438"), (1, "#c09468")],
    ),
    work("Autumn stream", study, (860, 760), scene=stream, air=EVENING, leaves=RUSSET),
)
