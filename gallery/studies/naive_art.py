"""Naïve Art: everything seen straight on, every leaf counted, the moon as round as a plate."""

import math

import numpy as np
from PIL import Image

from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Size, Stops, mix, near, vertical
from gallery.studies.motifs import Point
from gallery.studies.noise import fractal
from gallery.studies.surface import vignette, weave
from gallery.studies.work import work

OUTLINE = "#1c2018"


def _enamelled(rng: np.random.Generator, canvas: Canvas) -> Image.Image:
    """Patient smooth paint on board."""
    canvas.multiply(1 + 0.08 * (fractal(rng, canvas.size, 60, octaves=4) - 0.5))
    return weave(rng, vignette(canvas.image, start=0.45, depth=0.2), depth=0.14)


def _leaf(
    canvas: Canvas, root: Point, tip: Point, width: float, tone: str | tuple, *, veins: bool = True
) -> None:
    """One leaf with a light half, a dark half and its veins; width in short sides."""
    a, b = np.array(root) * canvas.size, np.array(tip) * canvas.size
    along = b - a
    side = np.array([-along[1], along[0]]) / max(1.0, float(np.hypot(*along))) * width * canvas.short_px
    bow = side * 0.35
    left = [a, a + along * 0.3 + side * 0.85, a + along * 0.6 + side * 0.8, b]
    right = [a, a + along * 0.3 - side * 0.85, a + along * 0.6 - side * 0.8, b]
    spine = curve([a, a + along * 0.5 + bow * 0.2, b])
    upper, lower = curve(left), curve(right)
    canvas.polygon(np.vstack([upper, lower[::-1]]) / canvas.scale, mix(tone, "#06140c", 0.4))
    canvas.polygon(np.vstack([upper, spine[::-1]]) / canvas.scale, tone)
    canvas.ribbon(spine / canvas.scale, mix(tone, "#f0f4b0", 0.45), np.linspace(3, 0.6, len(spine)))
    if veins:
        starts = [a + along * share for share in np.linspace(0.2, 0.8, 5)]
        ends = [(start, start + along * 0.13 + side * way * 0.5) for start in starts for way in (1, -1)]
        lines = [canvas.outline(np.array(pair) / canvas.scale, 1.2) for pair in ends]
        canvas.polygons(lines, mix(tone, "#f0f4b0", 0.3))


def _palm(canvas: Canvas, rng: np.random.Generator, root: Point, reach: float, tone: str | tuple) -> None:
    """A fan of blades."""
    wide, tall = canvas.radii(reach)
    for turn in np.linspace(-2.9, -0.24, 11):
        tip = (root[0] + math.cos(turn) * wide, root[1] + math.sin(turn) * tall + 0.02)
        _leaf(canvas, root, tip, 0.022, near(rng, tone, 8), veins=False)


def _fern(canvas: Canvas, rng: np.random.Generator, root: Point, tip: Point, tone: str | tuple) -> None:
    """A curved rib with leaflets on both sides."""
    rib = curve(
        [root, ((root[0] + tip[0]) / 2 + (root[1] - tip[1]) * 0.12, (root[1] + tip[1]) / 2), tip], steps=8
    )
    for order in range(2, len(rib) - 1):
        share = order / len(rib)
        along = (rib[order] - rib[order - 1]) * canvas.scale
        along /= np.hypot(*along)
        long = 0.09 * (1 - share * 0.75) * canvas.short_px
        for way in (1, -1):
            side = np.array([-along[1], along[0]]) * way
            end = rib[order] + (side * 0.85 + along * 0.5) * long / canvas.scale
            _leaf(canvas, tuple(rib[order]), tuple(end), 0.012, tone, veins=False)
    canvas.ribbon(rib, mix(tone, "#f0f4b0", 0.3), np.linspace(4, 1, len(rib)))


