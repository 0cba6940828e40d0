"""Baroque: light out of the dark. Tables with fruit and candles, flowers, quiet rooms, storms."""

import math
from itertools import pairwise

import numpy as np
from PIL import Image, ImageOps

from gallery.studies import still_life as table
from gallery.studies.brush import Brushwork, along_edges, drifting
from gallery.studies.canvas import Canvas, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, near, plane, vertical
from gallery.studies.motifs import branches, clouds, crown, folds, ridge
from gallery.studies.noise import fractal, smoothstep
from gallery.studies.surface import cracked, enhance, varnish, vignette
from gallery.studies.work import work

ROSE: Stops = [(0, "#1d0708"), (0.3, "#7a2430"), (0.65, "#d47a72"), (1, "#ffe3d0")]
WHITE: Stops = [(0, "#14120e"), (0.3, "#8a8068"), (0.65, "#ded3b4"), (1, "#fffbea")]
GOLD: Stops = [(0, "#1a0f02"), (0.3, "#8a4c0c"), (0.65, "#e09a2c"), (1, "#ffe9a0")]
VIOLET: Stops = [(0, "#0c0814"), (0.3, "#3d2a58"), (0.65, "#8a74a8"), (1, "#e0d2ea")]


def _finished(
    rng: np.random.Generator, canvas: Canvas, *, centre: tuple[float, float], depth: float
) -> Image.Image:
    """Worked over with a fine brush, darkened at the edges, varnished and cracked by age."""
    image = vignette(canvas.image, centre=centre, start=0.28, depth=depth)
    brush = Brushwork(image)
    flow = along_edges(image, drifting(rng, canvas.size, cell_px=120, turn=1.5))
    brush.cover(
        image, rng, length_px=26, width_px=8, flow=flow, step_px=10, jitter=3, tint=1.6, dry=0.5, blur_px=1
    )
    soft = Image.blend(brush.finish(relief=0.25), image, 0.45)
    return cracked(rng, varnish(enhance(soft, contrast=1.08), strength=0.35), depth=0.09)


def _wall(rng: np.random.Generator, size: Size, dark: str, lit: str) -> Image.Image:
    """A dim wall with a shaft of light falling across it from the upper left."""
    across, down = plane(size)
    shaft = np.exp(-(((down - 0.1 - across * 0.75) / 0.3) ** 2)) * (0.9 - 0.5 * across)
    value = shaft * 0.75 + (fractal(rng, size, 180) - 0.5) * 0.25
    return colourise(value, [(0, dark), (1, lit)])


def _cloth(canvas: Canvas, rng: np.random.Generator, edge: float, stops: Stops) -> None:
    """A table with its cloth: a lit top, and folds hanging down from the edge."""
    size = canvas.size
    rim = np.stack([np.linspace(-0.02, 1.02, 60), edge + 0.012 * np.sin(np.linspace(0, 9, 60))], axis=1)
    light = folds(rng, size, count=5, lean=0.1) * 0.62 + 0.05
    canvas.polygon(np.vstack([rim, [(1.02, 1.02), (-0.02, 1.02)]]), Shading(light, stops))
    across, down = plane(size)
    top = 0.72 - 0.42 * across + (fractal(rng, size, (200, 50)) - 0.5) * 0.3 + 0 * down
    canvas.polygon(np.vstack([rim, [(1.02, edge - 0.14), (-0.02, edge - 0.14)]]), Shading(top, stops))
    canvas.ribbon(rim, stops[-1][1], 3, soft_px=1.2, opacity=0.45)


def still_life(
    rng: np.random.Generator, size: Size, *, things: str, cloth: Stops, wall: tuple[str, str]
) -> Image.Image:
    """Fruit and vessels on a covered table, lit from the upper left."""
    canvas = Canvas(size, _wall(rng, size, *wall))
    edge = 0.84
    _cloth(canvas, rng, edge, cloth)
    ARRANGEMENTS[things](canvas, rng, edge - 0.06)
    return _finished(rng, canvas, centre=(0.42, 0.56), depth=0.72)


