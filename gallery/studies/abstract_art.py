"""Abstract Art: fields that breathe, gestures, drips, and forms that stand for nothing."""

import math

import numpy as np
from PIL import Image

from gallery.studies.brush import Brushwork, drifting, emboss
from gallery.studies.canvas import Canvas, box, curve, oval
from gallery.studies.colour import Shading, Size, Stops, colourise, distance, mix, near, plane, rgb
from gallery.studies.noise import fractal, noise, smoothstep
from gallery.studies.surface import grain, vignette, weave
from gallery.studies.work import work


def fields(
    rng: np.random.Generator, size: Size, *, ground: str, colours: tuple[str, ...], shares: tuple[float, ...]
) -> Image.Image:
    """Two or three clouds of colour floating on another, thin coats rubbed over each other."""
    across, down = plane(size)
    canvas = Canvas(size, colourise(0.5 + (fractal(rng, size, 200) - 0.5) * 0.7, _shades(ground)))
    top = 0.06
    for colour, share in zip(colours, shares, strict=True):
        bottom = top + share * 0.9
        wobble = (fractal(rng, size, 120, octaves=5) - 0.5) * 0.05
        inside = (
            np.minimum(
                np.minimum(across - 0.075, 0.925 - across) * size[0] / size[1],
                np.minimum(down - top, bottom - down),
            )
            + wobble
        )
        for soft, strength in [(0.05, 0.6), (0.025, 0.6), (0.012, 0.5)]:
            rubbed = 0.72 + 0.56 * (fractal(rng, size, (180, 40), octaves=5) - 0.3)
            canvas.lay(
                Shading(0.5 + (fractal(rng, size, 150) - 0.5) * 0.8, _shades(colour)),
                smoothstep(0, soft, inside) * strength * rubbed,
            )
        top = bottom + 0.025
    return weave(rng, grain(rng, vignette(canvas.image, depth=0.2), depth=3), depth=0.2)


def _shades(colour: str) -> Stops:
    def code(other: str, share: float) -> str:
        return "#{:02x}{:02x}{:02x}".format(*mix(colour, other, share))

    return [(0, code("#000000", 0.28)), (0.5, colour), (1, code("#fff0d8", 0.22))]


def drips(
    rng: np.random.Generator, size: Size, *, ground: str, paints: tuple[str, ...], count: int
) -> Image.Image:
    """Paint poured and flung from above: skeins, pools, spatter."""
    canvas = Canvas(size, ground)
    canvas.multiply(1 + 0.12 * (fractal(rng, size, 90) - 0.5))
    relief = Canvas(size, "#000000")
    for order in range(count):
        paint = paints[int(rng.integers(len(paints)))]
        line, widths = _throw(rng, canvas)
        for layer, fill in ((canvas, near(rng, paint, 6)), (relief, near(rng, "#808080", 30))):
            layer.ribbon(line, fill, widths)
        if order % 2:
            _spatter(rng, canvas, relief, line, paint)
    height = np.asarray(relief.image.convert("L"), np.float32)
    return weave(rng, emboss(canvas.image, height * 0.5, 0.5), depth=0.15)


