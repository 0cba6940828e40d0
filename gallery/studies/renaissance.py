"""Renaissance: perspective one can walk into, blue distances, gold grounds, gardens by compass and rule."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from gallery.studies import architecture
from gallery.studies import still_life as table
from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, near, plane, vertical
from gallery.studies.landscape import mix_code
from gallery.studies.motifs import Point, clouds, crown, ridge, vessel, wanderer
from gallery.studies.neoclassicism import CAMEO
from gallery.studies.noise import fractal, smoothstep
from gallery.studies.surface import cracked, enhance, varnish, vignette
from gallery.studies.work import work

GOLD: Stops = [(0, "#4a2c0a"), (0.4, "#a8782a"), (0.7, "#dcb458"), (1, "#fff0b8")]


def _glazed(
    rng: np.random.Generator, image: Image.Image, *, depth: float = 0.28, age: float = 0.3
) -> Image.Image:
    """Many thin glazes: the brush nearly gone, the varnish warm, a net of cracks."""
    flow = along_edges(image, drifting(rng, image.size, cell_px=160, turn=1.2), blur_px=5)
    brush = Brushwork(image)
    brush.cover(
        image, rng, length_px=18, width_px=6, flow=flow, step_px=10, jitter=3, tint=1.6, dry=0.6, blur_px=1
    )
    brush.restate(image, opacity=0.9)
    soft = Image.blend(image, brush.finish(relief=0.2), 0.5)
    return cracked(
        rng, varnish(vignette(enhance(soft, contrast=1.05), depth=depth), strength=age), depth=0.12
    )


def _distance(
    canvas: Canvas, rng: np.random.Generator, horizon: float, air: Stops, near_tone: str, *, layers: int = 6
) -> None:
    """Hills losing their colour in the air, a river finding its way between them."""
    far = mix_code(air[1][1], "#5c84a0", 0.4)
    for layer in range(layers):
        share = layer / (layers - 1)
        base = horizon + 0.035 * layer * (1 + 0.7 * share)
        tone = mix(far, near_tone, share**1.4)
        rise = (0.13 if layer < 2 else 0.05) * (1 - 0.4 * share)
        crest = ridge(rng, base, rise, roughness=0.6 if layer < 2 else 0.42)
        shade = 0.5 + 0.5 * (fractal(rng, canvas.size, (90, 40)) - 0.5) + 0.2 * (plane(canvas.size)[1] - base)
        code = "#{:02x}{:02x}{:02x}".format(*tone)
        canvas.polygon(
            crest,
            Shading(shade, [(0, mix_code(code, "#14200c", 0.3)), (1, mix_code(code, "#fff0c0", 0.25))]),
            soft_px=2.5 * (1 - share),
        )
        if share > 0.35:
            _grove(canvas, rng, base, code)
    bend = [
        (0.6, horizon + 0.05),
        (0.5, horizon + 0.1),
        (0.62, horizon + 0.15),
        (0.46, horizon + 0.22),
        (0.66, horizon + 0.32),
        (0.4, horizon + 0.48),
        (0.55, 1.1),
    ]
    river = curve(bend, steps=10)
    canvas.ribbon(
        river, mix(air[-1][1], far, 0.25), np.linspace(2, 0.055 * canvas.short_px, len(river)), soft_px=1.5
    )


def _grove(canvas: Canvas, rng: np.random.Generator, base: float, code: str) -> None:
    leaves: Stops = [
        (0, mix_code(code, "#0c140c", 0.65)),
        (0.6, mix_code(code, "#24341c", 0.4)),
        (1, mix_code(code, "#e8d890", 0.3)),
    ]
    for x in rng.uniform(0.02, 0.98, 6):
        reach = 0.01 + 0.03 * (base - 0.4)
        canvas.ribbon([(x, base + 0.02), (x, base - reach)], leaves[0][1], 2)
        crown(
            canvas, rng, (float(x), base - reach * 1.2), (reach, reach * 1.25), leaves, leaf_px=6, ragged=0.6
        )


def window(
    rng: np.random.Generator, size: Size, *, air: Stops, land: str, wall: Stops, arches: int, sill: str
) -> Image.Image:
    """A view through arches: parapet, fruit or a vase, and a country that goes on for ever."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay("#fffaf0", clouds(rng, size, cell_px=(300, 50), cover=0.35) * 0.5)
    _distance(canvas, rng, 0.44, air, land)
    frame = Canvas(size, "#ffffff")
    wide = 0.86 / arches
    for k in range(arches):
        middle, half = 0.07 + wide * (k + 0.5), wide * 0.41
        arch = [(middle - half * math.cos(a), 0.33 - 0.24 * math.sin(a)) for a in np.linspace(0, math.pi, 40)]
        frame.polygon([(middle - half, 0.76), *arch, (middle + half, 0.76)], "#000000")
    stone = architecture.stone_fill(canvas, rng, wall, 0.62)
    mask = frame.image.convert("L")
    canvas.lay("#14100c", np.roll(np.asarray(mask, np.float32) / 255, (9, 7), axis=(0, 1)), 0.35)
    canvas.lay(stone, mask)
    for k in range(arches):
        middle, half = 0.07 + wide * (k + 0.5), wide * 0.41
        for grow, tone, px in [(1.0, wall[1][1], 5), (1.1, wall[-1][1], 4), (1.14, wall[1][1], 2)]:
            arch = [
                (middle - half * grow * math.cos(a), 0.33 - 0.24 * grow * math.sin(a))
                for a in np.linspace(0, math.pi, 40)
            ]
            canvas.ribbon(arch, tone, px, opacity=0.8)
    for k in range(arches + 1):
        architecture.column(canvas, rng, (0.07 + wide * k, 0.77), 0.47, wall, flutes=2)
    canvas.polygon(box(-0.02, 0.76, 1.02, 0.8), architecture.stone_fill(canvas, rng, wall, 0.85))
    canvas.polygon(box(-0.02, 0.8, 1.02, 1.02), architecture.stone_fill(canvas, rng, wall, 0.5))
    for k in range(3):
        panel = box(0.06 + 0.3 * k, 0.84, 0.32 + 0.3 * k, 0.97)
        canvas.polygon(panel, architecture.stone_fill(canvas, rng, wall, 0.4))
        canvas.ribbon([*panel, panel[0]], wall[-1][1], 2, opacity=0.6)
    SILLS[sill](canvas, rng)
    return _glazed(rng, canvas.image)