def _fruit_and_jug(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    table.jug(canvas, rng, (0.66, y - 0.03), 0.52, table.CLAY)
    table.plate(canvas, (0.36, y + 0.01), 0.26, table.PEWTER)
    for x, drop, stops in [(0.24, -0.07, table.PEACH), (0.46, -0.07, table.APPLE), (0.35, -0.1, table.PEAR)]:
        table.fruit(canvas, rng, (x, y + drop), 0.1, stops)
    table.grapes(canvas, rng, (0.37, y - 0.13), 0.25, table.GRAPE)
    table.fruit(canvas, rng, (0.86, y + 0.0), 0.075, table.LEMON, flat=0.8, stem=False)


def _bread_and_wine(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    table.bottle(
        canvas,
        rng,
        (0.25, y - 0.03),
        0.6,
        [(0, "#050604"), (0.5, "#1b2416"), (0.85, "#45512e"), (1, "#f4f4d6")],
    )
    table.plate(canvas, (0.55, y + 0.02), 0.24, table.PEWTER)
    table.fruit(canvas, rng, (0.52, y - 0.06), 0.16, table.BREAD, flat=0.6, gloss=0, stem=False)
    table.glass(canvas, (0.8, y + 0.03), 0.42, "#6d1420")
    table.fruit(canvas, rng, (0.36, y + 0.03), 0.06, table.LEMON, flat=0.85, stem=False)
    table.grapes(canvas, rng, (0.66, y - 0.09), 0.17, table.GREEN_GRAPE, count=26)


def _candle_and_books(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    table.book(canvas, (0.42, y + 0.05), 0.4, "#5a2418", thick=0.06)
    table.book(canvas, (0.47, y - 0.1), 0.33, "#2e3a2c", thick=0.05, turn=0.04)
    table.fruit(canvas, rng, (0.66, y - 0.27), 0.07, table.APPLE)
    table.candle(canvas, (0.27, y + 0.02), 0.66)
    table.fruit(
        canvas, rng, (0.14, y + 0.04), 0.05, [(0, "#150d06"), (0.5, "#6b4a24"), (1, "#e8c890")], stem=False
    )


def _lemons_and_glaze(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    table.jug(canvas, rng, (0.3, y - 0.02), 0.5, table.GLAZE, gloss=0.8)
    bowl: Stops = [(0, "#141008"), (0.4, "#6b6252"), (0.7, "#b9b09a"), (1, "#fffdf0")]
    for x, drop, stops in [(0.58, -0.16, table.LEMON), (0.76, -0.16, table.LEMON), (0.67, -0.2, table.PEACH)]:
        table.fruit(canvas, rng, (x, y + drop), 0.09, stops, flat=0.86, stem=False)
    table.vessel(canvas, (0.67, y + 0.03), 0.17, table.BOWL, bowl, gloss=0.5)
    table.fruit(canvas, rng, (0.46, y + 0.05), 0.08, table.LEMON, flat=0.84, stem=False)


def _copper_and_quinces(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    table.vessel(
        canvas, (0.34, y), 0.46, table.URN, table.BRASS, gloss=0.8, grain=fractal(rng, canvas.size, 50)
    )
    rim = oval((0.34, y - 0.46), (0.3 * 0.46 * canvas.size[1] / canvas.size[0], 0.022))
    canvas.polygon(rim, "#3a2208")
    for x, lift in [(0.29, 0.49), (0.38, 0.5), (0.335, 0.53)]:
        table.fruit(canvas, rng, (x, y - lift + 0.03), 0.062, table.PEACH)
    table.grapes(canvas, rng, (0.46, y - 0.46), 0.27, table.GREEN_GRAPE, count=56)
    table.glass(canvas, (0.76, y - 0.01), 0.36, "#8a6414")
    for x, drop, stops in [(0.53, -0.06, table.APPLE), (0.63, -0.02, table.PEAR), (0.89, -0.05, table.APPLE)]:
        table.fruit(canvas, rng, (x, y + drop), 0.078, stops)


ARRANGEMENTS = {
    "copper and quinces": _copper_and_quinces,
    "fruit and jug": _fruit_and_jug,
    "bread and wine": _bread_and_wine,
    "candle and books": _candle_and_books,
    "lemons and glaze": _lemons_and_glaze,
}


def bouquet(rng: np.random.Generator, size: Size, *, wall: tuple[str, str], vase: Stops) -> Image.Image:
    """Too many flowers in an urn, in front of the dark."""
    canvas = Canvas(size, _wall(rng, size, *wall))
    _cloth(canvas, rng, 0.9, [(0, "#070503"), (0.5, "#3a2b1c"), (1, "#8a6c48")])
    middle = (0.5, 0.42)
    for _ in range(44):  # leaves first, so that flowers lie over them
        turn, reach = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.44)
        tip = (middle[0] + math.cos(turn) * reach * 0.95, middle[1] + math.sin(turn) * reach * 0.85)
        leaf = curve([middle, ((middle[0] + tip[0]) / 2 + 0.03, (middle[1] + tip[1]) / 2), tip])
        widths = np.concatenate(
            [[2, 2], np.sin(np.linspace(0, math.pi, len(leaf) - 2)) * rng.uniform(16, 38)]
        )
        canvas.ribbon(leaf, near(rng, mix("#1c2814", "#5f6d36", rng.random() ** 2), 8), widths, soft_px=1)
    table.vessel(canvas, (0.5, 0.9), 0.27, table.URN, vase, gloss=0.6)
    for order in range(21):
        turn, reach = order * 2.4 + rng.normal(0, 0.2), 0.3 * math.sqrt(1 - order / 21) + 0.02
        spot = (middle[0] + math.cos(turn) * reach * 1.05, middle[1] + math.sin(turn) * reach * 0.95 + 0.02)
        stops = (ROSE, WHITE, GOLD, VIOLET, WHITE, ROSE)[int(rng.integers(6))]
        table.blossom(canvas, rng, spot, rng.uniform(0.055, 0.115), stops, petals=int(rng.integers(5, 9)))
    table.fruit(canvas, rng, (0.22, 0.9), 0.06, table.PEACH)
    return _finished(rng, canvas, centre=(0.44, 0.42), depth=0.66)


def room(rng: np.random.Generator, size: Size, *, tone: str, cloth: Stops) -> Image.Image:
    """A quiet room: a window on the left, light sliding along the wall, a table with a jug."""
    across, down = plane(size)
    fall = np.exp(-across * 1.5) * (1 - 0.35 * down) + (fractal(rng, size, 130) - 0.5) * 0.12
    canvas = Canvas(size, colourise(fall, [(0, "#120f0b"), (0.35, mix_code(tone, 0.55)), (1, tone)]))
    _floor(canvas, rng)
    _window(canvas)
    frame = box(0.56, 0.16, 0.84, 0.44)
    canvas.polygon(box(0.57, 0.18, 0.86, 0.47), "#0b0907", soft_px=8, opacity=0.6)
    canvas.polygon(frame, "#2a1c10")
    sea = clouds(rng, size, cell_px=(120, 60))
    canvas.polygon(box(0.585, 0.185, 0.815, 0.415), Shading(sea, [(0, "#3c4438"), (1, "#a49a78")]))
    canvas.polygon(box(0.585, 0.33, 0.815, 0.415), "#2c2a1c", soft_px=3)
    _carpet_table(canvas, rng, cloth)
    table.jug(canvas, rng, (0.5, 0.69), 0.26, table.GLAZE, gloss=0.7)
    table.fruit(canvas, rng, (0.64, 0.69), 0.045, table.PEACH)
    table.fruit(canvas, rng, (0.72, 0.7), 0.045, table.APPLE)
    canvas.glow("#ffe6b0", 0.3 * np.exp(-((distance(size, (0.05, 0.3)) / 0.45) ** 2)))
    return _finished(rng, canvas, centre=(0.36, 0.46), depth=0.6)


def mix_code(tone: str, share: float) -> str:
    """A darker code of a tone."""
    return table.mix_code(tone, "#000000", share)


def _floor(canvas: Canvas, rng: np.random.Generator) -> None:
    horizon, vanish = 0.82, (0.75, 0.45)
    canvas.polygon(box(0, horizon, 1, 1.01), "#2c241c")
    edges = np.linspace(-1.6, 2.4, 25)
    rows = horizon + (1.0 - horizon) * np.linspace(0, 1, 6) ** 1.3
    for row, (top, bottom) in enumerate(pairwise(rows)):
        for column in range(len(edges) - 1):
            if (row + column) % 2:
                continue
            corners = [
                (edges[column], top),
                (edges[column + 1], top),
                (edges[column + 1], bottom),
                (edges[column], bottom),
            ]
            tile = [(vanish[0] + (x - vanish[0]) * (y - vanish[1]) / (1 - vanish[1]), y) for x, y in corners]
            canvas.polygon(tile, near(rng, "#8a7a60", 6), opacity=0.8)


def _window(canvas: Canvas) -> None:
    canvas.polygon([(0, 0.08), (0.2, 0.16), (0.2, 0.58), (0, 0.66)], "#1c140c")
    glass = vertical(canvas.size, [(0, "#fffbe6"), (0.6, "#e9dfb8"), (1, "#b9a878")])
    for column in range(2):
        for row in range(4):
            left, right = 0.012 + column * 0.094, 0.092 + column * 0.094
            panes = [
                (x, _slant(x, (row + lift) / 4))
                for x, lift in [(left, 0.05), (right, 0.05), (right, 0.95), (left, 0.95)]
            ]
            canvas.polygon(panes, glass)


def _slant(x: float, share: float) -> float:
    top, bottom = 0.095 + 0.36 * x, 0.645 - 0.36 * x
    return top + (bottom - top) * share


def _carpet_table(canvas: Canvas, rng: np.random.Generator, cloth: Stops) -> None:
    size = canvas.size
    light = folds(rng, size, count=6, lean=0.3) * 0.75
    pattern = (np.sin(np.arange(size[0]) / 9)[None, :] * np.sin(np.arange(size[1]) / 9)[:, None] > 0.2) * 0.14
    fall = 1.05 - 0.55 * plane(size)[0]
    drape = curve([(0.3, 0.66), (0.28, 0.82), (0.3, 1.02)], steps=10)
    body = np.vstack([drape, [(1.02, 1.02), (1.02, 0.66)]])
    canvas.polygon(body, Shading((light + pattern) * fall, cloth))
    canvas.polygon(
        [(0.3, 0.68), (0.38, 0.63), (1.02, 0.63), (1.02, 0.7)], Shading((0.62 + pattern) * fall, cloth)
    )


def storm(
    rng: np.random.Generator, size: Size, *, sky: Stops, land: Stops, mirrored: bool = False
) -> Image.Image:
    """A wide land under a heavy sky, one shaft of sun on the fields."""
    across, down = plane(size)
    cover = clouds(rng, size, cell_px=(330, 150), cover=0.62)
    lit = np.exp(-(((across - 0.62) / 0.28) ** 2) - ((down - 0.42) / 0.25) ** 2)
    value = (1 - cover) * 0.55 + lit * 0.5 + (1 - down) * 0.05
    canvas = Canvas(size, colourise(value, sky))
    for layer, base in enumerate((0.62, 0.68, 0.76, 0.86)):
        patch = smoothstep(0.5, 0.75, fractal(rng, size, (300, 26), octaves=3)) * np.exp(
            -(((across - 0.55) / 0.3) ** 2)
        )
        tone = 0.62 - 0.15 * layer + patch * 0.55 - 0.1 * fractal(rng, size, (60, 16))
        canvas.polygon(ridge(rng, base, 0.03 + 0.012 * layer), Shading(tone, land))
    for _ in range(3):
        spot = rng.uniform(0.5, 0.95)
        crown(canvas, rng, (spot, 0.66), (0.035, 0.03), [(0, "#0b0d06"), (1, "#4e5228")], leaf_px=8)
    branches(canvas, rng, (0.18, 0.97), 0.2, "#120c06", width_px=30, depth=5)
    for x, y, r in [(0.12, 0.5, 0.13), (0.25, 0.42, 0.14), (0.2, 0.58, 0.12), (0.08, 0.38, 0.1)]:
        crown(
            canvas, rng, (x, y), (r, r * 0.8), [(0, "#070904"), (0.5, "#20260f"), (1, "#75703a")], leaf_px=14
        )
    if mirrored:
        canvas.image = ImageOps.mirror(canvas.image)
    return _finished(rng, canvas, centre=(0.42 if mirrored else 0.58, 0.5), depth=0.6)


def nave(rng: np.random.Generator, size: Size, *, stone: Stops) -> Image.Image:
    """A church: arches walking into the distance, sunlight on the pillars."""
    canvas = Canvas(
        size, colourise(0.5 + 0.3 * (0.5 - plane(size)[1]) + 0.1 * fractal(rng, size, 140), stone)
    )
    vanish = np.array([0.58, 0.62])
    _paving(canvas, vanish, stone)
    canvas.glow("#fff0c8", np.exp(-((distance(size, (0.58, 0.56)) / 0.16) ** 2)) * 0.9)
    for depth in (0.16, 0.24, 0.36, 0.55, 0.85, 1.3):
        _bay(canvas, rng, vanish, depth, stone)
    shafts = np.clip(np.sin((plane(size)[0] * 2.2 - plane(size)[1] * 1.1) * 7), 0, 1) ** 3 * (
        1 - plane(size)[1]
    )
    canvas.glow("#ffe2a4", shafts * 0.22)
    return _finished(rng, canvas, centre=(0.55, 0.5), depth=0.55)


def _paving(canvas: Canvas, vanish: np.ndarray, stone: Stops) -> None:
    """Squares of light and dark stone running to the vanishing point."""
    across, down = plane(canvas.size)
    away = 1 / np.maximum(down - vanish[1] + 0.012, 0.012)
    squares = (np.floor((across - vanish[0]) * away * 2.2) + np.floor(away * 1.7)) % 2
    light = 0.3 + 0.26 * squares + 0.25 * np.exp(-(((across - 0.45) / 0.2) ** 2))
    canvas.lay(Shading(light * (1.05 - 0.4 * down), stone), (down > vanish[1]).astype(np.float32))


def _bay(canvas: Canvas, rng: np.random.Generator, vanish: np.ndarray, depth: float, stone: Stops) -> None:
    """One wall with a round-headed opening, at its distance from the eye."""
    arch = [(0.34 * math.cos(a), -0.35 - 0.36 * math.sin(a)) for a in np.linspace(0, math.pi, 30)]
    opening = np.array([(0.34, 0.42), *arch, (-0.34, 0.42)]) * depth * (1.6, 1.25) + vanish
    wall = np.array([(-9, -9), (9, -9), (9, 0.42), (0.34, 0.42)]) * depth * (1.6, 1.25) + vanish
    outline = np.vstack([wall, opening[1:], [(-9, opening[-1][1])]])
    across, down = plane(canvas.size)
    light = (
        0.95 - 0.62 * depth**0.6 + 0.4 * (0.45 - across) + 0.12 * fractal(rng, canvas.size, 90) - 0.1 * down
    )
    canvas.polygon(outline, Shading(light, stone))
    rim = opening[1:-1]
    canvas.ribbon(np.add(rim, (0.006 * depth, 0)), stone[0][1], 16 * depth, opacity=0.5, soft_px=1)
    for side in (1, -1):
        foot = vanish + np.array([side * 0.39, 0.42]) * depth * (1.6, 1.25)
        tall = 0.77 * depth * 1.25
        shaft = [(0, 0.09), (0.03, 0.09), (0.05, 0.07), (0.5, 0.07), (0.95, 0.072), (0.97, 0.095), (1, 0.095)]
        table.vessel(canvas, (float(foot[0]), float(foot[1])), tall, shaft, stone, light=-0.5, gloss=0)


RED_CLOTH: Stops = [(0, "#120404"), (0.4, "#5a1512"), (0.75, "#a33a26"), (1, "#e8a070")]
GREEN_CLOTH: Stops = [(0, "#050806"), (0.4, "#1c3226"), (0.75, "#49694c"), (1, "#b9c79a")]
BLUE_CLOTH: Stops = [(0, "#05070c"), (0.4, "#1a2a40"), (0.75, "#4a6480"), (1, "#c6d0c8")]
STORM: Stops = [(0, "#14161a"), (0.35, "#3a3f44"), (0.6, "#7d7a6c"), (0.8, "#cbb584"), (1, "#fff0c4")]
COLD: Stops = [(0, "#101820"), (0.35, "#34465a"), (0.6, "#71828c"), (0.8, "#c2bda0"), (1, "#fff6da")]
FIELDS: Stops = [(0, "#0d0d07"), (0.35, "#2c2a14"), (0.65, "#6b5c2c"), (1, "#d9b868")]
STONE: Stops = [(0, "#17120c"), (0.35, "#5b5040"), (0.65, "#a89a7e"), (0.85, "#dccfae"), (1, "#fff6dc")]

WORKS = (
    work(
        "Fruit and a clay jug",
        still_life,
        (900, 740),
        things="fruit and jug",
        cloth=table.LINEN,
        wall=("#0e0a07", "#5c4630"),
    ),
    work("Evening storm over the plain", storm, (960, 680), sky=STORM, land=FIELDS),
    work("Flowers in a stone urn", bouquet, (700, 900), wall=("#0a0806", "#3c2f22"), vase=STONE),
    work(
        "Candle and two books",
        still_life,
        (720, 900),
        things="candle and books",
        cloth=RED_CLOTH,
        wall=("#080605", "#3a2416"),
    ),
    work("Room with a window", room, (760, 880), tone="#cdbb92", cloth=RED_CLOTH),
    work(
        "Bread, wine and lemon",
        still_life,
        (900, 780),
        things="bread and wine",
        cloth=GREEN_CLOTH,
        wall=("#0c0b08", "#54482f"),
    ),
    work("Sunlight in the nave", nave, (720, 900), stone=STONE),
    work(
        "Lemons and a glazed jug",
        still_life,
        (860, 860),
        things="lemons and glaze",
        cloth=BLUE_CLOTH,
        wall=("#090a0a", "#4a4438"),
    ),
    work("Dark bouquet", bouquet, (740, 880), wall=("#060708", "#26302e"), vase=table.BRASS),
    work("Clearing after rain", storm, (920, 620), sky=COLD, land=FIELDS, mirrored=True),
    work("The blue tablecloth", room, (880, 800), tone="#b9c0b0", cloth=BLUE_CLOTH),
    work(
        "Copper urn and green grapes",
        still_life,
        (900, 800),
        things="copper and quinces",
        cloth=RED_CLOTH,
        wall=("#070403", "#4a2a12"),
    ),
)