def _throw(rng: np.random.Generator, canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """One swing of the arm: loops whose speed decides how thick the thread is."""
    steps = int(rng.integers(7, 15))
    heading, spot = rng.uniform(0, 2 * math.pi), rng.uniform(0.02, 0.98, 2)
    turn = rng.normal(0, 0.8)
    knots = [spot]
    for _ in range(steps):
        turn = 0.6 * turn + rng.normal(0, 0.75)
        heading += turn
        home = np.arctan2(0.5 - spot[1], 0.5 - spot[0])
        heading += 0.35 * math.sin(home - heading)
        spot = spot + np.array([math.cos(heading), math.sin(heading)]) * rng.uniform(0.03, 0.19)
        knots.append(spot)
    line = curve(knots, steps=10)
    speed = np.hypot(*np.gradient(line, axis=0).T)
    pooled = np.convolve(np.clip(0.012 / (speed + 0.002), 0.3, 3.6), np.ones(7) / 7, mode="same")
    return line, pooled * rng.choice([1.2, 2.2, 4.5], p=[0.5, 0.35, 0.15])


def _spatter(rng: np.random.Generator, canvas: Canvas, relief: Canvas, line: np.ndarray, paint: str) -> None:
    for _ in range(int(rng.integers(4, 14))):
        spot = line[int(rng.integers(len(line)))] + rng.normal(0, 0.03, 2)
        radius = 0.0012 + 0.008 * rng.random() ** 3
        canvas.disc(tuple(spot), radius, paint)
        relief.disc(tuple(spot), radius, "#909090")


def gestures(
    rng: np.random.Generator, size: Size, *, ground: str, strokes: tuple[str, ...], count: int, wash: str
) -> Image.Image:
    """A few enormous strokes, made fast, with the drips they left."""
    target = colourise(0.5 + (fractal(rng, size, (260, 180), octaves=5) - 0.5) * 0.8, _shades(ground))
    brush = Brushwork(target)
    flow = drifting(rng, size, cell_px=260, turn=1.5)
    brush.cover(target, rng, length_px=70, width_px=26, flow=flow, step_px=26, jitter=8, tint=3, dry=0.6)
    stain = smoothstep(0.52, 0.75, fractal(rng, size, 260, octaves=3))
    brush.image.paste(rgb(wash), mask=Image.fromarray((stain * 150).astype(np.uint8)))
    for order in range(count):
        _sweep(rng, brush, strokes[order % len(strokes)], bold=order < count * 0.6)
    return weave(rng, brush.finish(relief=0.8), depth=0.14)


def _sweep(rng: np.random.Generator, brush: Brushwork, tone: str, *, bold: bool) -> None:
    """One stroke as a bundle of hairs that run dry towards the end."""
    size = np.array(brush.size, float)
    start = rng.uniform(0.12, 0.88, 2)
    towards = np.array([0.5, 0.5]) + rng.normal(0, 0.2, 2)
    heading = math.atan2(*(towards - start)[::-1]) + rng.normal(0, 0.25)
    reach = rng.uniform(0.35, 0.75) if bold else rng.uniform(0.1, 0.3)
    bend = rng.normal(0, 0.9)
    share = np.linspace(0, 1, 90)
    angle = heading + bend * share
    path = (
        start * size
        + np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1), axis=0) * reach * min(brush.size) / 90
    )
    broad = (rng.uniform(26, 60) if bold else rng.uniform(8, 18)) * min(brush.size) / 800
    hairs = int(broad * 1.1)
    offset = np.linspace(-1, 1, hairs) * broad
    run_dry = rng.uniform(0.55, 1.1, hairs)
    x = (path[:, 0][:, None] - np.sin(angle)[:, None] * offset).ravel()
    y = (path[:, 1][:, None] + np.cos(angle)[:, None] * offset).ravel()
    wet = (share[:, None] < run_dry) & (rng.random((90, hairs)) < 0.55 - 0.3 * share[:, None])
    kept = wet.ravel() & (x > -20) & (y > -20) & (x < size[0] + 20) & (y < size[1] + 20)
    shade = np.repeat(rng.normal(0, 11, hairs)[None, :], 90, axis=0).ravel()[kept]
    colours = np.array(rgb(tone), float) + shade[:, None]
    angles = np.repeat(angle[:, None], hairs, axis=1).ravel()[kept]
    brush.strokes(
        rng, x[kept].astype(int), y[kept].astype(int), angles, colours, length_px=26, width_px=5, dry=0.5
    )


def floating(
    rng: np.random.Generator, size: Size, *, ground: str, colours: tuple[str, ...], line: str
) -> Image.Image:
    """Circles, wedges and wires that keep each other in balance."""
    canvas = Canvas(size, colourise(0.5 + (fractal(rng, size, 240) - 0.5) * 0.6, _shades(ground)))
    canvas.glow("#ffe8c0", 0.2 * np.exp(-((distance(size, (0.4, 0.4)) / 0.4) ** 2)))
    for _ in range(4):
        spot, reach, tone = (
            rng.uniform(0.15, 0.85, 2),
            rng.uniform(0.1, 0.22),
            colours[int(rng.integers(len(colours)))],
        )
        canvas.disc(tuple(spot), reach * 1.25, mix(tone, ground, 0.55), soft_px=22, opacity=0.7)
        canvas.disc(tuple(spot), reach, tone, opacity=0.9)
        canvas.disc(tuple(spot), reach * 0.55, mix(tone, line, 0.7), opacity=0.8)
        canvas.disc(tuple(spot + 0.01), reach * 0.25, colours[int(rng.integers(len(colours)))])
    for _ in range(9):
        spot, reach, turn = rng.uniform(0.05, 0.95, 2), rng.uniform(0.08, 0.3), rng.uniform(0, 6.3)
        wedge = [
            spot + np.array(canvas.radii(reach)) * (math.cos(turn + a), math.sin(turn + a)) * r
            for a, r in [(0, 1), (2.6, 0.7), (2.95, 0.8)]
        ]
        canvas.polygon(wedge, colours[int(rng.integers(len(colours)))], opacity=rng.uniform(0.6, 0.95))
    for _ in range(12):
        start, end = rng.uniform(0.03, 0.97, 2), rng.uniform(0.03, 0.97, 2)
        bow = (start + end) / 2 + rng.normal(0, 0.12, 2) * (rng.random() < 0.5)
        path = curve([start, bow, end])
        canvas.ribbon(path, line, np.linspace(1, rng.uniform(1.5, 7), len(path)))
    _checks(canvas, rng, colours, line)
    for _ in range(14):
        canvas.disc(
            tuple(rng.uniform(0.05, 0.95, 2)),
            rng.uniform(0.006, 0.02),
            colours[int(rng.integers(len(colours)))],
        )
    return weave(rng, grain(rng, canvas.image, depth=3), depth=0.16)


