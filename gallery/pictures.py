"""Files made from pictures: decoded by ml.inference's one decoder, written whole or not at all."""

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from ml import inference

JPEG_QUALITY = 84


def jpeg(data: bytes, size_px: int) -> bytes:
    """Re-encode a picture as an sRGB JPEG that fits into size_px × size_px, upright, without metadata.

    Raises UnreadableImage when the bytes cannot be decoded.
    """
    out = BytesIO()
    picture = inference.decode(data, fit_px=size_px)
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def keep(path: Path, make: Callable[..., bytes], *args) -> Path:
    """Return `path`, made with `make(*args)` first where it is missing.

    The file appears under its name when it is complete, so a crash or a second
    request at the same moment leaves no half file.
    """
    if not path.exists():
        content = make(*args)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(content)
                file.close()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
        path.chmod(0o640)
    return path