def jungle(
    rng: np.random.Generator,
    size: Size,
    *,
    air: Stops,
    greens: tuple[str, ...],
    flower: str,
    beast: str,
    light: str,
) -> Image.Image:
    """Layers of leaves like theatre wings; eyes between them; a round light above."""
    canvas = Canvas(size, vertical(size, air))
    canvas.disc((0.68, 0.18), 0.1, light)
    for layer, blend in enumerate((0.55, 0.3, 0.0)):
        base = 0.5 + 0.16 * layer
        for x in np.linspace(-0.02, 1.02, 9) + rng.normal(0, 0.03, 9):
            if layer == 2 and abs(x - 0.42) < 0.17:  # leave the animal its face
                continue
            tone = mix(greens[int(rng.integers(len(greens)))], air[1][1], blend)
            kind, tall = int(rng.integers(3)), rng.uniform(0.22, 0.42) * (1.1 - 0.25 * layer)
            if kind == 0:
                canvas.ribbon(
                    curve([(x, base + 0.2), (x + 0.02, base), (x, base - tall * 0.6)]),
                    mix("#4c3c28", air[1][1], blend),
                    [13, *[9] * 23, 7],
                )
                _palm(canvas, rng, (x, base - tall * 0.6), 0.16, tone)
            elif kind == 1:
                for turn in np.linspace(-0.5, 0.5, 5):
                    _leaf(
                        canvas,
                        (x, base + 0.14),
                        (x + turn * tall * 0.9, base - tall * (0.85 - 0.5 * abs(turn))),
                        0.045,
                        near(rng, tone, 8),
                    )
            else:
                for turn in (-0.22, 0.0, 0.24):
                    _fern(canvas, rng, (x, base + 0.12), (x + turn, base - tall * 0.8), near(rng, tone, 8))
        if layer == 1:
            BEASTS[beast](canvas, rng, (0.42, 0.66))
    for _ in range(26):
        x, tall = rng.uniform(0, 1), rng.uniform(0.1, 0.26)
        _leaf(canvas, (x, 1.03), (x + rng.normal(0, 0.09), 1 - tall), 0.03, near(rng, greens[0], 10))
    for x, y in rng.uniform((0.04, 0.45), (0.96, 0.93), (12, 2)):
        if abs(x - 0.42) < 0.18 and y < 0.84:
            continue
        _daisy(canvas, rng, (x, y), rng.uniform(0.03, 0.05), flower)
    return _enamelled(rng, canvas)


def _daisy(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float, tone: str) -> None:
    wide, tall = canvas.radii(reach)
    canvas.ribbon([spot, (spot[0] + rng.normal(0, 0.02), spot[1] + 0.14)], "#3c5c2c", 3)
    for k in range(9):
        turn = k * 2 * math.pi / 9
        petal = oval(
            (spot[0] + math.cos(turn) * wide * 0.62, spot[1] + math.sin(turn) * tall * 0.62),
            (wide * 0.42, tall * 0.2),
            turn=turn,
        )
        canvas.polygon(petal, near(rng, tone, 7))
    canvas.disc(spot, reach * 0.3, "#f0c030")


def _cat(canvas: Canvas, rng: np.random.Generator, spot: Point) -> None:
    """A great cat looking out, more surprised than wild."""
    fur = "#d8913c"
    wide, tall = canvas.radii(0.15)

    def at(points: Points) -> np.ndarray:
        return np.array([(spot[0] + x * wide, spot[1] + y * tall) for x, y in points])

    body = curve(
        at([(0.2, 0.2), (1.0, -0.25), (2.0, -0.1), (2.3, 0.6), (2.1, 1.3), (0.1, 1.4), (-0.4, 1.0)]),
        closed=True,
    )
    canvas.polygon(body, mix(fur, "#3c1c08", 0.15))
    for k in range(8):
        x = 0.5 + 0.22 * k
        canvas.ribbon(at([(x, -0.12), (x + 0.1, 0.2), (x - 0.02, 0.5)]), OUTLINE, [3, 11, 2])
    for side in (-1, 1):
        canvas.polygon(
            curve(at([(side * 0.5, -0.62), (side * 0.92, -1.02), (side * 0.9, -0.4)]), steps=5, closed=True),
            fur,
        )
        canvas.polygon(at([(side * 0.6, -0.62), (side * 0.82, -0.85), (side * 0.8, -0.48)]), "#e8b8a0")
    canvas.polygon(oval(spot, (wide, tall * 0.92)), fur)
    canvas.polygon(at(oval((0, 0.42), (0.58, 0.4))), "#f4e4c4")
    for side in (-1, 1):
        canvas.polygon(at(oval((side * 0.42, -0.12), (0.24, 0.22))), "#f4ecd0")
        canvas.polygon(at(oval((side * 0.42, -0.12), (0.19, 0.2))), "#a8b82c")
        canvas.polygon(at(oval((side * 0.42, -0.12), (0.07, 0.17))), OUTLINE)
        for k in range(3):
            canvas.ribbon(
                at(
                    [
                        (side * (0.3 + 0.24 * k), -0.86 + 0.14 * k),
                        (side * (0.24 + 0.24 * k), -0.55 + 0.13 * k),
                    ]
                ),
                OUTLINE,
                [7, 2],
            )
            canvas.ribbon(at([(side * 0.3, 0.42 + 0.08 * k), (side * 1.25, 0.3 + 0.18 * k)]), "#fffaf0", 1.6)
        canvas.ribbon(curve(at([(0, 0.4), (side * 0.16, 0.56), (side * 0.34, 0.5)])), OUTLINE, 3)
    canvas.polygon(curve(at([(-0.2, 0.2), (0.2, 0.2), (0, 0.4)]), steps=5, closed=True), "#8c3c34")