def _checks(canvas: Canvas, rng: np.random.Generator, colours: tuple[str, ...], line: str) -> None:
    corner, turn = rng.uniform(0.3, 0.62, 2), rng.normal(0, 0.4)
    step = np.array(canvas.radii(0.036))
    for row in range(5):
        for column in range(6):
            corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
            cosine, sine = math.cos(turn), math.sin(turn)
            cell = [corner + step * (x * cosine - y * sine, x * sine + y * cosine) for x, y in corners]
            tone = line if (row + column) % 2 else colours[(row * 3 + column) % len(colours)]
            canvas.polygon(cell, tone, opacity=0.92)


def blocks(rng: np.random.Generator, size: Size, *, ground: str, colours: tuple[str, ...]) -> Image.Image:
    """Slabs of paint laid with the knife, like fields seen from the air."""
    canvas = Canvas(size, ground)
    relief = np.zeros((size[1], size[0]), np.float32)
    slabs = sorted(rng.uniform(0.05, 0.95, (46, 2)).tolist(), key=lambda spot: spot[1])
    for x, y in slabs:
        half = np.array([rng.uniform(0.05, 0.15), rng.uniform(0.03, 0.09)])
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half * rng.uniform(0.75, 1.2, (4, 2)) + (
            x,
            y,
        )
        canvas.polygon(corners, near(rng, colours[int(rng.integers(len(colours)))], 12))
        canvas.ribbon(corners[:2], mix(ground, "#fff4e0", 0.25), rng.uniform(1, 5), opacity=0.6)
    drag = noise(rng, size, (90, 3)) * 46 + noise(rng, size, (160, 9)) * 40
    relief += drag
    brush = Brushwork(canvas.image)
    flow = drifting(rng, size, cell_px=200, turn=0.4)
    brush.cover(
        canvas.image,
        rng,
        length_px=60,
        width_px=20,
        flow=flow,
        step_px=22,
        jitter=9,
        tint=4,
        dry=0.55,
        blur_px=1,
    )
    return weave(rng, emboss(brush.finish(relief=0.8), relief, 0.6), depth=0.08)


def veils(rng: np.random.Generator, size: Size, *, ground: str, colours: tuple[str, ...]) -> Image.Image:
    """Thinned paint run down bare canvas in overlapping veils."""
    across, down = plane(size)
    sheet = np.asarray(Image.new("RGB", size, rgb(ground)), np.float32)
    for order, colour in enumerate(colours):
        middle = 0.18 + 0.64 * order / max(1, len(colours) - 1) + rng.normal(0, 0.02)
        sway = (fractal(rng, size, (600, 260), octaves=3) - 0.5) * 0.16
        half = 0.1 + 0.09 * down + 0.05 * rng.random() + (noise(rng, size, (30, 500)) - 0.5) * 0.06
        body = smoothstep(half + 0.012, half - 0.03, np.abs(across - middle + sway))
        rim = 0.3 * np.exp(-(((np.abs(across - middle + sway) - half) / 0.006) ** 2))
        reach = smoothstep(0.97, 0.9, down + 0.16 * (noise(rng, size, (26, 900)) - 0.5)) * smoothstep(
            0.02, 0.05, down
        )
        stain = np.clip(body * (0.62 + 0.3 * fractal(rng, size, (50, 400))) + rim, 0, 1) * reach
        sheet *= 1 - stain[:, :, None] * (1 - np.array(rgb(colour), np.float32) / 255)
    return weave(rng, grain(rng, Image.fromarray(sheet.clip(0, 255).astype(np.uint8)), depth=3), depth=0.24)


