"""The style plot as a file: SVG for print, PNG for mails and chats."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language, gettext

from gallery import pictures
from gallery.colours import HUES, OTHER

from .models import Bar, Prediction

INK, PAPER = "#26231f", "#f7f5f1"


def keep(prediction: Prediction, kind: str) -> Path:
    """The plot of an answer as a file, "svg" or "png", in the language that is spoken; drawn once and kept."""
    name = f"plot-{prediction.model_version}-{get_language() or settings.LANGUAGE_CODE}.{kind}"
    return pictures.keep(prediction.derived_folder / name, draw, prediction.bars(), kind)


def draw(bars: Sequence[Bar], kind: str) -> bytes:
    """Draw the bars, highest first, in the language of the page, as "svg" or "png" (1600 px wide). Needs about 0.3 s and 40 MB."""
    from matplotlib.figure import Figure  # costly to import, and rarely asked for

    figure = Figure(figsize=(8, 0.9 + 0.34 * len(bars)), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    colours = [HUES[bar.style.position - 1] if bar.style else OTHER for bar in bars]
    drawn = axes.barh(
        [bar.label for bar in bars], [bar.probability for bar in bars], color=colours, height=0.66
    )
    axes.bar_label(drawn, [bar.percent for bar in bars], padding=5, color=INK, fontsize=10)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.12 * bars[0].probability, 0.2))
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0, labelsize=11, labelcolor=INK)
    axes.spines[:].set_visible(False)
    axes.set_title(gettext("What StyleArt sees"), loc="left", family="serif", color=INK, fontsize=14)
    out = BytesIO()
    figure.savefig(
        out, format=kind, dpi=200, metadata={"Date": None} if kind == "svg" else {"Software": None}
    )
    return out.getvalue()