def _bird(canvas: Canvas, rng: np.random.Generator, spot: Point) -> None:
    """A big bird of paradise on a branch."""
    wide, tall = canvas.radii(0.16)

    def at(points: Points) -> np.ndarray:
        return np.array([(spot[0] + x * wide, spot[1] + y * tall) for x, y in points])

    canvas.ribbon(curve(at([(-2.6, 0.9), (0, 0.72), (2.8, 1.0)])), "#4c3420", 15)
    for order, tone in enumerate(("#c8302c", "#e8a02c", "#2c6cb0", "#3c9c5c", "#c8302c")):
        tail = curve(at([(0.4, 0.3), (1.2, 0.6 + 0.16 * order), (1.9, 1.2 + 0.2 * order)]))
        canvas.ribbon(tail, tone, np.linspace(10, 24, len(tail)))
    canvas.polygon(
        curve(
            at([(-0.5, -0.5), (0.1, -0.42), (0.7, 0.2), (0.5, 0.66), (-0.1, 0.72), (-0.62, 0.3)]), closed=True
        ),
        "#c8302c",
    )
    canvas.polygon(curve(at([(-0.1, -0.1), (0.5, 0.1), (0.95, 0.62), (0.2, 0.5)]), closed=True), "#2c6cb0")
    for k in range(5):
        canvas.ribbon(
            curve(at([(0.0 + 0.1 * k, 0.08 + 0.05 * k), (0.4 + 0.1 * k, 0.2 + 0.08 * k)])), "#f0c040", 2.5
        )
    canvas.polygon(at(oval((-0.5, -0.6), (0.36, 0.36))), "#e8a02c")
    canvas.polygon(
        curve(at([(-0.78, -0.72), (-1.12, -0.6), (-1.06, -0.36), (-0.8, -0.5)]), steps=6, closed=True),
        "#2c2a28",
    )
    canvas.polygon(at(oval((-0.55, -0.66), (0.1, 0.1))), "#fffaf0")
    canvas.polygon(at(oval((-0.56, -0.66), (0.05, 0.05))), OUTLINE)


BEASTS = {"cat": _cat, "bird": _bird}


