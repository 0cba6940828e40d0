"""Decoding where many threads share a process: only so many pictures at a time, for one may need 300 MB."""

import threading

from PIL import Image

from ml import inference

# Pictures a process: a web server has several processes, and no more cores are busy with one of them.
AT_ONCE = 2
turn = threading.BoundedSemaphore(AT_ONCE)


def decode(data: bytes, *, fit_px: int | None = None, cut: inference.Cut | None = None) -> Image.Image:
    """As `inference.decode`, once it is this picture's turn."""
    with turn:
        return inference.decode(data, fit_px=fit_px, cut=cut)
