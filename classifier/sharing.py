"""The card that chats and networks show for a shared page: the picture and what StyleArt says of it."""

from functools import cache
from io import BytesIO
from pathlib import Path

from django.utils.translation import get_language
from PIL import Image, ImageDraw, ImageFont, ImageOps

from gallery import pictures
from gallery.colours import HUES, OTHER

from .models import Bar, Prediction
from .plot import INK, PAPER

SIZE_PX = (1200, 630)  # what the networks ask for
PICTURE_PX = 570  # the square at the left that the picture hangs in
MARGIN_PX = 30
TEXT_X = 640
TEXT_PX = SIZE_PX[0] - TEXT_X - MARGIN_PX - 20
VERDICT_PX = (46, 42, 38, 35)  # the largest that fits into one line, else the smallest in several
SOFT, HAIRLINE = "#544e46", "#dcd6cb"
JPEG_QUALITY = 88


def card(prediction: Prediction) -> Path:
    """The card as a JPEG of 1200 × 630 px; drawn when it is first asked for in a language, and kept.

    It says nothing but the answer: no title, no name. Raises UnreadableImage or FileNotFoundError.
    """
    path = prediction.derived_folder / f"card-{prediction.model_version}-{get_language()}.jpg"
    return pictures.keep(path, _draw, prediction)


def _draw(prediction: Prediction) -> bytes:
    sheet = Image.new("RGB", SIZE_PX, PAPER)
    _hang(sheet, prediction)
    draw = ImageDraw.Draw(sheet)
    y = _write(draw, prediction.verdict, y=150)
    for bar in prediction.bars()[:3]:
        y = _draw_bar(draw, bar, y)
    draw.text((TEXT_X, SIZE_PX[1] - 78), "StyleArt", font=_font("DejaVuSerif.ttf", 34), fill=INK)
    out = BytesIO()
    sheet.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def _hang(sheet: Image.Image, prediction: Prediction) -> None:
    """Put the picture in the middle of the left half, whole."""
    with Image.open(prediction.preview()) as preview:
        picture = ImageOps.contain(preview, (PICTURE_PX, PICTURE_PX), Image.Resampling.LANCZOS)
    left, top = (MARGIN_PX + (PICTURE_PX - side) // 2 for side in picture.size)
    sheet.paste(picture, (left, top))


def _write(draw: ImageDraw.ImageDraw, text: str, *, y: int) -> int:
    """Write a sentence in lines that fit; gives the height below it."""
    fonts = [_font("DejaVuSerif.ttf", size_px) for size_px in VERDICT_PX]
    font = next((font for font in fonts if draw.textlength(text, font=font) <= TEXT_PX), fonts[-1])
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font=font) <= TEXT_PX:
            lines[-1] = longer
        else:
            lines.append(word)
    height = int(font.size * 1.3)
    top = y - max(len(lines) - 2, 0) * height // 2
    for number, line in enumerate(lines):
        draw.text((TEXT_X, top + number * height), line, font=font, fill=INK)
    return top + len(lines) * height + 36


def _draw_bar(draw: ImageDraw.ImageDraw, bar: Bar, y: int) -> int:
    colour = HUES[bar.style.position - 1] if bar.style and bar.style.position else OTHER
    font = _font("DejaVuSans.ttf", 22)
    draw.text((TEXT_X, y), bar.label, font=font, fill=INK)
    draw.text((TEXT_X + TEXT_PX, y), bar.percent, font=font, fill=SOFT, anchor="ra")
    line_y = y + 36
    draw.rectangle((TEXT_X, line_y + 5, TEXT_X + TEXT_PX, line_y + 6), fill=HAIRLINE)
    width = max(round(TEXT_PX * bar.probability), 2)
    draw.rectangle((TEXT_X, line_y, TEXT_X + width, line_y + 11), fill=colour)
    return line_y + 34


@cache
def _font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """A font that Matplotlib brings along, so that every machine draws the same card."""
    import matplotlib  # costly to import, and rarely asked for

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size_px)