def _fruit_sill(canvas: Canvas, rng: np.random.Generator) -> None:
    for x, stops, reach in [(0.3, table.PEACH, 0.04), (0.37, table.PEAR, 0.045), (0.66, table.LEMON, 0.04)]:
        table.fruit(canvas, rng, (x, 0.782 - reach * 0.8), reach, stops, gloss=0.2)


def _lily_sill(canvas: Canvas, rng: np.random.Generator) -> None:
    for dx, top in [(-0.05, 0.47), (0.01, 0.4), (0.06, 0.5)]:
        stem = curve([(0.5, 0.68), (0.5 + dx * 0.4, 0.58), (0.5 + dx, top)])
        canvas.ribbon(stem, "#3c5c34", 5)
        for k in range(4, len(stem), 4):
            side = 1 if k % 8 else -1
            canvas.polygon(
                curve(
                    [
                        stem[k],
                        stem[k] + (side * 0.025, -0.018),
                        stem[k] + (side * 0.05, -0.012),
                        stem[k] + (side * 0.025, 0),
                    ],
                    steps=4,
                    closed=True,
                ),
                "#4c7040",
            )
        for turn in np.linspace(-2.6, -0.5, 5):
            tip = (
                0.5 + dx + 0.04 * math.cos(turn) * canvas.size[1] / canvas.size[0],
                top + 0.045 * math.sin(turn),
            )
            petal = curve(
                [
                    (0.5 + dx, top),
                    ((0.5 + dx + tip[0]) / 2 - 0.008, (top + tip[1]) / 2),
                    tip,
                    ((0.5 + dx + tip[0]) / 2 + 0.01, (top + tip[1]) / 2 + 0.006),
                ],
                steps=4,
                closed=True,
            )
            canvas.polygon(petal, mix("#f8f4e4", "#c8c0a8", abs(turn + 1.5) * 0.3))
    vessel(canvas, (0.5, 0.785), 0.13, table.URN, table.GLAZE, gloss=0.5)


def _book_sill(canvas: Canvas, rng: np.random.Generator) -> None:
    table.book(canvas, (0.24, 0.785), 0.24, "#6c2420", thick=0.03)
    vessel(canvas, (0.68, 0.785), 0.12, table.JUG, table.BRASS, gloss=0.6)


SILLS = {"fruit": _fruit_sill, "lily": _lily_sill, "book": _book_sill}


def piazza(
    rng: np.random.Generator, size: Size, *, air: Stops, stone: Stops, walls: tuple[Stops, Stops], dome: str
) -> Image.Image:
    """An ideal square: paving, arcades on both sides, a round church where the lines meet."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay("#fffaf0", clouds(rng, size, cell_px=(260, 44), cover=0.4) * 0.6)
    vanish = (0.5, 0.56)
    canvas.polygon(ridge(rng, 0.54, 0.06), mix(air[-1][1], "#5c7c94", 0.45))
    architecture.checkered(canvas, vanish[1], vanish, stone, squares=8)
    _round_church(canvas, rng, (0.5, 0.63), 0.36, stone, dome)
    for side, wall in zip((-1, 1), walls, strict=True):
        architecture.arcade(canvas, rng, vanish, side, wall)
    for x, y, tall in [(0.4, 0.66, 0.06), (0.57, 0.69, 0.075), (0.61, 0.692, 0.072), (0.33, 0.78, 0.12)]:
        wanderer(canvas, (x, y), tall, near_code(rng), stick=False)
    return _glazed(rng, canvas.image)


def near_code(rng: np.random.Generator) -> str:
    """The colour of somebody's cloak."""
    return ("#8c2c24", "#2c3c6c", "#3c4c34", "#8c6c2c")[int(rng.integers(4))]


