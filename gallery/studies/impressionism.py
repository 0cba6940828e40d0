"""Impressionism: the light of one hour in broken strokes of unmixed colour, shadows violet instead of brown."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from gallery.studies import landscape
from gallery.studies.brush import Brushwork, along_edges, busy, drifting
from gallery.studies.colour import Size, Stops, rgb
from gallery.studies.surface import enhance, weave
from gallery.studies.work import work


def _broken(
    rng: np.random.Generator, target: Image.Image, *, calm: bool, sparks: tuple[str, ...]
) -> Image.Image:
    """Paint the target in dabs: first broad, then small and brighter, with sparks of other colours between."""
    size = target.size
    target = enhance(target, saturation=1.25)
    wander_flow = drifting(rng, size, cell_px=200, turn=0.5)
    flow = wander_flow * 0.6 if calm else along_edges(target, wander_flow * 1.6 + 0.4, blur_px=10)
    brush = Brushwork(Image.new("RGB", size, "#cdbfa6"))
    brush.cover(target, rng, length_px=42, width_px=16, flow=flow, step_px=15, jitter=7, tint=7, stray=0.25)
    brush.cover(target, rng, length_px=26, width_px=9, flow=flow, step_px=11, jitter=9, tint=8, stray=0.3)
    _sparks(rng, brush, target, flow, sparks)
    brush.cover(
        target, rng, length_px=13, width_px=5, flow=flow, step_px=6.5, jitter=9, tint=8, where=busy(target)
    )
    return weave(rng, brush.finish(relief=0.55), depth=0.1)


def _sparks(
    rng: np.random.Generator,
    brush: Brushwork,
    target: Image.Image,
    flow: np.ndarray,
    colours: tuple[str, ...],
) -> None:
    x, y = rng.integers(0, target.width, 1100), rng.integers(0, target.height, 1100)
    chosen = np.array([rgb(c) for c in colours], float)[rng.integers(0, len(colours), len(x))]
    below = np.asarray(target, float)[y, x]
    blended = below * 0.62 + chosen * 0.38 + rng.normal(0, 8, (len(x), 1))
    brush.strokes(rng, x, y, flow[y, x] + rng.normal(0, 0.3, len(x)), blended, length_px=18, width_px=6)


def study(
    rng: np.random.Generator,
    size: Size,
    *,
    scene: Callable[..., Image.Image],
    sparks: tuple[str, ...],
    calm: bool = False,
    **settings: object,
) -> Image.Image:
    """One scene from `landscape`, painted over in broken colour; calm keeps the strokes level."""
    return _broken(rng, scene(rng, size, **settings), calm=calm, sparks=sparks)


MORNING: Stops = [(0, "#8fb0d0"), (0.5, "#c9d6dc"), (0.75, "#f4dcb8"), (1, "#f2c9a0")]
NOON: Stops = [(0, "#5a93cc"), (0.4, "#94bfe0"), (0.7, "#d4e4e6"), (1, "#e9e6d2")]
MIST: Stops = [(0, "#6f86a4"), (0.35, "#93a5b8"), (0.55, "#c0b0a8"), (1, "#8598ac")]
DUSK: Stops = [(0, "#7d78a8"), (0.35, "#c09ab0"), (0.6, "#f0b48a"), (1, "#f6d29a")]
WATER: Stops = [(0, "#1f3f4c"), (0.3, "#3f6f74"), (0.55, "#7d9fb4"), (0.8, "#c2bcd8"), (1, "#f4dcd4")]
EVENING_WATER: Stops = [(0, "#2c2a50"), (0.3, "#4f4f86"), (0.55, "#9a7fa8"), (0.8, "#e0a898"), (1, "#fbe0b0")]
SUMMER: Stops = [(0, "#2f5a44"), (0.5, "#7fa256"), (0.8, "#c8cc70"), (1, "#f2e8a0")]
AUTUMN: Stops = [(0, "#6a3a3c"), (0.4, "#c06a34"), (0.75, "#eeb148"), (1, "#fbe694")]

WORKS = (
    work(
        "Harbour at sunrise",
        study,
        (900, 700),
        scene=landscape.harbour,
        air=MIST,
        sea="#5c7890",
        light="#f47a3c",
        at=(0.24, 0.36),
        sparks=("#f4a878", "#7d9cc0", "#b4a0c4"),
        calm=True,
    ),
    work(
        "Poplars on the river bend",
        study,
        (740, 900),
        scene=landscape.river_of_poplars,
        air=NOON,
        leaves=SUMMER,
        bank="#4f7a4c",
        sparks=("#f4d48a", "#8a7cc0", "#e08a6a"),
        calm=True,
    ),
    work(
        "Water lilies, afternoon",
        study,
        (880, 860),
        scene=landscape.pond,
        water=WATER,
        pads=[(0, "#3f7058"), (1, "#a4bf7c")],
        flower="#f6d4dc",
        sparks=("#b08cc8", "#f0c0b0", "#5a9aa0"),
        calm=True,
    ),
    work(
        "Poppies on the slope",
        study,
        (900, 680),
        scene=landscape.flower_field,
        air=NOON,
        grass=SUMMER,
        flowers=("#e03c2c", "#f0603c", "#c82c34", "#f4e6c8"),
        sparks=("#f0d870", "#8a9cd0", "#f08a6a"),
    ),
    work(
        "Haystacks, end of summer",
        study,
        (920, 640),
        scene=landscape.stacks,
        air=DUSK,
        field=[(0, "#8a7a5c"), (0.5, "#d4b060"), (1, "#f4dc94")],
        straw=[(0, "#6a4068"), (0.4, "#b0704c"), (0.75, "#eea850"), (1, "#fde8a0")],
        shade="#5c5a94",
        sparks=("#f49a6a", "#8a80c4", "#f4d478"),
    ),
    work(
        "Boulevard after rain",
        study,
        (760, 900),
        scene=landscape.street,
        air=[(0, "#a4aec4"), (0.6, "#e0d6d0"), (1, "#e6dcd0")],
        walls=[(0, "#a89080"), (0.5, "#c8b09a"), (1, "#e2cdb0")],
        wet="#a0a4b8",
        lamp="#ffd890",
        sparks=("#e8b48a", "#8a94bc", "#d4c49a"),
        calm=True,
    ),
    work(
        "White cliffs, wind from the west",
        study,
        (900, 720),
        scene=landscape.cliffs,
        air=NOON,
        sea=[(0, "#3f7ca8"), (0.5, "#5fa8b4"), (1, "#b4dcc8")],
        rock=[(0, "#8a84a4"), (0.45, "#cfc0b4"), (1, "#fbf0dc")],
        sparks=("#f4d0b0", "#7ab4c8", "#b0a0d0"),
    ),
    work(
        "Garden path in June",
        study,
        (720, 900),
        scene=landscape.garden,
        path="#e2c4a0",
        flowers=("#e8688c", "#f4f0e4", "#9a78c8", "#f0a848", "#d84a4a"),
        leaves=[(0, "#1f4a3c"), (0.5, "#5a8f4c"), (1, "#d0d878")],
        sparks=("#f4c8a0", "#8a90d0", "#f0e080"),
    ),
    work(
        "Poplars, October",
        study,
        (880, 760),
        scene=landscape.river_of_poplars,
        air=MORNING,
        leaves=AUTUMN,
        bank="#9a6a44",
        sparks=("#f4b45a", "#7d88c0", "#e8785a"),
        calm=True,
    ),
    work(
        "Lilies at sundown",
        study,
        (960, 620),
        scene=landscape.pond,
        water=EVENING_WATER,
        pads=[(0, "#40506c"), (1, "#9a9478")],
        flower="#fbd0b0",
        sparks=("#f0a080", "#7a70b8", "#f4d090"),
        calm=True,
    ),
    work(
        "Snow on the haystack",
        study,
        (860, 700),
        scene=landscape.stacks,
        air=[(0, "#a8b8d4"), (0.5, "#e4d8dc"), (1, "#fbe8d4")],
        field=[(0, "#a4b4d4"), (0.5, "#d8dcea"), (1, "#fdf6ee")],
        straw=[(0, "#5a5084"), (0.4, "#94748c"), (0.7, "#dcc0b4"), (1, "#fffaf0")],
        shade="#7484b8",
        count=1,
        sparks=("#f4ccb8", "#9aa8d8", "#f8e8c8"),
    ),
    work(
        "Harbour, late light",
        study,
        (920, 640),
        scene=landscape.harbour,
        air=DUSK,
        sea="#86789c",
        light="#ffd070",
        at=(0.7, 0.22),
        sparks=("#f8c08a", "#8a80b8", "#e89a8a"),
        calm=True,
    ),
)
