"""The icons of the installed app, drawn by this program from one plan: `python -m styleart_site.icons`.

A frame on a dark wall; in it three fields in colours of the styles. static/favicon.svg is the same plan.
"""

import io
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).parent.parent / "static"
INK, WALL = "#26231f", "#f7f5f1"
GRID = 32  # the plan is drawn on a grid of 32 by 32
RADIUS = 6
FIELDS = [  # x, y, width, height, colour
    (6, 6, 20, 20, WALL),
    (9, 9, 6, 14, "#bb3241"),
    (16, 9, 7, 8, "#a56700"),
    (16, 18, 7, 5, "#176ba1"),
]
FINER = 4  # drawn so many times as large, then made smaller: smooth edges
SAFE = 0.8  # of a maskable icon: what stays when a phone cuts it round
FILES = {  # name: size in px, whether phones may cut it into a shape
    "icon-180.png": (180, True),  # iOS rounds the corners itself and shows no transparency
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-512.png": (512, True),
}


def svg() -> str:
    """The plan as SVG."""
    fields = "\n".join(
        f'  <rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"/>'
        for x, y, width, height, colour in FIELDS
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {GRID} {GRID}">\n'
        f'  <rect width="{GRID}" height="{GRID}" rx="{RADIUS}" fill="{INK}"/>\n{fields}\n</svg>\n'
    )


def png(size_px: int, *, is_maskable: bool) -> bytes:
    """The plan as a square PNG. A maskable one fills the square, and keeps the frame in its safe middle."""
    large = size_px * FINER
    step = large / GRID
    picture = Image.new("RGBA", (large, large), INK if is_maskable else (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    if not is_maskable:
        pen.rounded_rectangle((0, 0, large - 1, large - 1), radius=RADIUS * step, fill=INK)
    scale = SAFE if is_maskable else 1
    edge = (1 - scale) * large / 2
    for x, y, width, height, colour in FIELDS:
        corners = (x, y, x + width, y + height)
        left, top, right, bottom = (round(edge + scale * step * at) for at in corners)
        pen.rectangle((left, top, right - 1, bottom - 1), fill=colour)
    out = io.BytesIO()
    picture.resize((size_px, size_px), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    (STATIC / "favicon.svg").write_text(svg())
    for name, (size_px, is_maskable) in FILES.items():
        (STATIC / name).write_bytes(png(size_px, is_maskable=is_maskable))


if __name__ == "__main__":
    main()