def _round_church(
    canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, stone: Stops, dome: str
) -> None:
    """A drum with columns under a dome and lantern."""
    x, y = foot
    unit = tall * canvas.size[1] / canvas.size[0]
    across, _ = plane(canvas.size)
    for half, top, bottom in [(0.56, 0.05, 0.0), (0.52, 0.08, 0.05)]:
        canvas.polygon(
            box(x - half * unit, y - top * tall, x + half * unit, y - bottom * tall),
            architecture.stone_fill(canvas, rng, stone, 0.75),
        )
    turn = np.clip((across - x) / (0.46 * unit), -1, 1)
    drum = 0.8 - 0.35 * turn - 0.25 * turn**2
    canvas.polygon(
        box(x - 0.46 * unit, y - 0.55 * tall, x + 0.46 * unit, y - 0.08 * tall), Shading(drum * 0.62, stone)
    )
    canvas.polygon(box(x - 0.07 * unit, y - 0.33 * tall, x + 0.07 * unit, y - 0.08 * tall), stone[0][1])
    for angle in np.linspace(-1.35, 1.35, 8):
        architecture.column(
            canvas, rng, (x + 0.47 * unit * math.sin(angle), y - 0.07 * tall), 0.43 * tall, stone, flutes=2
        )
    for half, top, bottom, lit in [
        (0.5, 0.56, 0.49, 1.0),
        (0.53, 0.585, 0.56, 1.15),
        (0.36, 0.68, 0.585, 0.8),
        (0.38, 0.7, 0.68, 1.1),
    ]:
        canvas.polygon(
            box(x - half * unit, y - top * tall, x + half * unit, y - bottom * tall),
            Shading(drum * lit, stone),
        )
        canvas.ribbon(
            [(x - half * unit, y - bottom * tall), (x + half * unit, y - bottom * tall)],
            stone[1][1],
            1.4,
            opacity=0.7,
        )
    shell = [
        (x - 0.36 * unit * math.cos(a), y - (0.7 + 0.26 * math.sin(a) ** 0.9) * tall)
        for a in np.linspace(0, math.pi, 40)
    ]
    canvas.polygon(
        shell,
        Shading(
            drum, [(0, mix_code(dome, "#14100c", 0.6)), (0.6, dome), (1, mix_code(dome, "#fff4dc", 0.5))]
        ),
    )
    for share in (-0.6, -0.25, 0.12, 0.5):
        rib = [
            (x + share * 0.36 * unit * math.cos(a), y - (0.7 + 0.26 * math.sin(a)) * tall)
            for a in np.linspace(0, math.pi / 2, 14)
        ]
        canvas.ribbon(rib, mix(dome, "#fff4dc", 0.4), 1.6, opacity=0.7)
    canvas.polygon(box(x - 0.06 * unit, y - 1.05 * tall, x + 0.06 * unit, y - 0.95 * tall), stone[2][1])
    canvas.polygon(
        [(x - 0.08 * unit, y - 1.05 * tall), (x, y - 1.16 * tall), (x + 0.08 * unit, y - 1.05 * tall)], dome
    )


def gold_panel(rng: np.random.Generator, size: Size, *, robe: Stops, leaf: str, fruit: Stops) -> Image.Image:
    """A tempera panel: a tree of golden fruit on gold leaf, under pointed arches with punched borders."""
    canvas = Canvas(size, _leaf_gold(rng, size))
    for layer, (inset, lit) in enumerate([(0.0, 0.35), (0.02, 0.75), (0.035, 0.5)]):
        wood = Canvas(size, "#ffffff")
        wood.polygon(_gothic(inset + 0.05 * (layer > 0)), "#000000")
        canvas.lay(architecture.stone_fill(canvas, rng, GOLD, lit, grain=0.2), wood.image.convert("L"))
    outline = _gothic(0.1)
    canvas.ribbon(outline, GOLD[0][1], 3)
    for inset in (0.115, 0.14):
        for x, y in curve(_gothic(inset), steps=3):
            canvas.disc((float(x), float(y)), 0.0045, GOLD[0][1], opacity=0.7)
            canvas.disc((float(x) - 0.001, float(y) - 0.001), 0.002, "#fff4c8", opacity=0.8)
    trunk = curve([(0.5, 0.8), (0.49, 0.66), (0.505, 0.5), (0.5, 0.3)])
    canvas.ribbon(trunk, "#4c3018", np.linspace(0.04, 0.012, len(trunk)) * canvas.short_px)
    spots = [(0.5, 0.24)] + [
        (0.5 + side * d, y)
        for side in (-1, 1)
        for d, y in [(0.14, 0.3), (0.22, 0.4), (0.1, 0.42), (0.2, 0.54), (0.08, 0.55)]
    ]
    for x, y in spots:
        canvas.ribbon(curve([(0.5, min(0.62, y + 0.14)), ((x + 0.5) / 2, y + 0.07), (x, y)]), "#4c3018", 5)
    for x, y in spots:
        for turn in np.linspace(0, 2 * math.pi, 11, endpoint=False) + rng.uniform(0, 1):
            tip = (x + 0.052 * math.cos(turn), y + 0.05 * math.sin(turn) * size[0] / size[1] * 1.2)
            shape = curve(
                [
                    (x, y),
                    ((x + tip[0]) / 2 + 0.012 * math.sin(turn), (y + tip[1]) / 2 - 0.01 * math.cos(turn)),
                    tip,
                    ((x + tip[0]) / 2 - 0.012 * math.sin(turn), (y + tip[1]) / 2 + 0.01 * math.cos(turn)),
                ],
                steps=4,
                closed=True,
            )
            canvas.polygon(shape, near(rng, leaf, 9))
        canvas.ribbon([(x - 0.03, y), (x + 0.03, y)], mix(leaf, "#e8e0a0", 0.4), 1.2, opacity=0.5)
        for dx, dy in [(-0.025, 0.012), (0.022, -0.01), (0.0, 0.03)]:
            table.ball(canvas, (x + dx, y + dy), 0.021, fruit, gloss=0.3)
    _meadow(canvas, rng)
    for side in (-1, 1):
        _kneeling(
            canvas,
            (0.5 + side * 0.2, 0.84),
            0.24,
            -side,
            robe if side < 0 else [(p, mix_code(c, "#1c4c3c", 0.55)) for p, c in robe],
        )
    return _glazed(rng, canvas.image, depth=0.2, age=0.25)