def village(
    rng: np.random.Generator,
    size: Size,
    *,
    air: Stops,
    fields: tuple[str, ...],
    roofs: tuple[str, ...],
    season: str,
) -> Image.Image:
    """Hills like quilts, small houses each with its smoke, everybody out on the road."""
    canvas = Canvas(size, vertical(size, air))
    canvas.disc((0.2, 0.13), 0.06, "#f8f0d0" if season == "winter" else "#f8d850")
    for x, y in [(0.5, 0.1), (0.78, 0.16)]:
        canvas.polygons(
            [oval((x + d, y), canvas.radii(r)) for d, r in [(-0.04, 0.026), (0, 0.038), (0.045, 0.028)]],
            "#f8f4ea",
        )
    x = np.linspace(-0.02, 1.02, 70)
    for order, base in enumerate(np.linspace(0.3, 0.86, 7)):
        crest = base + 0.05 * np.sin(x * (4 + order % 3) + order * 2.1) - 0.01
        hill = np.vstack([np.stack([x, crest], axis=1), [(1.02, 1.02), (-0.02, 1.02)]])
        tone = fields[order % len(fields)]
        canvas.polygon(hill, tone)
        _rows(canvas, rng, x, crest, tone, order)
        for spot in np.sort(rng.uniform(0.03, 0.97, 6 - order // 3)):
            foot = (float(spot), float(np.interp(spot, x, crest)) + 0.015)
            if rng.random() < 0.5:
                _tree(canvas, rng, foot, 0.05 + 0.035 * order / 3, season)
            else:
                _house(canvas, rng, foot, 0.022 + 0.006 * order, roofs, season)
    road = curve([(0.42, 1.03), (0.56, 0.9), (0.38, 0.78), (0.6, 0.64), (0.46, 0.52), (0.53, 0.42)], steps=10)
    canvas.ribbon(
        road,
        "#f0ece2" if season == "winter" else "#e0c490",
        np.linspace(0.085, 0.012, len(road)) * canvas.short_px,
    )
    for share in np.linspace(0.05, 0.85, 11):
        spot = road[int(share * (len(road) - 1))]
        _person(
            canvas, rng, (float(spot[0] + rng.normal(0, 0.012)), float(spot[1])), 0.062 * (1 - share) + 0.014
        )
    if season == "winter":
        for _ in range(380):
            canvas.disc((rng.random(), rng.random()), rng.uniform(0.0014, 0.0036), "#ffffff")
    return _enamelled(rng, canvas)


def _rows(
    canvas: Canvas, rng: np.random.Generator, x: np.ndarray, crest: np.ndarray, tone: str, order: int
) -> None:
    """Field stitches: rows of dots or lines below a crest."""
    stitch = mix(tone, "#1c3018" if order % 2 else "#fff8d8", 0.3)
    for row in range(1, 5):
        y = crest + row * 0.022
        if order % 3 == 0:
            canvas.ribbon(np.stack([x, y], axis=1), stitch, 2)
        else:
            spots = np.linspace(0, 1, 46) + rng.normal(0, 0.003, 46)
            shapes = [oval((float(s), float(np.interp(s, x, y))), canvas.radii(0.0045)) for s in spots]
            canvas.polygons(shapes, stitch)


def _tree(canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, season: str) -> None:
    wide = tall * canvas.size[1] / canvas.size[0]
    x, y = foot
    canvas.ribbon([(x, y), (x, y - tall * 0.6)], "#5c3c24", max(2, tall * 60))
    leaf = {"winter": "#dfe8ea", "summer": "#3c7c34", "autumn": "#d8842c"}[season]
    canvas.polygon(oval((x, y - tall * 0.85), (wide * 0.42, tall * 0.5)), near(rng, leaf, 9))
    shapes = [
        oval(
            (x + rng.normal(0, wide * 0.17), y - tall * 0.85 + rng.normal(0, tall * 0.2)), canvas.radii(0.006)
        )
        for _ in range(22)
    ]
    canvas.polygons(shapes[:11], mix(leaf, "#fff8c0", 0.4))
    canvas.polygons(shapes[11:16], "#c8302c" if season != "winter" else "#a8b8c0")


def _house(
    canvas: Canvas, rng: np.random.Generator, foot: Point, half: float, roofs: tuple[str, ...], season: str
) -> None:
    tall = half * canvas.size[0] / canvas.size[1]
    x, y = foot
    wall = ("#f8f0dc", "#f0d8c0", "#d8e0e0", "#f4e4a8")[int(rng.integers(4))]
    canvas.polygon(box(x - half, y - tall * 1.2, x + half, y), wall)
    roof = "#f4f4f0" if season == "winter" else roofs[int(rng.integers(len(roofs)))]
    canvas.polygon(
        [
            (x - half * 1.25, y - tall * 1.15),
            (x - half * 0.7, y - tall * 2.1),
            (x + half * 0.7, y - tall * 2.1),
            (x + half * 1.25, y - tall * 1.15),
        ],
        roof,
    )
    canvas.polygon(box(x + half * 0.3, y - tall * 2.4, x + half * 0.55, y - tall * 1.9), "#a8583c")
    smoke = curve(
        [
            (x + half * 0.42, y - tall * 2.4),
            (x + half * 0.7, y - tall * 2.9),
            (x + half * 0.3, y - tall * 3.4),
            (x + half * 0.9, y - tall * 3.9),
        ]
    )
    canvas.ribbon(smoke, "#f4f0e8", np.linspace(2, 7, len(smoke)), opacity=0.75)
    for column in (-0.55, 0.3):
        canvas.polygon(
            box(x + half * column, y - tall * 0.95, x + half * (column + 0.28), y - tall * 0.55),
            "#3c5c7c" if season != "winter" else "#f0c040",
        )
    canvas.polygon(box(x - half * 0.14, y - tall * 0.62, x + half * 0.16, y), "#8c3c2c")


def _person(canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float) -> None:
    wide = tall * canvas.size[1] / canvas.size[0]
    x, y = foot
    tone = ("#c8302c", "#2c5c9c", "#3c3c44", "#d8a02c", "#6c3c7c")[int(rng.integers(5))]
    canvas.polygon(
        [
            (x - wide * 0.24, y),
            (x - wide * 0.1, y - tall * 0.72),
            (x + wide * 0.1, y - tall * 0.72),
            (x + wide * 0.24, y),
        ],
        tone,
    )
    canvas.polygon(oval((x, y - tall * 0.84), (wide * 0.13, tall * 0.13)), "#e8b890")
    canvas.polygon(box(x - wide * 0.15, y - tall * 1.0, x + wide * 0.15, y - tall * 0.9), "#2c2420")


def bouquet(
    rng: np.random.Generator,
    size: Size,
    *,
    wall: str,
    cloth: tuple[str, str],
    flowers: tuple[str, ...],
    vase: str,
) -> Image.Image:
    """Flowers arranged like a choir, a patterned cloth, two birds listening."""
    canvas = Canvas(size, wall)
    for row in range(13):
        for column in range(10):
            spot = (0.05 + 0.1 * column + 0.05 * (row % 2), 0.03 + 0.06 * row)
            canvas.disc(spot, 0.006, mix(wall, "#ffffff", 0.4))
    canvas.polygon(box(-0.01, 0.78, 1.01, 1.01), cloth[0])
    for column in range(12):
        for row in range(3):
            x, y = 0.02 + 0.087 * column, 0.83 + 0.065 * row
            wide, tall = canvas.radii(0.022)
            canvas.polygon([(x, y - tall), (x + wide, y), (x, y + tall), (x - wide, y)], cloth[1])
    middle = (0.5, 0.7)
    heads = [(0.5, 0.15, 0.1)]
    for side in (-1, 1):
        heads += [
            (0.5 + side * d, y, r)
            for d, y, r in [
                (0.19, 0.2, 0.08),
                (0.33, 0.32, 0.085),
                (0.14, 0.36, 0.085),
                (0.3, 0.5, 0.07),
                (0.4, 0.16, 0.05),
            ]
        ]
    for x, y, _ in heads:
        canvas.ribbon(curve([middle, ((x + 0.5) / 2, (y + middle[1]) / 2 + 0.02), (x, y)]), "#3c6c34", 5)
        for way in (-1, 1):
            spot = (0.5 + (x - 0.5) * 0.55, middle[1] + (y - middle[1]) * 0.55)
            _leaf(canvas, spot, (spot[0] + way * 0.09, spot[1] - 0.05), 0.022, "#4c8c3c", veins=False)
    for order, (x, y, reach) in enumerate(heads):
        _folk_flower(
            canvas,
            (x, y),
            reach,
            flowers[(order + 1) // 2 % len(flowers)],
            flowers[(order + 3) // 2 % len(flowers)],
            order,
        )
    body = curve(
        [(0.4, 0.66), (0.34, 0.76), (0.38, 0.88), (0.5, 0.9), (0.62, 0.88), (0.66, 0.76), (0.6, 0.66)]
    )
    canvas.polygon(body, vase)
    for k in range(6):
        canvas.disc((0.385 + 0.046 * k, 0.77), 0.017, flowers[k % len(flowers)])
        canvas.disc((0.385 + 0.046 * k, 0.77), 0.007, "#fff8e0")
    canvas.ribbon([(0.36, 0.82), (0.64, 0.82)], "#fff8e0", 4)
    for side in (-1, 1):
        _folk_bird(canvas, (0.5 + side * 0.34, 0.8), side, flowers)
    return _enamelled(rng, canvas)


def _folk_flower(canvas: Canvas, spot: Point, reach: float, tone: str, second: str, order: int) -> None:
    petals = 8 + 2 * (order % 3)
    for share, fill in [(1.0, tone), (0.66, mix(tone, "#fff8e0", 0.4)), (0.42, second)]:
        wide, tall = canvas.radii(reach * share)
        shapes = []
        for k in range(petals):
            turn = k * 2 * math.pi / petals + share
            shapes.append(
                oval(
                    (spot[0] + math.cos(turn) * wide * 0.62, spot[1] + math.sin(turn) * tall * 0.62),
                    (wide * 0.4, tall * 0.26),
                    turn=turn,
                )
            )
        canvas.polygons(shapes, fill)
    canvas.disc(spot, reach * 0.2, "#f8d850")
    canvas.disc(spot, reach * 0.09, "#8c4c1c")


def _folk_bird(canvas: Canvas, spot: Point, side: int, tones: tuple[str, ...]) -> None:
    wide, tall = canvas.radii(0.075)

    def at(points: Points) -> np.ndarray:
        return np.array([(spot[0] - side * x * wide, spot[1] + y * tall) for x, y in points])

    canvas.polygon(
        curve(
            at(
                [
                    (-1.3, -0.5),
                    (-0.6, -0.1),
                    (0.1, -0.4),
                    (0.5, -0.75),
                    (0.9, -0.6),
                    (0.85, -0.1),
                    (0.4, 0.42),
                    (-0.3, 0.42),
                    (-0.9, 0.1),
                ]
            ),
            closed=True,
        ),
        tones[0],
    )
    canvas.polygon(curve(at([(-0.8, -0.06), (-0.1, -0.2), (0.3, 0.1), (-0.2, 0.24)]), closed=True), tones[1])
    canvas.polygon(at([(0.88, -0.5), (1.15, -0.38), (0.86, -0.3)]), "#e8a02c")
    canvas.polygon(at(oval((0.68, -0.48), (0.08, 0.08))), "#fffaf0")
    canvas.polygon(at(oval((0.69, -0.48), (0.04, 0.04))), OUTLINE)
    for x in (-0.1, 0.2):
        canvas.ribbon(at([(x, 0.4), (x + 0.05, 0.75)]), "#8c4c1c", 2.5)


def harbour(
    rng: np.random.Generator, size: Size, *, air: Stops, sea: tuple[str, str], walls: tuple[str, ...]
) -> Image.Image:
    """Boats all seen from the side, houses all from the front, a lighthouse for order."""
    canvas = Canvas(size, vertical(size, air))
    x0 = -0.01
    while x0 < 1:
        wide, tall = rng.uniform(0.07, 0.12), rng.uniform(0.16, 0.3)
        _front(canvas, rng, (x0, 0.5), wide, tall, walls)
        x0 += wide + 0.004
    canvas.polygon(box(-0.01, 0.5, 1.01, 0.54), "#a89878")
    canvas.polygon(box(-0.01, 0.54, 1.01, 1.01), sea[0])
    for row in range(17):
        y = 0.555 + row * 0.027
        shapes = []
        for k in range(26):
            x = k / 25 + 0.02 * (row % 2)
            line = np.stack(
                [x + np.linspace(-0.014, 0.014, 9), y - 0.006 * np.sin(np.linspace(0, math.pi, 9))], axis=1
            )
            shapes.append(canvas.outline(line, 2.2))
        canvas.polygons(shapes, sea[1])
    _lighthouse(canvas, (0.87, 0.66))
    for x, y, reach in [
        (0.2, 0.64, 0.07),
        (0.52, 0.68, 0.08),
        (0.32, 0.8, 0.11),
        (0.7, 0.86, 0.13),
        (0.12, 0.93, 0.1),
    ]:
        _boat(canvas, rng, (x + rng.normal(0, 0.02), y), reach)
    for _ in range(11):
        x, y, r = rng.uniform(0.05, 0.95), rng.uniform(0.04, 0.24), rng.uniform(0.01, 0.018)
        canvas.ribbon(
            curve(
                [
                    (x - r, y - r * 0.5),
                    (x - r * 0.4, y - r * 0.7),
                    (x, y),
                    (x + r * 0.4, y - r * 0.7),
                    (x + r, y - r * 0.5),
                ]
            ),
            "#fffaf0",
            2.6,
        )
    return _enamelled(rng, canvas)


def _front(
    canvas: Canvas, rng: np.random.Generator, corner: Point, wide: float, tall: float, walls: tuple[str, ...]
) -> None:
    x, y = corner
    wall = near(rng, walls[int(rng.integers(len(walls)))], 5)
    canvas.polygon(box(x, y - tall, x + wide, y), wall)
    canvas.polygon(
        [(x - 0.006, y - tall), (x + wide / 2, y - tall - 0.07), (x + wide + 0.006, y - tall)],
        mix("#a84c34", wall, 0.15),
    )
    for row in np.arange(y - tall + 0.035, y - 0.06, 0.06):
        for column in np.linspace(0.16, 0.64, 3):
            left = x + wide * column
            canvas.polygon(box(left - 0.002, row - 0.003, left + wide * 0.2 + 0.002, row + 0.036), "#fffaf0")
            canvas.polygon(
                box(left, row, left + wide * 0.2, row + 0.033),
                "#34506c" if rng.random() < 0.75 else "#f4d060",
            )
    canvas.polygon(box(x + wide * 0.4, y - 0.05, x + wide * 0.6, y), "#4c3428")


def _lighthouse(canvas: Canvas, foot: Point) -> None:
    x, y = foot
    canvas.polygon(
        curve(
            [
                (x - 0.13, y + 0.03),
                (x - 0.06, y - 0.03),
                (x + 0.05, y - 0.035),
                (x + 0.14, y + 0.03),
                (x, y + 0.05),
            ],
            closed=True,
        ),
        "#8c8478",
    )
    for k in range(6):
        top, bottom = 1 - k / 6, 1 - (k + 1) / 6
        canvas.polygon(
            [
                (x - 0.022 - 0.016 * top, y - 0.4 * (1 - top)),
                (x + 0.022 + 0.016 * top, y - 0.4 * (1 - top)),
                (x + 0.022 + 0.016 * bottom, y - 0.4 * (1 - bottom)),
                (x - 0.022 - 0.016 * bottom, y - 0.4 * (1 - bottom)),
            ],
            "#c8302c" if k % 2 == 0 else "#fffaf0",
        )
    canvas.polygon(box(x - 0.02, y - 0.46, x + 0.02, y - 0.4), "#f8d850")
    canvas.polygon([(x - 0.03, y - 0.46), (x, y - 0.5), (x + 0.03, y - 0.46)], "#c8302c")


def _boat(canvas: Canvas, rng: np.random.Generator, foot: Point, reach: float) -> None:
    wide, tall = canvas.radii(reach)
    x, y = foot
    tone = ("#c8302c", "#2c6c5c", "#e8b02c", "#2c4c8c")[int(rng.integers(4))]
    canvas.ribbon([(x, y), (x, y - tall * 1.7)], "#4c3428", 4)
    canvas.polygon(
        [
            (x - wide * 0.05, y - tall * 1.65),
            (x - wide * 0.8, y - tall * 0.3),
            (x - wide * 0.05, y - tall * 0.3),
        ],
        "#fffaf0",
    )
    canvas.polygon(
        [
            (x + wide * 0.06, y - tall * 1.5),
            (x + wide * 0.7, y - tall * 0.3),
            (x + wide * 0.06, y - tall * 0.3),
        ],
        mix(tone, "#fffaf0", 0.35),
    )
    canvas.polygon([(x, y - tall * 1.7), (x + wide * 0.24, y - tall * 1.62), (x, y - tall * 1.54)], tone)
    canvas.polygon(
        curve(
            [
                (x - wide, y - tall * 0.22),
                (x - wide * 0.7, y + tall * 0.2),
                (x + wide * 0.7, y + tall * 0.2),
                (x + wide, y - tall * 0.22),
            ]
        ),
        tone,
    )
    canvas.ribbon([(x - wide * 0.93, y - tall * 0.1), (x + wide * 0.93, y - tall * 0.1)], "#fffaf0", 3)
    for k in (-0.4, 0.0, 0.4):
        canvas.disc((x + k * wide, y + tall * 0.06), reach * 0.07, "#fffaf0")


NIGHT: Stops = [(0, "#1c3450"), (0.5, "#3c6474"), (1, "#6c9484")]
DAY: Stops = [(0, "#6cb0d8"), (0.5, "#a8d4e0"), (1, "#e8ecc8")]
SUNSET: Stops = [(0, "#4c5c94"), (0.4, "#d88c7c"), (1, "#f8d890")]
WINTER: Stops = [(0, "#5c7c94"), (0.5, "#a0b4bc"), (1, "#dce0dc")]
GREENS = ("#2c6c3c", "#4c8c3c", "#1c5448", "#7ca044", "#3c7c5c")
BLUE_GREENS = ("#1c5c5c", "#2c7c6c", "#3c6c8c", "#5c9c7c")
WALLS = ("#e8c870", "#e8a088", "#d8dcd0", "#8cb0b8", "#c87860", "#f0e4c8")

WORKS = (
    work(
        "Cat in the moonlit leaves",
        jungle,
        (900, 720),
        air=NIGHT,
        greens=GREENS,
        flower="#f0a8b8",
        beast="cat",
        light="#f8f4dc",
    ),
    work(
        "Quilted hills in summer",
        village,
        (860, 820),
        air=DAY,
        fields=("#a8c864", "#d8c85c", "#7cac4c", "#e0b454", "#5c9444"),
        roofs=("#c84c34", "#a8583c", "#3c5c7c"),
        season="summer",
    ),
    work(
        "Flowers like a choir",
        bouquet,
        (700, 900),
        wall="#3c6c8c",
        cloth=("#c8402c", "#f0c858"),
        flowers=("#e85c3c", "#f4f0e0", "#f0b430", "#e88ca8"),
        vase="#f0e4c8",
    ),
    work(
        "Harbour with everything in it", harbour, (940, 700), air=DAY, sea=("#3c7ca0", "#a8d4dc"), walls=WALLS
    ),
    work(
        "Red bird, red sun",
        jungle,
        (720, 900),
        air=SUNSET,
        greens=GREENS,
        flower="#f4e8d0",
        beast="bird",
        light="#e8482c",
    ),
    work(
        "Snow over the village",
        village,
        (920, 680),
        air=WINTER,
        fields=("#e6eef2", "#c4d4e0", "#f4f6f4", "#b0c4d4"),
        roofs=("#a84c3c",),
        season="winter",
    ),
    work(
        "Black ground, bright bouquet",
        bouquet,
        (760, 880),
        wall="#20242c",
        cloth=("#2c5c4c", "#e8c860"),
        flowers=("#c8302c", "#e8a02c", "#5c8cc8", "#f0e8d8"),
        vase="#c86c3c",
    ),
    work(
        "Blue jungle",
        jungle,
        (820, 840),
        air=[(0, "#14284c"), (0.5, "#2c4c70"), (1, "#5c7c94")],
        greens=BLUE_GREENS,
        flower="#f0d860",
        beast="cat",
        light="#e8f0f0",
    ),
    work(
        "Harvest on seven hills",
        village,
        (720, 900),
        air=SUNSET,
        fields=("#d8a83c", "#c8783c", "#e8c860", "#a8843c", "#b85c34"),
        roofs=("#8c3c2c", "#4c4c5c"),
        season="autumn",
    ),
    work(
        "Evening in the pink port",
        harbour,
        (900, 760),
        air=SUNSET,
        sea=("#4c5c84", "#e0a894"),
        walls=("#f0b8a0", "#e8c890", "#d8889c", "#f4e0cc"),
    ),
    work(
        "Bird of the white moon",
        jungle,
        (900, 660),
        air=NIGHT,
        greens=BLUE_GREENS,
        flower="#e88c6c",
        beast="bird",
        light="#f8f4e0",
    ),
    work(
        "Yellow wall, two birds",
        bouquet,
        (660, 920),
        wall="#e8b848",
        cloth=("#34648c", "#f4ecd8"),
        flowers=("#c83c5c", "#f8f0e0", "#6c4c9c", "#e8702c"),
        vase="#3c7c6c",
    ),
)
