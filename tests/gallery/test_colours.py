import re
from itertools import combinations
from math import dist
from pathlib import Path

import pytest
from django.conf import settings

from gallery.colours import HUES, OTHER
from gallery.models import Style
from gallery.templatetags.hanging import NARROWEST, WIDEST, ratio_class, timeline

CSS = (Path(settings.BASE_DIR) / "static" / "site.css").read_text()
WALLS = re.findall(r"--wall: (#[0-9a-f]{6});", CSS)


def linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def test_pages_and_plots_use_the_same_colours():
    in_css = dict(re.findall(r"--hue-(\w+): (#[0-9a-f]{6});", CSS))

    assert in_css == {str(place): hue for place, hue in enumerate(HUES, start=1)} | {"other": OTHER}


def test_every_style_has_its_own_colour():
    assert len(set(HUES)) == len(HUES) == 18


def test_every_hue_has_a_bar_and_a_dot():
    missing = [
        n for n in [*range(1, 19), "other"] if f".hue-{n} {{" not in CSS or f".dot.hue-{n}," not in CSS
    ]

    assert missing == []


@pytest.mark.parametrize("wall", WALLS[:2], ids=["by day", "by night"])
def test_bars_stand_out_from_the_wall(wall):
    too_faint = {hue: contrast(hue, wall) for hue in [*HUES, OTHER] if contrast(hue, wall) < 3}

    assert len(WALLS) >= 2
    assert too_faint == {}


def lightness_and_hue(colour: str) -> tuple[float, float, float]:
    """CIELAB coordinates under D65: equal distances look about equally far apart."""
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_no_two_hues_look_nearly_the_same():
    places = {hue: lightness_and_hue(hue) for hue in HUES}

    alike = [pair for pair in combinations(HUES, 2) if dist(places[pair[0]], places[pair[1]]) < 15]

    assert alike == []


@pytest.mark.parametrize("place", [0, 1], ids=["by day", "by night"])
def test_reading_text_has_a_contrast_of_seven_and_controls_of_their_own(place):
    day, night = (variables(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)[:2])
    colours = [day, day | night][place]

    assert contrast(colours["ink"], colours["wall"]) >= 7
    assert contrast(colours["soft"], colours["wall"]) >= 7
    assert contrast(colours["soft"], colours["shade"]) >= 4.5
    assert contrast(colours["ink"], colours["raised"]) >= 7
    assert contrast(colours["accent"], colours["wall"]) >= 4.5
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["danger"], colours["wall"]) >= 4.5
    assert contrast(colours["edge"], colours["wall"]) >= 3


def test_every_shape_of_picture_has_a_frame():
    shapes = {ratio_class(width, 400) for width in range(10, 4000)}
    framed = set(re.findall(r"\.(ratio-\d+)\{", CSS))

    assert shapes == framed


@pytest.mark.parametrize("percent", range(NARROWEST, WIDEST + 1, 7))
def test_a_frame_is_as_wide_as_its_picture_to_four_percent(percent):
    shape = int(ratio_class(percent * 10, 1000).removeprefix("ratio-"))

    assert shape == pytest.approx(percent, rel=0.043)


def test_a_picture_of_unknown_size_gets_a_square():
    assert ratio_class(None, None) == "ratio-100"


def test_the_timeline_never_lays_one_style_over_another():
    spans = [(1400, 1600), (1590, 1770), (1670, 1900), (1765, 1830), (1910, None)]
    styles = [
        Style(pk=n, name=str(n), position=n, start_year=a, end_year=b) for n, (a, b) in enumerate(spans, 1)
    ]

    drawn = timeline(styles, styles[0])["spans"]

    lanes = {}
    for span in drawn:
        start = float(span.x.rstrip("%"))
        assert start >= lanes.get(span.y, 0)
        lanes[span.y] = start + float(span.width.rstrip("%"))
    assert len(drawn) == 5


def test_the_timeline_leaves_out_what_has_no_years():
    dated, undated = Style(pk=1, name="One", start_year=1900), Style(pk=2, name="Two")

    assert [span.style for span in timeline([dated, undated], dated)["spans"]] == [dated]