def _leaf_gold(rng: np.random.Generator, size: Size) -> Image.Image:
    """Squares of gold leaf, worn to the red clay here and there."""
    across, down = plane(size)
    squares = np.floor(across * 7) * 3.7 + np.floor(down * 7 * size[1] / size[0]) * 5.3
    value = (
        0.62
        + 0.06 * np.sin(squares * 12.9)
        - 0.35 * (distance(size, (0.4, 0.35)) - 0.3)
        + 0.16 * (fractal(rng, size, 60, octaves=5) - 0.5)
    )
    gold = Canvas(size, colourise(value, GOLD))
    gold.lay("#8c3c20", smoothstep(0.66, 0.8, fractal(rng, size, 30, octaves=4)), 0.4)
    return gold.image


def _gothic(inset: float) -> np.ndarray:
    """The outline of a pointed panel, inset from the edges of the picture."""
    rise = np.linspace(0, 1, 24)
    half = 0.5 - inset
    x, y = (
        0.5 - half * (1 - rise**1.25),
        0.42 + inset * 0.2 - (0.4 - inset * 0.9) * np.sin(rise * math.pi / 2),
    )
    left = np.stack([x, y], axis=1)
    right = np.stack([1 - x, y], axis=1)[::-1]
    return np.vstack(
        [[(inset, 1 - inset * 0.7)], left, right, [(1 - inset, 1 - inset * 0.7)], [(inset, 1 - inset * 0.7)]]
    )


def _meadow(canvas: Canvas, rng: np.random.Generator) -> None:
    ground = box(0.105, 0.79, 0.895, 0.93)
    canvas.polygon(
        ground, Shading(0.5 + 0.5 * (fractal(rng, canvas.size, 20) - 0.5), [(0, "#1c2c18"), (1, "#4c6434")])
    )
    for _ in range(110):
        spot = (rng.uniform(0.11, 0.89), rng.uniform(0.795, 0.925))
        canvas.ribbon([spot, (spot[0] + rng.normal(0, 0.004), spot[1] - 0.014)], "#6c8444", 1.6)
        if rng.random() < 0.5:
            canvas.disc(
                (spot[0], spot[1] - 0.014),
                0.005,
                ("#f4ecd8", "#c83c34", "#e8c048", "#7c8cc8")[int(rng.integers(4))],
            )


def _kneeling(canvas: Canvas, foot: Point, tall: float, facing: int, robe: Stops) -> None:
    """A figure kneeling towards the tree, a plain halo of gold behind the head."""
    wide = tall * canvas.size[1] / canvas.size[0]

    def at(points: Points) -> np.ndarray:
        return np.array([(foot[0] + facing * x * wide, foot[1] - y * tall) for x, y in points])

    halo = at(oval((0.07, 0.86), (0.15, 0.15)))
    canvas.polygon(halo, GOLD[2][1])
    canvas.ribbon(np.vstack([halo, halo[:1]]), GOLD[0][1], 2)
    light = 0.62 + 0.3 * np.sin(
        (plane(canvas.size)[0] - foot[0]) / wide * 26 + (plane(canvas.size)[1] - foot[1]) / tall * 6
    )
    body = curve(
        at(
            [
                (-0.42, 0.0),
                (-0.36, 0.2),
                (-0.12, 0.42),
                (-0.1, 0.66),
                (0.02, 0.76),
                (0.13, 0.7),
                (0.14, 0.5),
                (0.24, 0.3),
                (0.28, 0.0),
            ]
        ),
        steps=8,
        closed=True,
    )
    canvas.polygon(body, Shading(light, robe))
    canvas.ribbon(np.vstack([body, body[:1]]), robe[0][1], 2, opacity=0.7)
    sleeve = canvas.outline(
        curve(at([(0.04, 0.66), (0.16, 0.5), (0.32, 0.6)])),
        np.linspace(0.12, 0.08, 25) * wide * canvas.size[0],
    )
    canvas.polygon(sleeve, Shading(light * 0.9 + 0.1, robe))
    canvas.polygon(at(oval((0.36, 0.63), (0.05, 0.035), turn=-0.5)), "#e0b48c")
    canvas.polygon(at(oval((0.08, 0.86), (0.07, 0.085))), "#e0b48c")
    canvas.polygon(
        at(
            curve(
                [(0.1, 0.955), (0.0, 0.96), (-0.05, 0.86), (-0.02, 0.76), (0.03, 0.8), (0.03, 0.9)],
                steps=6,
                closed=True,
            )
        ),
        "#6c3c1c",
    )
    canvas.ribbon(at([(0.11, 0.87), (0.135, 0.868)]), "#3c2014", 2)


