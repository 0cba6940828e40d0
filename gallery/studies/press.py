"""Studies as files. Free of Django, so that a pool of fresh processes can import it."""

from io import BytesIO

from gallery.studies import paint

QUALITY = 92


def painted_jpeg(slug: str, number: int) -> tuple[str, int, str, bytes]:
    """Paint one study; gives back its slug and number, its title, and a JPEG."""
    study = paint(slug, number)
    out = BytesIO()
    study.image.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return slug, number, study.title, out.getvalue()
