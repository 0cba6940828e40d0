"""Studies as files. Free of Django, so that a pool of fresh processes can import it."""

from dataclasses import dataclass
from io import BytesIO

from gallery import pictures
from gallery.studies import paint

QUALITY = 92


@dataclass(frozen=True)
class Print:
    """A painted study, ready for the catalogue: a JPEG, and what one look at it told."""

    style_slug: str
    number: int
    title: str
    data: bytes
    measured: pictures.Measured


def press(style_slug: str, number: int) -> Print:
    """Paint one study and look at it; about 0.4 s."""
    study = paint(style_slug, number)
    out = BytesIO()
    study.image.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return Print(style_slug, number, study.title, out.getvalue(), pictures.measure(out.getvalue()))
