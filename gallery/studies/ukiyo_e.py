"""Ukiyo-e: prints from woodblocks. Flat colour, dark-blue outlines, gradations wiped by hand, paper between."""

import math

import numpy as np
from PIL import Image, ImageChops, ImageOps

from gallery.studies.canvas import Canvas, Points, box, curve, oval
from gallery.studies.colour import Size, Stops, mix, near, vertical
from gallery.studies.motifs import Point, branches, ridge
from gallery.studies.noise import fractal, wander
from gallery.studies.surface import paper
from gallery.studies.work import work

INK = "#1c2c44"
PAPER = "#eadfc4"
VERMILION = "#b8432c"


def _printed(rng: np.random.Generator, canvas: Canvas, *, seal: Point | None = (0.9, 0.08)) -> Image.Image:
    """The sheet: wood grain in the colour, a paper margin, an empty title box and a plain red seal."""
    size = canvas.size
    veins = np.sin(fractal(rng, size, (700, 60), octaves=3) * 60)
    canvas.multiply(1 + 0.018 * veins + 0.05 * (fractal(rng, size, 30) - 0.5))
    if seal is not None:
        _cartouche(canvas, seal)
    margin = 0.024 * canvas.short_px
    frame = (margin / size[0], margin / size[1])
    print_area = box(frame[0], frame[1], 1 - frame[0], 1 - frame[1])
    sheet = Canvas(size, PAPER)
    sheet.polygon(print_area, canvas.image)
    sheet.ribbon([*print_area, print_area[0]], INK, 2)
    return paper(rng, sheet.image, depth=0.09)


def _cartouche(canvas: Canvas, spot: Point) -> None:
    wide, tall = canvas.radii(0.026)
    x, y = spot
    label = box(x - wide, y - tall, x + wide, y + tall * 5.2)
    canvas.polygon(label, "#efe3c2")
    canvas.ribbon([*label, label[0]], INK, 1.6)
    canvas.polygon(box(x - wide * 0.7, y + tall * 5.8, x + wide * 0.7, y + tall * 7.2), VERMILION)


def _inked(canvas: Canvas, outline: Points, fill: str | Image.Image, width_px: float = 2) -> None:
    """A flat shape with its key-block outline."""
    closed = np.vstack([outline, np.asarray(outline)[:1]])
    canvas.polygon(outline, fill)
    canvas.ribbon(closed, INK, width_px)


def _bokashi(
    size: Size, top: str, bottom: str, *, reach: float = 0.28, floor: str | None = None
) -> Image.Image:
    """A sky wiped dark at its upper edge and pale below."""
    return vertical(size, [(0, top), (reach, bottom), (0.62, bottom), (1, floor or bottom)])


def wave(
    rng: np.random.Generator,
    size: Size,
    *,
    sky: tuple[str, str],
    blues: tuple[str, str, str],
    light: tuple[Point, str],
) -> Image.Image:
    """A wave about to fall, with claws of foam, and a sun or moon behind it."""
    canvas = Canvas(size, _bokashi(size, *sky, reach=0.5))
    canvas.disc(light[0], 0.15, light[1])
    _mist(canvas, rng, 0.42, mix_code(sky[1]))
    for base, lift in [(0.7, 0.05), (0.78, 0.06)]:
        _swell(canvas, rng, base, lift, blues)
    _breaker(canvas, rng, (0.4, 0.9), 0.72, blues)
    for base, lift in [(0.87, 0.05), (0.95, 0.04)]:
        _swell(canvas, rng, base, lift, blues)
    canvas.image = ImageOps.mirror(canvas.image)
    return _printed(rng, canvas, seal=(0.07, 0.09))


def _swell(
    canvas: Canvas, rng: np.random.Generator, base: float, lift: float, blues: tuple[str, str, str]
) -> None:
    x = np.linspace(-0.02, 1.02, 140)
    start, beat = rng.uniform(0, 6), rng.uniform(7, 11)
    crest = np.abs(np.sin(x * beat + start)) ** 0.8

    def line(share: float) -> np.ndarray:
        return base + share * 0.1 - crest * lift * (1 - 0.75 * share)

    _inked(canvas, np.vstack([np.stack([x, line(0)], axis=1), [(1.02, 1.02), (-0.02, 1.02)]]), blues[1])
    for share, tone in [(0.2, blues[0]), (0.45, blues[2]), (0.6, blues[0]), (0.85, blues[0])]:
        points = np.stack([x, line(share)], axis=1)
        canvas.ribbon(points, tone, 3 + 9 * (1 - crest) * (tone == blues[0]))
    foam = np.stack([x, line(0.02)], axis=1)
    canvas.ribbon(foam, "#f3eddc", 2 + 8 * crest**6)