def signs(rng: np.random.Generator, size: Size, *, ground: str, ink: str, accent: str) -> Image.Image:
    """Black signs of no alphabet on pale plaster, one spot of colour."""
    canvas = Canvas(size, colourise(0.5 + (fractal(rng, size, 110, octaves=6) - 0.5) * 0.9, _shades(ground)))
    canvas.disc((0.66, 0.3), 0.12, accent, soft_px=3)
    canvas.polygon(box(0.1, 0.8, 0.9, 0.815), ink, opacity=0.85)
    for column in range(3):
        for row in range(3):
            middle = np.array([0.22 + 0.28 * column, 0.2 + 0.24 * row])
            for _ in range(int(rng.integers(2, 4))):
                knots = middle + rng.normal(0, 0.055, (int(rng.integers(3, 5)), 2))
                path = curve(knots, steps=14)
                swell = (0.35 + np.abs(np.sin(np.linspace(0.4, 2.9, len(path))))) * rng.uniform(9, 24)
                canvas.ribbon(path, ink, swell * (1 + 0.15 * rng.normal(0, 1, len(path))))
    ring = oval((0.66, 0.3), canvas.radii(0.15))
    canvas.ribbon(ring[:96], ink, np.linspace(10, 1.5, 96))
    return weave(rng, grain(rng, canvas.image, depth=4), depth=0.22)


WORKS = (
    work(
        "Ember over plum",
        fields,
        (700, 900),
        ground="#4a1c2c",
        colours=("#d8542c", "#e8a03c", "#7c2440"),
        shares=(0.36, 0.24, 0.34),
    ),
    work(
        "Skeins on raw linen",
        drips,
        (960, 640),
        ground="#cdbf9f",
        paints=("#17161a", "#f2eee2", "#8c2c24", "#4c6474", "#17161a"),
        count=76,
    ),
    work(
        "Four black strokes",
        gestures,
        (880, 760),
        ground="#e6dfce",
        strokes=("#121114", "#1c1a1e", "#121114", "#b0301f"),
        count=7,
        wash="#cdbf9c",
    ),
    work(
        "Balance with a blue disc",
        floating,
        (900, 680),
        ground="#e0d6be",
        colours=("#2c4c8c", "#c03c2c", "#e0a830", "#3c7c6c", "#c88ca0"),
        line="#1a181c",
    ),
    work(
        "Seven veils",
        veils,
        (900, 720),
        ground="#efe8d8",
        colours=("#c0562c", "#d89a34", "#8c9c48", "#3c7c78", "#3c5c94", "#6c4c88", "#b04c6c"),
    ),
    work(
        "Quarry",
        blocks,
        (820, 860),
        ground="#5c5448",
        colours=("#d8ccb0", "#b8a07c", "#8c7450", "#4c4c50", "#a8b4b4", "#c07840"),
    ),
    work("Nine signs and a sun", signs, (760, 900), ground="#dccfb4", ink="#141316", accent="#c83c24"),
    work(
        "Night field with green",
        fields,
        (780, 880),
        ground="#10181c",
        colours=("#1c4c48", "#24343c", "#6c8c54"),
        shares=(0.5, 0.22, 0.2),
    ),
    work(
        "White thread, dark pool",
        drips,
        (760, 900),
        ground="#1c1e24",
        paints=("#efe9dc", "#d8b04c", "#3c5c8c", "#efe9dc", "#8c8c90"),
        count=62,
    ),
    work(
        "Ochre and a fast blue",
        gestures,
        (720, 900),
        ground="#d8a440",
        strokes=("#1c3c7c", "#16264c", "#efe4c8", "#8c2c1c"),
        count=9,
        wash="#e8c878",
    ),
    work(
        "Wires in the dark",
        floating,
        (760, 880),
        ground="#24242c",
        colours=("#e0b040", "#d85c3c", "#5c94a8", "#e8e0cc", "#8c5c8c"),
        line="#efe6d0",
    ),
    work(
        "Coast from the air",
        blocks,
        (960, 620),
        ground="#2c4c5c",
        colours=("#3c748c", "#5c9ca4", "#d8c494", "#e8dcc0", "#2c4c5c", "#c88c54"),
    ),
)