def garden(
    rng: np.random.Generator, size: Size, *, air: Stops, hedge: str, sand: str, stone: Stops
) -> Image.Image:
    """Beds in squares and rounds seen from a terrace, a fountain, cypresses like exclamation marks."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay("#fffaf0", clouds(rng, size, cell_px=(300, 50), cover=0.38) * 0.5)
    _distance(canvas, rng, 0.24, air, mix_code(hedge, "#a8a868", 0.3), layers=4)
    canvas.polygon(box(-0.02, 0.4, 1.02, 1.02), mix(sand, "#fff4dc", 0.2))

    def at(u: float, v: float) -> Point:
        depth = 1 / (0.55 + 1.9 * v)
        return 0.5 + u * depth * 0.52, 0.36 + depth * 0.34

    for row in range(5):
        for column in range(-3, 3):
            _bed(
                canvas,
                rng,
                at,
                (column + 0.08) * 0.66,
                (column + 0.92) * 0.66,
                row * 0.24 + 0.03,
                row * 0.24 + 0.2,
                hedge,
                (row + column) % 3,
            )
    _fountain(canvas, rng, at(0.0, 0.33), stone)
    for row in range(5, -1, -1):
        for side in (-1, 1):
            x, y = at(side * 1.12, row * 0.24)
            tall = 0.36 / (0.55 + 1.9 * row * 0.24)
            canvas.polygon(
                oval((x + tall * 0.13, y), (tall * 0.12, tall * 0.022)), "#1c2414", soft_px=3, opacity=0.5
            )
            for lift in np.linspace(0.06, 0.94, 8):
                wide = tall * 0.07 * math.sin(math.pi * (0.15 + 0.8 * lift)) ** 0.6
                crown(
                    canvas,
                    rng,
                    (x, y - tall * lift),
                    (wide, tall * 0.085),
                    [(0, "#10180c"), (0.5, "#2c3c20"), (1, "#7c8448")],
                    leaf_px=7,
                    ragged=0.5,
                )
    canvas.polygon(box(-0.02, 0.93, 1.02, 1.02), architecture.stone_fill(canvas, rng, stone, 0.55))
    canvas.polygon(box(-0.02, 0.915, 1.02, 0.94), architecture.stone_fill(canvas, rng, stone, 0.85))
    for x in (0.12, 0.88):
        vessel(canvas, (x, 0.925), 0.12, table.URN, stone, gloss=0.1)
        for _ in range(10):
            table.ball(
                canvas,
                (x + rng.normal(0, 0.022), 0.79 + rng.normal(0, 0.012)),
                0.016,
                [(0, "#3c1404"), (0.5, "#d8741c"), (1, "#fbd890")],
            )
    return _glazed(rng, canvas.image)


def _bed(
    canvas: Canvas,
    rng: np.random.Generator,
    at: Callable[[float, float], Point],
    left: float,
    right: float,
    close: float,
    far: float,
    hedge: str,
    kind: int,
) -> None:
    """One clipped bed: hedge, inner lawn, and a ring, a cross or flowers."""

    def square(shrink: float) -> list[Point]:
        a, b = left + (right - left) * shrink, right - (right - left) * shrink
        c, d = close + (far - close) * shrink, far - (far - close) * shrink
        return [at(a, c), at(b, c), at(b, d), at(a, d)]

    middle = at((left + right) / 2, (close + far) / 2)
    lift = 0.012 / (0.55 + 1.9 * close)
    canvas.polygon(np.add(square(0.0), (0.004, 0.004)), "#1c2010", opacity=0.4, soft_px=2)
    canvas.polygon(square(0.0), mix(hedge, "#0c140a", 0.5))
    canvas.polygon(np.subtract(square(0.0), (0, lift)), hedge)
    canvas.polygon(square(0.13), mix(hedge, "#c8b884", 0.65))
    reach = (at(right, close)[0] - at(left, close)[0]) * 0.27
    ring = oval(middle, (reach, reach * 0.34))
    if kind == 0:
        canvas.ribbon(np.vstack([ring, ring[:2]]), hedge, max(2, reach * 60))
        crown(
            canvas,
            rng,
            (middle[0], middle[1] - lift),
            (reach * 0.35, reach * 0.3),
            [(0, "#182010"), (1, "#8c9450")],
            leaf_px=6,
            ragged=0.4,
        )
    elif kind == 1:
        corners = square(0.16)
        canvas.ribbon([corners[0], corners[2]], hedge, max(2, reach * 50))
        canvas.ribbon([corners[1], corners[3]], hedge, max(2, reach * 50))
    else:
        for turn in np.linspace(0, 2 * math.pi, 14, endpoint=False):
            canvas.disc(
                (middle[0] + reach * math.cos(turn), middle[1] + reach * 0.34 * math.sin(turn)),
                0.003 + reach * 0.05,
                ("#c83c34", "#f0e4d0", "#d8a030")[int(rng.integers(3))],
            )


def _fountain(canvas: Canvas, rng: np.random.Generator, foot: Point, stone: Stops) -> None:
    x, y = foot
    for grow, tone in [(1.0, architecture.stone_fill(canvas, rng, stone, 0.75)), (0.9, "#6c94a0")]:
        canvas.polygon(oval((x, y), (0.105 * grow, 0.032 * grow)), tone)
    vessel(canvas, (x, y + 0.004), 0.085, [(0, 0.1), (0.5, 0.12), (1, 0.24)], stone, gloss=0)
    vessel(canvas, (x, y - 0.07), 0.035, table.BOWL, stone, gloss=0)
    for side in (-1, 1):
        for k in range(5):
            jet = curve(
                [
                    (x, y - 0.12),
                    (x + side * 0.012 * k, y - 0.15 + 0.008 * k),
                    (x + side * (0.018 * k + 0.01), y - 0.01),
                ]
            )
            canvas.ribbon(jet, "#f0f8f8", 1.4, opacity=0.7)


def portrait(
    rng: np.random.Generator,
    size: Size,
    *,
    air: Stops,
    land: str,
    coat: Stops,
    cap: str,
    hair: str,
    facing: int,
) -> Image.Image:
    """A profile before a landscape, as medals taught painters to see people."""
    canvas = Canvas(size, vertical(size, air))
    canvas.lay("#fffaf0", clouds(rng, size, cell_px=(260, 46), cover=0.35) * 0.5)
    _distance(canvas, rng, 0.56, air, land)
    unit = min(0.5, 0.4 * size[1] / size[0])

    def at(points: Points) -> np.ndarray:
        return np.array([(0.49 + facing * x * unit, 0.44 + y * unit * size[0] / size[1]) for x, y in points])

    _face(canvas, rng, at, facing)
    _coat(canvas, at, coat)
    _hair_and_cap(canvas, rng, at, cap, hair)
    return _glazed(rng, canvas.image, depth=0.34)


def _face(canvas: Canvas, rng: np.random.Generator, at: Callable[[Points], np.ndarray], facing: int) -> None:
    """A head in profile, its shadows laid in softly one over the other."""
    across, down = plane(canvas.size)
    skin = (
        0.7
        + facing * (across - 0.5) * 0.5
        - (down - 0.42) * 0.3
        + 0.05 * (fractal(rng, canvas.size, 60) - 0.5)
    )
    flesh: Stops = [(0, "#3c1c10"), (0.4, "#a46c44"), (0.75, "#dcb088"), (1, "#f8e4c8")]
    head = Canvas(canvas.size, canvas.image)
    outline = at(curve(CAMEO, steps=8, closed=True))
    head.polygon(outline, Shading(skin, flesh))
    short = canvas.short_px
    for points, tone, soft, strength in [
        (
            [(-0.2, 0.24), (0.06, 0.2), (0.28, 0.33), (0.14, 0.34), (0.1, 0.5), (-0.2, 0.6)],
            "#4c2414",
            0.02,
            0.75,
        ),
        ([(-0.1, -0.1), (0.05, 0.1), (0.14, 0.28), (-0.1, 0.3)], "#70402a", 0.03, 0.5),
        ([(0.2, -0.19), (0.36, -0.2), (0.37, -0.1), (0.26, -0.08)], "#7c4a30", 0.012, 0.55),
        ([(0.33, -0.02), (0.4, -0.01), (0.39, 0.03), (0.34, 0.02)], "#7c3c28", 0.007, 0.6),
        ([(0.3, 0.13), (0.37, 0.135), (0.35, 0.17), (0.29, 0.16)], "#7c4a30", 0.009, 0.5),
        ([(0.14, 0.0), (0.26, 0.0), (0.26, 0.1), (0.14, 0.1)], "#d0705a", 0.03, 0.35),
        ([(0.3, -0.34), (0.36, -0.3), (0.37, -0.24), (0.3, -0.25)], "#fff0d8", 0.012, 0.5),
    ]:
        head.polygon(at(curve(points, steps=5, closed=True)), tone, soft_px=soft * short, opacity=strength)
    canvas.polygon(outline, head.image, soft_px=1)
    lid = curve(at([(0.255, -0.13), (0.3, -0.158), (0.352, -0.14)]))
    canvas.polygon(
        at([(0.262, -0.128), (0.3, -0.152), (0.348, -0.14), (0.342, -0.112), (0.3, -0.108)]), "#ece0cc"
    )
    canvas.polygon(at(oval((0.331, -0.13), (0.014, 0.019))), "#34241a")
    canvas.ribbon(lid, "#4c2a18", [1, *[2.8] * (len(lid) - 2), 1.5])
    canvas.ribbon(curve(at([(0.25, -0.1), (0.3, -0.096), (0.34, -0.104)])), "#8c5c40", 1.6, soft_px=0.8)
    brow = curve(at([(0.22, -0.225), (0.3, -0.25), (0.372, -0.222)]))
    canvas.ribbon(brow, "#5c3a20", np.linspace(1, 4, len(brow)), soft_px=1)
    canvas.ribbon(curve(at([(0.29, 0.1), (0.33, 0.094), (0.388, 0.088)])), "#6c2c20", 2.2, soft_px=0.6)
    canvas.polygon(
        at(curve([(0.32, 0.075), (0.39, 0.06), (0.392, 0.085)], steps=4, closed=True)), "#b86450", soft_px=1.6
    )
    canvas.polygon(
        at(curve([(0.32, 0.105), (0.39, 0.095), (0.375, 0.125)], steps=4, closed=True)),
        "#c07058",
        soft_px=1.6,
    )


def _coat(canvas: Canvas, at: Callable[[Points], np.ndarray], coat: Stops) -> None:
    """A dark coat in quiet folds with a white edge of shirt and a chain."""
    across, down = plane(canvas.size)
    folds_of_cloth = (
        0.42 + 0.16 * np.sin((across - 0.5) * 30 + (down - 0.9) * 14) + 0.1 * np.sin((across + down) * 61)
    )
    body = [
        (-0.9, 1.9),
        (-0.84, 1.05),
        (-0.56, 0.78),
        (-0.32, 0.6),
        (-0.05, 0.66),
        (0.2, 0.6),
        (0.46, 0.76),
        (0.72, 1.06),
        (0.8, 1.9),
    ]
    canvas.polygon(curve(at(body), steps=10), Shading(folds_of_cloth - 0.25 * (down - 0.8), coat))
    neck = curve(at([(-0.33, 0.6), (-0.05, 0.67), (0.21, 0.6)]))
    canvas.ribbon(
        neck, "#efe8da", np.concatenate([np.linspace(10, 22, 12), np.linspace(22, 10, len(neck) - 12)])
    )
    canvas.ribbon(np.add(neck, (0, 0.012)), coat[0][1], 4, soft_px=1)
    for x, y in curve(at([(-0.5, 0.8), (-0.1, 1.06), (0.36, 0.8)]), steps=12):
        canvas.disc((float(x), float(y)), 0.008, "#8c6420")
        canvas.disc((float(x) - 0.001, float(y) - 0.001), 0.005, "#e8c870")


def _hair_and_cap(
    canvas: Canvas, rng: np.random.Generator, at: Callable[[Points], np.ndarray], cap: str, hair: str
) -> None:
    locks = [
        (0.22, -0.42),
        (0.14, -0.22),
        (0.08, 0.0),
        (0.1, 0.2),
        (0.0, 0.4),
        (-0.2, 0.48),
        (-0.42, 0.42),
        (-0.5, 0.2),
        (-0.48, -0.12),
        (-0.4, -0.4),
    ]
    canvas.polygon(curve(at(locks), closed=True), mix(hair, "#14100a", 0.5), soft_px=1.5)
    for k in range(70):
        start, low = 0.16 - 0.0088 * k, 0.36 - 0.0001 * (k - 30) ** 2 + rng.normal(0, 0.03)
        wave = 0.025 * math.sin(k * 0.5)
        strand = curve(
            at(
                [
                    (start, -0.4),
                    (start - 0.09 + wave, -0.12),
                    (start - 0.05 - wave, 0.14),
                    (start - 0.04 + wave * 2, low),
                ]
            )
        )
        tone = mix(mix(hair, "#14100a", 0.4), "#e8c890", rng.random() ** 2 * 0.5)
        canvas.ribbon(strand, tone, np.linspace(0.8, 2.6, len(strand)), opacity=0.75, soft_px=0.7)
    shape = curve(
        at(
            [
                (0.35, -0.36),
                (0.33, -0.5),
                (0.18, -0.66),
                (-0.14, -0.7),
                (-0.42, -0.58),
                (-0.5, -0.38),
                (-0.2, -0.33),
                (0.1, -0.33),
            ]
        ),
        steps=8,
        closed=True,
    )
    middle = shape.mean(0)
    light = 0.75 - distance(canvas.size, (float(middle[0]) - 0.02, float(middle[1]) - 0.07)) * 2.4
    cloth = light + 0.3 * (fractal(rng, canvas.size, 70, octaves=4) - 0.5)
    canvas.polygon(
        shape,
        Shading(
            cloth, [(0, mix_code(cap, "#0c0606", 0.75)), (0.6, cap), (1, mix_code(cap, "#ffe8d0", 0.35))]
        ),
        soft_px=1,
    )
    band = curve(at([(0.365, -0.35), (0.1, -0.315), (-0.2, -0.31), (-0.51, -0.36)]))
    canvas.ribbon(band, mix(cap, "#0c0606", 0.5), 0.026 * canvas.short_px, soft_px=0.8)


def tondo(rng: np.random.Generator, size: Size, *, air: Stops, land: str, wall: str) -> Image.Image:
    """A round picture in a carved gold frame: a lake country with a walled town."""
    inner = Canvas(size, vertical(size, air))
    inner.lay("#fffaf0", clouds(rng, size, cell_px=(260, 46), cover=0.4) * 0.6)
    _distance(inner, rng, 0.46, air, land)
    _town(inner, rng, (0.4, 0.6))
    for x, tall in [(0.2, 0.42), (0.83, 0.5)]:
        inner.ribbon(
            curve([(x, 0.88), (x + 0.01, 0.7), (x - 0.005, 0.88 - tall)]), "#34281a", np.linspace(9, 3, 25)
        )
        for lift in (0.55, 0.75, 0.95):
            crown(
                inner,
                rng,
                (x, 0.88 - tall * lift),
                (0.055, 0.045),
                [(0, "#141c0e"), (0.6, "#3c4c26"), (1, "#a8a458")],
                leaf_px=7,
            )
    canvas = Canvas(
        size, architecture.stone_fill(inner, rng, [(0, mix_code(wall, "#000000", 0.4)), (1, wall)], 0.6)
    )
    canvas.disc((0.507, 0.512), 0.47, "#0c0a08", soft_px=16, opacity=0.6)
    slope = 0.55 - (plane(size)[0] - 0.5) * 0.5 - (plane(size)[1] - 0.5) * 0.7
    for reach, lit in [(0.465, -0.15), (0.455, 0.2), (0.435, -0.2), (0.4, 0.15)]:
        canvas.disc((0.5, 0.5), reach, Shading(slope + lit, GOLD))
    for turn in np.linspace(0, 2 * math.pi, 44, endpoint=False):
        spot = (0.5 + math.cos(turn) * canvas.radii(0.418)[0], 0.5 + math.sin(turn) * canvas.radii(0.418)[1])
        table.ball(canvas, spot, 0.014, [(0, "#4a2c0a"), (0.6, "#c8983c"), (1, "#fff4c8")], gloss=0.3)
    canvas.disc((0.5, 0.5), 0.388, GOLD[0][1])
    canvas.disc((0.5, 0.5), 0.383, inner.image)
    return _glazed(rng, canvas.image, depth=0.2)


def _town(canvas: Canvas, rng: np.random.Generator, foot: Point) -> None:
    """Walls and towers in pale stone, small with distance."""
    for x, tall, half in [
        (-0.12, 0.05, 0.03),
        (-0.07, 0.1, 0.014),
        (-0.02, 0.06, 0.035),
        (0.03, 0.13, 0.012),
        (0.07, 0.07, 0.03),
        (0.12, 0.09, 0.012),
    ]:
        left, right, top = foot[0] + x - half, foot[0] + x + half, foot[1] - tall
        tone = near(rng, "#d8bc94", 8)
        canvas.polygon(box(left, top, right, foot[1]), tone)
        canvas.polygon(box((left + right) / 2, top, right, foot[1]), mix(tone, "#6c5c54", 0.4))
        canvas.polygon(
            [(left - 0.004, top), ((left + right) / 2, top - half * 1.1), (right + 0.004, top)], "#a0543c"
        )
    canvas.polygon(box(foot[0] - 0.17, foot[1] - 0.03, foot[0] + 0.17, foot[1] + 0.006), "#c4a880")
    for x in np.linspace(foot[0] - 0.165, foot[0] + 0.16, 19):
        canvas.polygon(box(x, foot[1] - 0.037, x + 0.009, foot[1] - 0.03), "#c4a880")


BLUE_AIR: Stops = [(0, "#5c8cb4"), (0.25, "#a0c0cc"), (0.45, "#ece4c8"), (1, "#e0d8b8")]
WARM_AIR: Stops = [(0, "#7c98a8"), (0.25, "#c4c8b4"), (0.45, "#f0dca8"), (1, "#e4d0a0")]
DAWN_AIR: Stops = [(0, "#6c7ca0"), (0.25, "#b8a8ac"), (0.45, "#f0ccb0"), (1, "#e0c4a8")]
CREAM: Stops = [(0, "#3c2c1c"), (0.35, "#947c5c"), (0.65, "#d0bc94"), (0.85, "#ecdcb8"), (1, "#fff8e4")]
GREY: Stops = [(0, "#2c2c2c"), (0.35, "#7c7c78"), (0.65, "#bcb8ac"), (0.85, "#e0dccc"), (1, "#fbf8ec")]
ROSE: Stops = [(0, "#3c1c14"), (0.35, "#a0644c"), (0.65, "#d09c7c"), (0.85, "#ecc8a8"), (1, "#fff0dc")]
CRIMSON: Stops = [(0, "#1c0606"), (0.4, "#6c1814"), (0.75, "#b03828"), (1, "#e89880")]
AZURE: Stops = [(0, "#080c20"), (0.4, "#1c3470"), (0.75, "#4068a8"), (1, "#a8c0dc")]
FOREST: Stops = [(0, "#060c08"), (0.4, "#1c3c28"), (0.75, "#4c7048"), (1, "#b0c090")]

WORKS = (
    work(
        "Valley through three arches",
        window,
        (920, 720),
        air=BLUE_AIR,
        land="#5c6c38",
        wall=CREAM,
        arches=3,
        sill="fruit",
    ),
    work(
        "The ideal square", piazza, (960, 640), air=BLUE_AIR, stone=CREAM, walls=(CREAM, ROSE), dome="#6c8c98"
    ),
    work(
        "Tree of gold in a gold field",
        gold_panel,
        (620, 900),
        robe=AZURE,
        leaf="#34582c",
        fruit=[(0, "#4c1c04"), (0.5, "#d8781c"), (1, "#fce0a0")],
    ),
    work(
        "Profile in a red cap",
        portrait,
        (680, 900),
        air=BLUE_AIR,
        land="#5c6838",
        coat=FOREST,
        cap="#a82c24",
        hair="#6c4424",
        facing=1,
    ),
    work(
        "Garden by compass and rule",
        garden,
        (860, 820),
        air=WARM_AIR,
        hedge="#3c5430",
        sand="#d8c498",
        stone=CREAM,
    ),
    work(
        "Lilies on the parapet",
        window,
        (680, 900),
        air=DAWN_AIR,
        land="#5c6440",
        wall=GREY,
        arches=1,
        sill="lily",
    ),
    work(
        "Square with a copper dome",
        piazza,
        (820, 820),
        air=WARM_AIR,
        stone=GREY,
        walls=(GREY, CREAM),
        dome="#5c947c",
    ),
    work("Round picture with a walled town", tondo, (860, 860), air=DAWN_AIR, land="#5c6438", wall="#6c3430"),
    work(
        "Profile against the hills",
        portrait,
        (760, 880),
        air=WARM_AIR,
        land="#6c6434",
        coat=CRIMSON,
        cap="#24344c",
        hair="#8c6430",
        facing=-1,
    ),
    work(
        "Book, jug, far mountains",
        window,
        (840, 840),
        air=WARM_AIR,
        land="#64683c",
        wall=ROSE,
        arches=2,
        sill="book",
    ),
    work("Terrace at noon", garden, (940, 660), air=BLUE_AIR, hedge="#44602c", sand="#e4d4ac", stone=GREY),
    work(
        "Arcades at first light",
        piazza,
        (720, 900),
        air=DAWN_AIR,
        stone=ROSE,
        walls=(CREAM, GREY),
        dome="#a85c44",
    ),
)