def _breaker(
    canvas: Canvas, rng: np.random.Generator, foot: Point, tall: float, blues: tuple[str, str, str]
) -> None:
    """The great wave itself: its back, its hollow with stripes, and foam along the lip."""
    wide = tall * canvas.size[1] / canvas.size[0] * 0.82
    back = [
        (-1.1, 0.0),
        (-0.72, 0.3),
        (-0.42, 0.66),
        (-0.12, 0.9),
        (0.18, 0.97),
        (0.42, 0.88),
        (0.55, 0.7),
        (0.56, 0.56),
    ]
    hollow = [
        (0.9, 0.0),
        (0.45, 0.02),
        (0.16, 0.12),
        (-0.02, 0.34),
        (0.02, 0.56),
        (0.18, 0.68),
        (0.36, 0.68),
        (0.56, 0.56),
    ]
    outer = _at(foot, wide, tall, curve(back, steps=14))
    inner = _at(foot, wide, tall, curve(hollow, steps=14))
    _inked(canvas, np.vstack([outer, inner[::-1], [(inner[0][0], 1.05), (outer[0][0], 1.05)]]), blues[1], 3)
    for share in np.linspace(0.08, 0.92, 9):
        stripe = outer * (1 - share) + inner * share
        swell = np.sin(np.linspace(0.1, math.pi, len(stripe))) ** 0.7 * (13 if share > 0.45 else 7)
        canvas.ribbon(
            stripe[: int(len(stripe) * (0.98 - 0.1 * share))],
            blues[0] if share > 0.4 else blues[2],
            swell[: int(len(stripe) * (0.98 - 0.1 * share))],
        )
    _foam(canvas, rng, outer[len(outer) // 3 :], inner[len(inner) * 5 // 8 :])


def _at(foot: Point, wide: float, tall: float, points: np.ndarray) -> np.ndarray:
    return np.stack([foot[0] + points[:, 0] * wide, foot[1] - points[:, 1] * tall], axis=1)


def _foam(canvas: Canvas, rng: np.random.Generator, crest: np.ndarray, lip: np.ndarray) -> None:
    """Foam in scallops along the crest, claws along the lip, drops in the air."""
    spots = np.vstack([crest, lip])
    scallops = [oval(tuple(p), canvas.radii(rng.uniform(0.016, 0.034))) for p in spots]
    claws = [
        _claw(canvas, rng, tuple(p), math.pi * rng.uniform(0.2, 0.55), 0.075)
        for p in np.vstack([crest[-22:], lip[:]])
    ]
    claws += [_claw(canvas, rng, tuple(p), math.pi * rng.uniform(-0.35, 0.1), 0.05) for p in crest[6:-16:2]]
    shapes = scallops + [piece for claw in claws for piece in claw]
    grown = [_grown(shape, 2.2, canvas) for shape in shapes]
    canvas.polygons(grown, INK)
    canvas.polygons(shapes, "#f5f0e0")
    for p in spots[::2]:
        dab = oval((p[0] + rng.normal(0, 0.006), p[1] + 0.012), canvas.radii(rng.uniform(0.006, 0.013)))
        canvas.polygon(dab, "#b9cdd6", opacity=0.8)
    for _ in range(70):
        p = spots[int(rng.integers(len(spots)))] + rng.normal(0, 1, 2) * (0.07, 0.05) + (0.03, -0.01)
        canvas.disc(tuple(p), rng.uniform(0.0025, 0.006), "#f5f0e0")


def _claw(
    canvas: Canvas, rng: np.random.Generator, root: Point, angle: float, length: float
) -> list[np.ndarray]:
    """Three or four hooked fingers from one root."""
    fingers = []
    for _ in range(int(rng.integers(2, 4))):
        turn, reach = angle + rng.normal(0, 0.45), length * rng.uniform(0.5, 1.1)
        bend = np.linspace(0, 1, 9)
        heading = turn + bend * 1.3
        step = np.stack([np.cos(heading), np.sin(heading)], axis=1) * reach / 9 * canvas.short_px
        line = np.array(root) + np.cumsum(step, axis=0) / canvas.scale
        fingers.append(canvas.outline(line, np.linspace(0.022, 0.004, 9) * canvas.short_px))
    return fingers


def _grown(outline: np.ndarray, by_px: float, canvas: Canvas) -> np.ndarray:
    pixels = outline * canvas.scale
    away = pixels - pixels.mean(0)
    return (pixels + away / np.maximum(np.hypot(*away.T), 1)[:, None] * by_px) / canvas.scale


def _peak(
    canvas: Canvas, rng: np.random.Generator, foot: Point, half: float, tall: float, tones: tuple[str, str]
) -> None:
    """A lone volcano with long slopes and snow running down in fingers."""
    share = np.linspace(0, 1, 60)
    flare = share**1.55 * 0.8 + share * 0.2
    left = np.stack([foot[0] - half * (0.09 + 0.91 * flare), foot[1] - tall * (1 - share)], axis=1)
    right = np.stack([foot[0] + half * (0.09 + 0.91 * flare), foot[1] - tall * (1 - share)], axis=1)
    notch = [(foot[0] - half * 0.03, foot[1] - tall * 0.985), (foot[0] + half * 0.04, foot[1] - tall * 1.01)]
    outline = np.vstack([left[::-1], notch, right])
    _inked(canvas, outline, tones[0])
    cut = 22
    teeth = []
    for k, u in enumerate(np.linspace(0.97, -0.97, 19)):
        drop = 0.4 if k % 2 else 0.13
        level = min(0.99, drop + rng.uniform(0, 0.22) * (k % 2))
        width = np.interp(level, share, 0.09 + 0.91 * flare) * half
        teeth.append((foot[0] + u * width * 0.97, foot[1] - tall * (1 - level)))
    keep = share < teeth_level(teeth, foot, tall)
    snow = np.vstack([left[keep][::-1], notch, right[keep], teeth])
    canvas.polygon(snow, tones[1])
    for u in np.linspace(-0.7, 0.7, max(5, cut // 3)):
        start, stop = rng.uniform(0.3, 0.5), rng.uniform(0.7, 1)
        s = np.linspace(start, stop, 12)
        width = np.interp(s, share, 0.09 + 0.91 * flare) * half
        canvas.ribbon(
            np.stack([foot[0] + u * width, foot[1] - tall * (1 - s)], axis=1),
            INK,
            np.linspace(0.6, 2, 12),
            opacity=0.5,
        )


def teeth_level(teeth: list[Point], foot: Point, tall: float) -> float:
    """How far down (0..1) the snow starts at the outer edge of the peak."""
    return 1 - (foot[1] - teeth[0][1]) / tall


def mountain(
    rng: np.random.Generator, size: Size, *, sky: tuple[str, str, str], peak: Stops, trees: str, snow: str
) -> Image.Image:
    """A great peak at first light, its foot in trees, bands of cloud across."""
    canvas = Canvas(size, vertical(size, [(0, sky[0]), (0.3, sky[1]), (0.75, sky[2]), (1, sky[2])]))
    _cloudlets(canvas, rng, "#f1e8d3")
    foot, half, tall = (0.62, 0.93), 0.72, 0.72
    base = Canvas(size, vertical(size, peak))
    _peak(canvas, rng, foot, half, tall, (peak[1][1], snow))
    body = np.asarray(
        ImageChops.difference(canvas.image, Image.new("RGB", size, _tuple(peak[1][1]))).convert("L")
    )
    canvas.lay(base.image, (body < 2).astype(np.float32))
    _forest(canvas, rng, trees)
    _mist(canvas, rng, 0.7, "#f1e8d3")
    return _printed(rng, canvas, seal=(0.07, 0.09))


def _tuple(code: str) -> tuple[int, int, int]:
    return mix(code, code, 0)


def _cloudlets(canvas: Canvas, rng: np.random.Generator, tone: str) -> None:
    for row in np.linspace(0.1, 0.52, 9):
        for _ in range(3):
            x, wide = rng.uniform(-0.1, 1.0), rng.uniform(0.05, 0.22)
            steps = np.linspace(0, 1, 24)
            wave_line = row + 0.006 * np.sin(steps * rng.uniform(8, 16)) + rng.normal(0, 0.012)
            canvas.ribbon(
                np.stack([x + steps * wide, wave_line], axis=1),
                tone,
                9 * np.sin(steps * math.pi) + 0.5,
                opacity=0.85,
            )


def _forest(canvas: Canvas, rng: np.random.Generator, tone: str) -> None:
    for row, base in enumerate(np.linspace(0.84, 1.0, 6)):
        shade = mix(tone, INK, 0.12 * row)
        shapes = [box(-0.02, base + 0.012, 1.02, 1.02)] if row > 2 else []
        for x in np.arange(-0.02, 1.03, 0.017):
            foot = (
                x + rng.normal(0, 0.004),
                base + 0.02 + 0.05 * math.sin(x * 5 + row) * (row < 3) - 0.04 * (x - 0.6) * (row < 3),
            )
            high = rng.uniform(0.028, 0.06)
            shapes.append([(foot[0] - 0.012, foot[1]), (foot[0], foot[1] - high), (foot[0] + 0.012, foot[1])])
        canvas.polygons(shapes, shade)


def _mist(canvas: Canvas, rng: np.random.Generator, height: float, tone: str) -> None:
    """Bands of mist with rounded ends, the print-maker's way to leave things out."""
    for _ in range(3):
        x, wide, y = rng.uniform(-0.2, 0.8), rng.uniform(0.25, 0.6), height + rng.uniform(-0.05, 0.1)
        tall = rng.uniform(0.014, 0.024)
        pill = [
            (x, y),
            (x + wide, y),
            (x + wide + 0.02, y + tall),
            (x + wide, y + 2 * tall),
            (x, y + 2 * tall),
            (x - 0.02, y + tall),
        ]
        canvas.polygon(curve(pill, closed=True), tone, opacity=0.94)


def rain(
    rng: np.random.Generator, size: Size, *, tones: tuple[str, str, str], water: tuple[str, str]
) -> Image.Image:
    """A wooden bridge in a shower; people hurry below their umbrellas."""
    canvas = Canvas(size, vertical(size, [(0, "#22262c"), (0.14, tones[0]), (0.5, tones[1]), (1, tones[1])]))
    canvas.polygon(ridge(rng, 0.36, 0.03, roughness=0.6), tones[2], opacity=0.75)
    for _ in range(26):
        x = rng.uniform(0, 1)
        canvas.polygon(
            oval((x, 0.385), (rng.uniform(0.02, 0.05), rng.uniform(0.012, 0.03))), mix(tones[2], INK, 0.35)
        )
    canvas.polygon(
        box(-0.02, 0.4, 1.02, 1.02), vertical(size, [(0.4, water[0]), (0.62, water[1]), (1, water[0])])
    )
    for y in np.linspace(0.44, 0.98, 26):
        x, wide = rng.uniform(0, 0.9), rng.uniform(0.05, 0.3)
        canvas.ribbon([(x, y), (x + wide, y)], water[0], 1.6, opacity=0.6)
    _bridge(canvas, rng)
    for lean, count, tone in [(-0.07, 90, INK), (-0.1, 70, "#dfe2dc")]:
        for _ in range(count):
            x, y, long = rng.uniform(0, 1.15), rng.uniform(-0.1, 0.9), rng.uniform(0.16, 0.42)
            canvas.ribbon([(x, y), (x + lean * long / 0.4, y + long)], tone, 1.1, opacity=0.6)
    return _printed(rng, canvas, seal=(0.91, 0.08))


def _bridge(canvas: Canvas, rng: np.random.Generator) -> None:
    x = np.linspace(-0.05, 1.05, 60)
    deck = 0.74 - 0.13 * x - 0.07 * np.sin(np.clip(x, 0, 1) * math.pi)
    for at in np.linspace(0.06, 0.98, 6):
        top = float(np.interp(at, x, deck))
        for side in (-0.012, 0.016):
            _inked(canvas, box(at + side, top, at + side + 0.013, top + 0.27), "#8a7350", 1.5)
        _inked(canvas, box(at - 0.03, top + 0.12, at + 0.05, top + 0.135), "#8a7350", 1.5)
    band = np.vstack([np.stack([x, deck], axis=1), np.stack([x, deck + 0.035], axis=1)[::-1]])
    _inked(canvas, band, "#c9a868", 2)
    for at in np.sort(rng.uniform(0.06, 0.96, 8)):
        _walker(canvas, rng, (float(at), float(np.interp(at, x, deck)) + 0.012))
    for lift in (0.052, 0.03):
        canvas.ribbon(np.stack([x, deck - lift], axis=1), "#8a6a3c", 5)
    for at in np.linspace(0, 1, 22):
        top = float(np.interp(at, x, deck))
        canvas.ribbon([(at, top + 0.01), (at, top - 0.06)], "#6d532f", 4)


def _walker(canvas: Canvas, rng: np.random.Generator, foot: Point) -> None:
    x, y = foot
    wide, tall = canvas.radii(0.05)
    robe = ("#2f4a6e", "#8d3a2c", "#5c6a4a", "#4a4350")[int(rng.integers(4))]
    _inked(
        canvas,
        [
            (x - wide * 0.3, y),
            (x - wide * 0.25, y - tall * 1.3),
            (x + wide * 0.25, y - tall * 1.3),
            (x + wide * 0.35, y),
        ],
        robe,
        1.4,
    )
    dome = [
        (x + math.cos(a) * wide * 0.95, y - tall * 1.35 - math.sin(a) * tall * 0.62)
        for a in np.linspace(0, math.pi, 16)
    ]
    _inked(canvas, dome, ("#d9b25e", "#e4d7b4", "#b98a4a")[int(rng.integers(3))], 1.5)
    for k in range(3, 14, 3):
        canvas.ribbon([(x, y - tall * 1.98), dome[k]], INK, 1)


def moon(rng: np.random.Generator, size: Size, *, sky: tuple[str, str]) -> Image.Image:
    """Geese crossing a full moon above autumn grass."""
    canvas = Canvas(size, _bokashi(size, sky[0], sky[1], reach=0.5, floor="#d9cfae"))
    canvas.disc((0.46, 0.3), 0.36, "#f2ead0")
    _mist(canvas, rng, 0.46, mix_code(sky[1]))
    for k in range(5):
        _goose(canvas, (0.2 + 0.13 * k + rng.normal(0, 0.02), 0.2 + 0.05 * k + rng.normal(0, 0.02)), 0.11)
    for _ in range(52):
        x, tall, lean = rng.uniform(-0.1, 1.1), rng.uniform(0.16, 0.42), rng.normal(0.1, 0.12)
        blade = curve([(x, 1.03), (x + lean * 0.25, 1 - tall * 0.6), (x + lean, 1 - tall)], steps=10)
        canvas.ribbon(blade, mix("#2f4438", "#8a8a52", rng.random()), np.linspace(7, 0.8, len(blade)))
        if rng.random() < 0.4:
            for share in np.linspace(0.72, 1, 7):
                p = blade[int(share * (len(blade) - 1))]
                canvas.ribbon([p, np.add(p, (0.03, 0.012))], "#b9743c", [3.4, 0.8])
    return _printed(rng, canvas, seal=(0.1, 0.06))


def mix_code(code: str) -> str:
    """A paler code of a tone, for mist."""
    return "#{:02x}{:02x}{:02x}".format(*mix(code, "#f4ecd6", 0.55))


def _goose(canvas: Canvas, spot: Point, reach: float) -> None:
    wide, tall = canvas.radii(reach)
    x, y = spot

    def at(points: list[Point]) -> np.ndarray:
        return curve([(x + a * wide, y + b * tall) for a, b in points], steps=6, closed=True)

    canvas.polygon(at([(-0.9, -0.62), (-0.3, -0.3), (0.05, 0.02), (-0.25, -0.02), (-0.6, -0.28)]), "#3a3a40")
    canvas.polygon(at([(0.55, -0.8), (0.42, -0.35), (0.1, 0.05), (-0.1, -0.02), (0.2, -0.4)]), "#54504c")
    _inked(
        canvas,
        at(
            [
                (-0.5, 0.16),
                (-0.2, -0.03),
                (0.2, 0.0),
                (0.62, 0.12),
                (0.84, 0.06),
                (0.7, 0.2),
                (0.2, 0.2),
                (-0.2, 0.2),
            ]
        ),
        "#8a8270",
        1.4,
    )
    canvas.polygon(at([(0.82, 0.03), (0.98, 0.1), (0.82, 0.13)]), "#c9702c")


def blossom_branch(
    rng: np.random.Generator, size: Size, *, sky: tuple[str, str], petal: str, wood: str
) -> Image.Image:
    """An old branch in blossom across the whole sheet."""
    canvas = Canvas(size, _bokashi(size, sky[0], sky[1], reach=0.4))
    canvas.disc((0.7, 0.2), 0.14, mix(sky[1], "#ffffff", 0.5))
    tips: list[Point] = []
    trunk = curve([(-0.08, 0.98), (0.2, 0.74), (0.3, 0.6), (0.52, 0.5), (0.62, 0.34), (0.86, 0.22)], steps=12)
    widths = np.linspace(0.12, 0.018, len(trunk)) * canvas.short_px * (1 + 0.15 * wander(rng, len(trunk)))
    canvas.ribbon(trunk, INK, widths + 4)
    for k in range(6, len(trunk), 5):
        for side in (-1, 1):
            angle = -0.9 + side * rng.uniform(0.6, 1.2)
            tips += branches(
                canvas, rng, tuple(trunk[k]), rng.uniform(0.08, 0.17), wood, angle=angle, width_px=9, depth=2
            )
    canvas.ribbon(trunk, wood, widths)
    for share in (-0.3, 0.15, 0.35):
        canvas.ribbon(np.add(trunk, (0, share * 0.03)), mix(wood, INK, 0.5), widths * 0.1, opacity=0.7)
    for tip in tips:
        for _ in range(2):
            spot = (tip[0] + rng.normal(0, 0.035), tip[1] + rng.normal(0, 0.03))
            _five_petals(canvas, rng, spot, rng.uniform(0.022, 0.04), petal)
    return _printed(rng, canvas, seal=(0.11, 0.07))


def _five_petals(canvas: Canvas, rng: np.random.Generator, spot: Point, radius: float, petal: str) -> None:
    start, wide = rng.uniform(0, 6), canvas.radii(radius)
    for k in range(5):
        turn = start + k * 2 * math.pi / 5
        centre = (spot[0] + math.cos(turn) * wide[0] * 0.62, spot[1] + math.sin(turn) * wide[1] * 0.62)
        _inked(canvas, oval(centre, (wide[0] * 0.5, wide[1] * 0.5)), near(rng, petal, 5), 1.2)
    canvas.disc(spot, radius * 0.26, "#d9a53c")


def snow_village(rng: np.random.Generator, size: Size, *, sky: tuple[str, str]) -> Image.Image:
    """Roofs under deep snow at night, a lit window here and there."""
    canvas = Canvas(size, _bokashi(size, sky[0], sky[1], reach=0.6))
    canvas.polygon(ridge(rng, 0.42, 0.14, roughness=0.45), mix(sky[1], "#ffffff", 0.35))
    canvas.polygon(ridge(rng, 0.55, 0.08, roughness=0.4), "#dfe3e0")
    for x in np.arange(0.02, 1, 0.035):
        _fir(canvas, (x + rng.normal(0, 0.01), 0.6 + rng.normal(0, 0.012)), rng.uniform(0.06, 0.13))
    for y, count in [(0.66, 6), (0.76, 5), (0.9, 4)]:
        for x in np.linspace(0.04, 0.96, count) + rng.normal(0, 0.025, count):
            _snowy_house(canvas, rng, (float(x), y + rng.normal(0, 0.012)), 0.055 + (y - 0.6) * 0.18)
    x = np.linspace(-0.02, 1.02, 60)
    bank = 0.93 + 0.02 * np.sin(x * 6)
    _inked(canvas, np.vstack([np.stack([x, bank], axis=1), [(1.02, 1.02), (-0.02, 1.02)]]), "#eef0ea", 1.5)
    for _ in range(420):
        canvas.disc((rng.uniform(0, 1), rng.uniform(0, 1)), rng.uniform(0.0016, 0.0042), "#f6f4ea")
    return _printed(rng, canvas, seal=(0.94, 0.1))


def _fir(canvas: Canvas, foot: Point, tall: float) -> None:
    half = tall * 0.32 * canvas.size[1] / canvas.size[0]
    for share in (0, 0.3, 0.58):
        tier = [
            (foot[0] - half * (1 - share), foot[1] - tall * share),
            (foot[0], foot[1] - tall * (share + 0.45)),
            (foot[0] + half * (1 - share), foot[1] - tall * share),
        ]
        canvas.polygon(tier, "#33484e")
        canvas.polygon([tier[0], tier[1], (tier[1][0] + half * 0.12, tier[0][1] - tall * 0.1)], "#e6eae6")


def _snowy_house(canvas: Canvas, rng: np.random.Generator, foot: Point, half: float) -> None:
    x, y = foot
    tall = half * canvas.size[0] / canvas.size[1]
    _inked(canvas, box(x - half * 0.8, y - tall * 0.55, x + half * 0.8, y), "#6d5a48", 1.5)
    for k in (-0.45, 0.0, 0.45):
        lit = rng.random() < 0.45
        _inked(
            canvas,
            box(x + half * (k - 0.15), y - tall * 0.4, x + half * (k + 0.15), y - tall * 0.12),
            "#e8b85a" if lit else "#3c3a40",
            1.2,
        )
    roof = curve(
        [
            (x - half * 1.15, y - tall * 0.48),
            (x - half * 0.6, y - tall * 0.95),
            (x, y - tall * 1.25),
            (x + half * 0.6, y - tall * 0.95),
            (x + half * 1.15, y - tall * 0.48),
        ]
    )
    _inked(
        canvas,
        np.vstack([roof, [(x + half * 1.1, y - tall * 0.4), (x - half * 1.1, y - tall * 0.4)]]),
        "#f1f1ea",
        1.8,
    )
    canvas.ribbon([(x - half * 1.0, y - tall * 0.46), (x + half * 1.0, y - tall * 0.46)], "#a9b8bc", 3)


def irises(
    rng: np.random.Generator, size: Size, *, ground: tuple[str, str], petals: tuple[str, str]
) -> Image.Image:
    """Irises standing in a row by the water, cut off by the sheet."""
    canvas = Canvas(
        size, vertical(size, [(0, ground[0]), (0.5, ground[1]), (0.8, ground[1]), (1, "#4a6c86")])
    )
    for y in np.linspace(0.8, 0.97, 8):
        x = np.linspace(0, 1, 80)
        canvas.ribbon(np.stack([x, y + 0.006 * np.sin(x * 30 + y * 50)], axis=1), "#7d98a6", 2)
    for x in np.linspace(0.0, 1.0, 40) + rng.normal(0, 0.015, 40):
        tall, lean = rng.uniform(0.3, 0.72), rng.normal(0, 0.06)
        blade = curve([(x, 1.02), (x + lean * 0.3, 1 - tall * 0.6), (x + lean, 1 - tall)], steps=10)
        widths = np.linspace(19, 0.6, len(blade))
        canvas.ribbon(blade, INK, widths + 2.6)
        canvas.ribbon(blade, mix("#3a5e48", "#7f9a5c", rng.random()), widths)
    for x in np.linspace(0.08, 0.84, 9):
        spot = (x + rng.normal(0, 0.025), rng.uniform(0.2, 0.52))
        canvas.ribbon(curve([(spot[0] + 0.01, 1), (spot[0] + 0.015, 0.7), spot]), "#4f7350", 6)
        _iris(canvas, rng, spot, rng.uniform(0.07, 0.1), petals[int(rng.random() < 0.25)])
    return _printed(rng, canvas, seal=(0.94, 0.1))


def _iris(canvas: Canvas, rng: np.random.Generator, spot: Point, radius: float, tone: str) -> None:
    wide, tall = canvas.radii(radius)
    x, y = spot

    def petal(points: list[Point], fill: str) -> None:
        shade = mix(tone, fill, 0.3)
        outline = curve([(x + a * wide, y + b * tall) for a, b in points], steps=6, closed=True)
        _inked(canvas, outline, shade, 1.5)

    for side in (-1, 1):
        petal(
            [
                (0, 0),
                (side * 0.5, -0.15),
                (side * 1.05, 0.25),
                (side * 0.95, 0.8),
                (side * 0.55, 0.5),
                (side * 0.15, 0.25),
            ],
            "#20264e",
        )
        petal([(side * 0.05, 0), (side * 0.42, -0.5), (side * 0.34, -1.05), (side * 0.08, -0.7)], "#e8e4ea")
    petal([(0, 0), (0.34, 0.3), (0.3, 0.95), (0, 1.12), (-0.3, 0.95), (-0.34, 0.3)], "#20264e")
    canvas.ribbon([(x, y + tall * 0.1), (x, y + tall * 0.6)], "#e0b042", [5, 1])


def waterfall(
    rng: np.random.Generator, size: Size, *, rock: tuple[str, str], sky: tuple[str, str]
) -> Image.Image:
    """A fall between dark rocks, as straight as a hanging cloth."""
    canvas = Canvas(size, _bokashi(size, *sky))
    canvas.polygon(ridge(rng, 0.26, 0.08), mix(sky[1], rock[1], 0.5))
    fall = box(0.34, 0.2, 0.66, 0.86)
    canvas.polygon(fall, "#eef0ea")
    for x in np.linspace(0.345, 0.655, 24):
        points = np.stack(
            [x + 0.006 * np.sin(np.linspace(0, 9, 30) + x * 40), np.linspace(0.2, 0.86, 30)], axis=1
        )
        canvas.ribbon(
            points,
            ("#2f5a86", "#7fa3bd", "#b9ced6")[int(rng.integers(3))],
            rng.uniform(1.5, 7) * np.linspace(0.6, 1.1, 30),
        )
    for side in (0, 1):
        for base in np.linspace(0.2, 0.95, 9):
            edge = 0.36 + rng.uniform(-0.06, 0.03) if side == 0 else 0.64 + rng.uniform(-0.03, 0.06)
            far = -0.06 if side == 0 else 1.06
            drop = rng.uniform(0.12, 0.2)
            stone = [
                (far, base - 0.09),
                ((far + edge) / 2, base - 0.07 + rng.normal(0, 0.02)),
                (edge, base),
                (edge + (0.02 - 0.04 * side), base + drop * 0.7),
                (far, base + drop),
            ]
            tone = vertical(
                size,
                [
                    (0, rock[0]),
                    (max(0.01, base - 0.05), rock[0]),
                    (min(0.98, base + 0.16), rock[1]),
                    (1, rock[1]),
                ],
            )
            _inked(canvas, curve(stone, steps=5, closed=True), tone, 2.2)
    for x, y in [(0.12, 0.2), (0.2, 0.12), (0.86, 0.16), (0.8, 0.4), (0.13, 0.5)]:
        _pine(canvas, rng, (x, y), 0.09)
    canvas.polygon(box(-0.02, 0.86, 1.02, 1.02), vertical(size, [(0.85, "#c6d6da"), (1, "#2f5a86")]))
    for _ in range(80):
        spot = (rng.normal(0.5, 0.17), rng.normal(0.865, 0.012))
        canvas.disc(spot, rng.uniform(0.008, 0.024), "#f4f3ea")
    return _printed(rng, canvas, seal=(0.88, 0.05))


def _pine(canvas: Canvas, rng: np.random.Generator, spot: Point, reach: float) -> None:
    wide, tall = canvas.radii(reach)
    canvas.ribbon(
        curve(
            [
                (spot[0], spot[1] + tall * 1.6),
                (spot[0] + wide * 0.2, spot[1] + tall * 0.6),
                (spot[0], spot[1] - tall * 0.6),
            ]
        ),
        "#4a3624",
        7,
    )
    for row in (-0.7, -0.1, 0.5):
        middle = (spot[0] + rng.normal(0, 0.3) * wide, spot[1] + row * tall)
        pad = [
            (middle[0] + math.cos(a) * wide * 1.0, middle[1] - abs(math.sin(a)) * tall * 0.42)
            for a in np.linspace(0, math.pi, 14)
        ]
        _inked(canvas, pad, "#35543f", 1.6)
        for k in range(2, 13, 2):
            canvas.ribbon([(middle[0], middle[1]), pad[k]], "#7d9460", 1)


def sails(
    rng: np.random.Generator, size: Size, *, sky: tuple[str, str, str], sea: tuple[str, str]
) -> Image.Image:
    """Boats with square sails coming home over a still bay."""
    canvas = Canvas(size, vertical(size, [(0, sky[0]), (0.16, sky[1]), (0.42, sky[2]), (0.5, sky[2])]))
    for base, tone in [(0.44, "#8b93a0"), (0.48, "#5c6f80")]:
        canvas.polygon(ridge(rng, base, 0.06, roughness=0.42), tone)
    canvas.polygon(box(-0.02, 0.5, 1.02, 1.02), vertical(size, [(0.5, sky[2]), (0.66, sea[1]), (1, sea[0])]))
    for y in np.linspace(0.53, 0.98, 40):
        x, wide = rng.uniform(-0.1, 0.95), rng.uniform(0.03, 0.16)
        canvas.ribbon([(x, y), (x + wide, y)], sea[0], 1.5, opacity=0.5)
    for y in (0.54, 0.57, 0.61, 0.66, 0.74, 0.86):
        for _ in range(1 + (y < 0.7)):
            _boat(canvas, (rng.uniform(0.1, 0.9), y), 0.03 + (y - 0.5) * 0.36)
    _near_pine(canvas, rng)
    return _printed(rng, canvas, seal=(0.93, 0.1))


def _boat(canvas: Canvas, foot: Point, reach: float) -> None:
    wide, tall = canvas.radii(reach)
    x, y = foot
    hull = curve(
        [
            (x - wide * 0.9, y - tall * 0.14),
            (x - wide * 0.5, y + tall * 0.1),
            (x + wide * 0.5, y + tall * 0.1),
            (x + wide * 1.1, y - tall * 0.3),
        ]
    )
    canvas.ribbon([(x + wide * 0.05, y), (x + wide * 0.05, y - tall * 1.75)], INK, 2)
    sail = [
        (x - wide * 0.45, y - tall * 1.65),
        (x + wide * 0.5, y - tall * 1.65),
        (x + wide * 0.56, y - tall * 0.3),
        (x - wide * 0.52, y - tall * 0.3),
    ]
    _inked(canvas, sail, "#f0e6cb", 1.6)
    for share in (0.33, 0.66):
        canvas.ribbon(
            [
                (x - wide * (0.45 - share), y - tall * 1.65),
                (x - wide * (0.52 - share * 1.08), y - tall * 0.3),
            ],
            INK,
            0.9,
        )
    _inked(canvas, hull, "#7a5636", 1.6)
    canvas.polygon(
        box(x - wide * 0.5, y + tall * 0.12, x + wide * 0.5, y + tall * 0.5),
        "#f0e6cb",
        opacity=0.28,
        soft_px=2,
    )


def _near_pine(canvas: Canvas, rng: np.random.Generator) -> None:
    trunk = curve([(-0.03, 0.95), (0.06, 0.7), (0.04, 0.45), (0.12, 0.22), (0.3, 0.12)], steps=10)
    canvas.ribbon(trunk, INK, np.linspace(50, 9, len(trunk)) + 3)
    canvas.ribbon(trunk, "#6a4a32", np.linspace(50, 9, len(trunk)))
    for p in [(0.1, 0.3), (0.2, 0.18), (0.31, 0.13), (0.03, 0.42), (0.15, 0.44), (0.02, 0.18)]:
        _pine(canvas, rng, (p[0], p[1] + 0.02), 0.085)


BLUES = ("#1d3a68", "#3f6c9c", "#a9c4d2")
NIGHT = ("#16263f", "#34566f", "#9db4b4")

WORKS = (
    work(
        "Breaking wave before the sun",
        wave,
        (940, 650),
        sky=("#7f9a9c", "#e9d9b2"),
        blues=BLUES,
        light=((0.8, 0.42), "#c4523a"),
    ),
    work(
        "Rose peak at daybreak",
        mountain,
        (920, 640),
        sky=("#2f4a6a", "#8fa5a4", "#f0dcae"),
        peak=[(0.2, "#5a3450"), (0.5, "#a8626a"), (0.75, "#d09a7c"), (0.86, "#8a9468")],
        trees="#4c6a4c",
        snow="#f1e9d6",
    ),
    work(
        "Sudden rain on the bridge",
        rain,
        (640, 940),
        tones=("#6d7c86", "#c9cbbd", "#7d8c90"),
        water=("#5c7c92", "#a9bcc0"),
    ),
    work("Geese across the moon", moon, (430, 960), sky=("#22385a", "#8fa3a4")),
    work(
        "Plum branch in blossom",
        blossom_branch,
        (640, 920),
        sky=("#8a4a44", "#e6cda4"),
        petal="#f3e3dc",
        wood="#6a5444",
    ),
    work("Snow on the village roofs", snow_village, (920, 640), sky=("#10182a", "#5c6f80")),
    work(
        "Irises by the water",
        irises,
        (940, 560),
        ground=("#d9b25e", "#ecdcae"),
        petals=("#4a4f9a", "#e4dff0"),
    ),
    work(
        "Waterfall under the pines",
        waterfall,
        (470, 960),
        rock=("#6a6a4c", "#2f3a3c"),
        sky=("#3c6484", "#e6dcc0"),
    ),
    work(
        "Sails in the evening bay",
        sails,
        (920, 620),
        sky=("#4a5a84", "#c98f74", "#ecd2a0"),
        sea=("#27496e", "#8fa9ae"),
    ),
    work(
        "Wave at nightfall",
        wave,
        (700, 900),
        sky=("#1f2b44", "#8d8f92"),
        blues=NIGHT,
        light=((0.78, 0.2), "#efe6c8"),
    ),
    work(
        "Blue peak above the mist",
        mountain,
        (700, 900),
        sky=("#b8543c", "#e0a878", "#f0e2c0"),
        peak=[(0.2, "#22406c"), (0.5, "#3f648f"), (0.75, "#7d9cae"), (0.9, "#b9c6ba")],
        trees="#44605a",
        snow="#f6f1e2",
    ),
    work(
        "Blossom against the blue",
        blossom_branch,
        (920, 660),
        sky=("#22507c", "#a9c6cc"),
        petal="#efb9b4",
        wood="#54463c",
    ),
)
