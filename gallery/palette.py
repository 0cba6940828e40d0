"""The main colours of a picture, as people see them apart: CIELAB with the white of daylight (D65). Needs no Django."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

MOST = 6  # colours of a palette
LEAST_SHARE = 0.02
SAME = 13  # colours nearer than this are one; 2 is what a trained eye tells apart side by side
_SEEN_PX = 64
_BOXES = 24  # that the picture's colours are cut into before near ones are joined
_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
_WHITE = _TO_XYZ.sum(1)
# Where a hue begins, in degrees of CIELAB's circle, and its name.
_HUES = [(0, "pink"), (22, "red"), (48, "orange"), (76, "ochre"), (84, "yellow"), (108, "olive green"),
         (130, "green"), (172, "sea green"), (205, "turquoise"), (240, "blue"), (307, "violet"), (322, "purple"),
         (345, "pink")]  # fmt: skip


class Colour(NamedTuple):
    """One colour of a palette: "a0b1c2", L* a* b*, and its share of the picture, 0 to 1."""

    rgb: str
    lab: tuple[float, float, float]
    share: float

    @property
    def name(self) -> str:
        return name_of(self.lab)

    @property
    def percent(self) -> str:
        return f"{self.share:.0%}".rstrip("%")


def main_colours(picture: Image.Image) -> list[Colour]:
    """Up to 6 colours of a picture in RGB, the largest share first; the same for the same picture."""
    small = picture.resize((_SEEN_PX, _SEEN_PX), Image.Resampling.BOX)
    boxes = small.quantize(_BOXES, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    numbers = np.bincount(np.asarray(boxes).ravel(), minlength=256)
    used = np.flatnonzero(numbers)
    pixels, owner = np.asarray(small, float).reshape(-1, 3), np.asarray(boxes).ravel()
    means = np.array([pixels[owner == box].mean(0) for box in used])
    joined = _joined(means, numbers[used] / numbers.sum())
    colours = sorted((_colour(rgb, share) for rgb, share in joined), key=lambda colour: -colour.share)
    return [colour for colour in colours[:MOST] if colour.share >= LEAST_SHARE]


def _joined(means: np.ndarray, shares: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Colours, rgb of shape (n, 3), with the two nearest made one until none are nearer than SAME."""
    means, shares = list(means), list(shares)
    while len(means) > 1:
        lab = to_lab(np.array(means))
        apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1) + 1e3 * np.eye(len(lab))
        one, other = np.unravel_index(apart.argmin(), apart.shape)
        if apart[one, other] >= SAME:
            break
        both = shares[one] + shares[other]
        means[one] = (means[one] * shares[one] + means[other] * shares[other]) / both
        shares[one] = both
        del means[other], shares[other]
    return list(zip(means, shares, strict=True))


def _colour(rgb: np.ndarray, share: float) -> Colour:
    whole = np.clip(np.round(rgb), 0, 255).astype(int)
    name = "".join(f"{part:02x}" for part in whole)
    return Colour(name, lab_of(name), round(float(share), 4))


def lab_of(rgb: str) -> tuple[float, float, float]:
    """L* (0 to 100), a* and b* of a colour such as "a0b1c2"."""
    parts = to_lab(np.array([list(bytes.fromhex(rgb))], float))[0]
    return tuple(round(float(part), 2) for part in parts)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of sRGB values from 0 to 255, float, shape (n, 3)."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def name_of(lab: Sequence[float]) -> str:
    """A colour in words: "dark blue", "light grey", "brown"."""
    lightness, a, b = lab
    strength, hue = float(np.hypot(a, b)), float(np.degrees(np.arctan2(b, a))) % 360
    if strength < 7:
        return _grey(lightness)
    name = next(name for start, name in reversed(_HUES) if hue >= start)
    if name in {"orange", "ochre", "red"} and lightness < 52 and (strength < 45 or name != "red"):
        name = "brown"
    return f"{_depth(lightness, strength)}{name}"


def _grey(lightness: float) -> str:
    steps = [(12, "black"), (35, "dark grey"), (65, "grey"), (90, "light grey")]
    return next((name for end, name in steps if lightness < end), "white")


def _depth(lightness: float, strength: float) -> str:
    if lightness < 30:
        return "dark "
    if lightness > 75:
        return "light " if strength < 45 else "bright "
    return "greyish " if strength < 15 else ""
