"""Turn the bytes of any picture into honest pixels.

The only decoder of the house: training, serving and the pictures the site shows
all come through here, so what the model learned from is what it is asked about.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from math import ceil

import numpy as np
from PIL import (
    AvifImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

INPUT_SIZE_PX = 224
MIN_SIDE_PX = 32
MAX_SIDE_PX = 20_000
MAX_PIXELS = 40_000_000
MAX_JPEG_PIXELS = 120_000_000  # a JPEG that is written line by line can be decoded at an eighth of its size
# libwebp and libavif hold several copies of the whole picture: up to 16 bytes a pixel.
MAX_PIXELS_OF_KIND = {"WebP": 16_000_000, "AVIF": 16_000_000}
MAX_TWICE_PIXELS = 32_000_000  # where a second picture of the same size is needed, as with transparency
_ONCE_MODES = frozenset(["1", "L", "LA", "P", "RGB", "CMYK", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"])

# Encoders write 10 scans, those that try hard some 20; each goes through the whole picture again.
MAX_SCANS = 100
MAX_SCANNED_PIXELS = 500_000_000  # scans times pixels: about 10 ms for each 4 million

# Pillow reads marks, chunks and blocks one by one in Python: sound files have a few hundred before their pixels.
MAX_READS_OF_HEADER = 10_000
MAX_READS = 100_000

# Pillow's own readers, called directly: only the one that fits the first bytes ever sees the file,
# and our limits are asked before Pillow's, which are a setting of the whole process.
_READERS = {
    "JPEG": JpegImagePlugin.jpeg_factory,  # also reads the MPO files that phones write
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}
KINDS = tuple(_READERS)

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
)
_UNSUPPORTED_MAGIC = (
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "Photoshop"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\1\0", "icon"),
    (b"SIMPLE  =", "FITS"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"gimp xcf", "GIMP"),
)

_MESSAGES = {
    "empty": "This file is empty. Choose the picture again.",
    "not_a_picture": "This file is not a picture. Choose a JPEG, PNG, WebP, AVIF, GIF or TIFF.",
    "unsupported_kind": "This kind of file cannot be read here. Save it as JPEG or PNG and try again.",
    "too_many_pixels": "This picture has too many pixels. Make it smaller and try again.",
    "too_small": "This picture is too small. Each side needs at least %(least_px)s pixels.",
    "too_long": "This picture is too long. A side may have %(most_px)s pixels at most.",
    "too_many_scans": (
        "This JPEG is made of too many scans, so opening it would take too long. "
        "Save it again as an ordinary JPEG and try again."
    ),
    "cut_off": "This file ends too early, so it cannot be opened. Try saving it again as JPEG or PNG.",
    "damaged": "This file is damaged, so it cannot be opened. Try saving it again as JPEG or PNG.",
}
_LIMITS = {"least_px": MIN_SIDE_PX, "most_px": MAX_SIDE_PX}
_THIS_KIND = "This kind of file (%(kind)s) cannot be read here. Save it as JPEG or PNG and try again."
_SO_MANY_PIXELS = (
    "This picture has %(millions)s million pixels; %(most)s million is the most for %(kind)s. "
    "Make it smaller and try again."
)

# Whatever Pillow and the libraries below it raise on bytes they do not like.
# MemoryError stays out: it says something about us, not about the picture.
_DECODER_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,  # errors where Python is told to treat them so
)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


_TURNED = {
    1: Image.Transpose.ROTATE_270,  # Pillow turns to the left
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_90,
}


class UnreadableImage(ValueError):  # noqa: N818 - the site's word for it
    """These bytes will never become a picture here; the message tells the sender what to do.

    `code` is one of empty, not_a_picture, unsupported_kind, too_many_pixels,
    too_small, too_long, too_many_scans, cut_off, damaged. `sentence` has places such as %(kind)s that `facts` fill;
    whoever speaks another language than English translates it before that.
    """

    def __init__(self, code: str, sentence: str = "", facts: Mapping[str, int | str] | None = None) -> None:
        self.code = code
        self.sentence = sentence or _MESSAGES[code]
        self.facts = _LIMITS if facts is None else facts
        super().__init__(code, self.sentence, self.facts)

    def __str__(self) -> str:
        facts = {n: f"{fact:,}" if isinstance(fact, int) else fact for n, fact in self.facts.items()}
        return self.sentence % facts


@dataclass(frozen=True)
class PictureFacts:
    """What the header says; width and height in pixels as seen upright."""

    kind: str  # one of KINDS
    width: int
    height: int


@dataclass(frozen=True)
class Cut:
    """The part of a picture that counts: a rectangle in pixels of the upright picture, then quarter turns.

    `turns` are quarters to the right, 0 to 3. Raises ValueError when a side has fewer than 32 pixels or
    something is negative; whether it lies within its picture `fits` says.
    """

    left: int
    top: int
    width: int
    height: int
    turns: int = 0

    def __post_init__(self) -> None:
        if min(self.left, self.top) < 0 or min(self.width, self.height) < MIN_SIDE_PX:
            raise ValueError(f"A cut lies within the picture and has at least {MIN_SIDE_PX} pixels a side.")
        if self.turns not in range(4):
            raise ValueError("A picture is turned 0 to 3 times.")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what remains, as it is seen after turning."""
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)

    def fits(self, width: int, height: int) -> bool:
        """Whether it lies within an upright picture of this size."""
        return self.left + self.width <= width and self.top + self.height <= height

    def is_whole(self, width: int, height: int) -> bool:
        """Whether it leaves an upright picture of this size as it is."""
        return (self.left, self.top, self.width, self.height, self.turns) == (0, 0, width, height, 0)


def inspect(data: bytes) -> PictureFacts:
    """Read what a picture says of itself, without decoding it. Raises UnreadableImage."""
    image, facts, _ = _open(data)
    _check_scans(data, facts, image)
    image.close()
    return facts


def check(data: bytes) -> PictureFacts:
    """Prove that a picture can be decoded to its end, as cheaply as its kind allows.

    Raises UnreadableImage, as `decode` would, and for a JPEG of so many scans that decoding it would not end
    soon. Only `inspect` and `check` count those: who comes in passes one of them, later nobody need count again.
    """
    image, facts, _ = _open(data)
    _check_scans(data, facts, image)
    _load(data, facts, image)
    return facts


def decode(data: bytes, *, fit_px: int | None = None, cut: Cut | None = None) -> Image.Image:
    """Decode a picture to upright sRGB without metadata; transparency becomes white.

    With `cut` only that part comes, turned as it says. With `fit_px` both sides are at most that long;
    nothing is ever enlarged.

    Raises UnreadableImage when the bytes cannot be decoded, ValueError when the cut lies outside.
    """
    image, facts, orientation = _open(data)
    box = _stored_box(cut, facts, orientation)
    size = None
    if fit_px is not None:
        sides = image.size if box is None else (box[2] - box[0], box[3] - box[1])
        shrink = min(1.0, fit_px / max(sides))
        size = tuple(max(1, round(side * shrink)) for side in sides)
    return _turned(_pixels(data, facts, image, orientation, size, box), cut)


def square(data: bytes, size_px: int = INPUT_SIZE_PX, *, cut: Cut | None = None) -> np.ndarray:
    """Squeeze the whole picture, or what `cut` leaves of it, into a square, whatever its proportions.

    Returns uint8 of shape (size_px, size_px, 3). Nothing else is cut away: a style is
    in the whole picture, and the proportions must not give it away.

    Raises UnreadableImage when the bytes cannot be decoded, ValueError when the cut lies outside.
    """
    return _square(data, *_open(data), size_px, cut)


def checked_square(data: bytes, size_px: int = INPUT_SIZE_PX, *, cut: Cut | None = None) -> np.ndarray | None:
    """Prove that a picture can be decoded to its end, and make its `square` of the same decoding.

    None where the square would take much more memory than the proof: then there is only the proof. For those
    that `inspect` has let in; it counts no scans. Raises UnreadableImage as `check` does, and ValueError when
    the cut lies outside.
    """
    image, facts, orientation = _open(data)
    if _is_light(image, facts, cut):
        return _square(data, image, facts, orientation, size_px, cut)
    _load(data, facts, image)
    return None


def preprocess(data: bytes, size_px: int = INPUT_SIZE_PX, *, cut: Cut | None = None) -> np.ndarray:
    """Decode a picture, or what `cut` leaves of it, and prepare it for MobileNetV2.

    Returns float32 of shape (size_px, size_px, 3), RGB, values from -1 to 1,
    as keras.applications.mobilenet_v2.preprocess_input makes them.

    Raises UnreadableImage when the bytes cannot be decoded, ValueError when the cut lies outside.
    """
    return scale(square(data, size_px, cut=cut))


def scale(pixels: np.ndarray) -> np.ndarray:
    """Bring 0..255 to float32 from -1 to 1, which MobileNetV2 was trained on."""
    return np.asarray(pixels, np.float32) / np.float32(127.5) - np.float32(1)


def _open(data: bytes) -> tuple[ImageFile.ImageFile, PictureFacts, int]:
    """Open a picture without decoding it; also gives its EXIF orientation (1 to 8)."""
    kind = _kind(data)
    with _faults_as_unreadable(data, kind, None):
        file = _Patience(data)
        image = _READERS[kind](file, "")
        file.left = MAX_READS
    # Pillow turns TIFF pages itself while loading, and their size is already the turned one.
    orientation = 1 if kind == "TIFF" else _orientation(image)
    width, height = image.size if orientation < 5 else image.size[::-1]
    _check_limits(kind, width, height, _most_pixels(data, kind, image))
    return image, PictureFacts(kind, width, height), orientation


def _load(data: bytes, facts: PictureFacts, image: ImageFile.ImageFile) -> None:
    """Decode to the end, as small as the kind allows, and forget the pixels."""
    with _faults_as_unreadable(data, facts.kind, image):
        _draft(image, (1, 1))
        image.load()
    image.close()


def _square(
    data: bytes,
    image: ImageFile.ImageFile,
    facts: PictureFacts,
    orientation: int,
    size_px: int,
    cut: Cut | None,
) -> np.ndarray:
    box = _stored_box(cut, facts, orientation)
    return np.asarray(_turned(_pixels(data, facts, image, orientation, (size_px, size_px), box), cut))


def _is_light(image: Image.Image, facts: PictureFacts, cut: Cut | None) -> bool:
    """Whether making the square holds no more at a time than the decoded pixels of the largest PNG.

    Else a large one would be there twice, to bring its mode to RGB, or a JPEG in full, for a small cut.
    """
    is_flat = image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info
    return facts.width * facts.height <= MAX_PIXELS // 2 or (is_flat and cut is None)


def _stored_box(cut: Cut | None, facts: PictureFacts, orientation: int) -> tuple[int, int, int, int] | None:
    """Where a cut of the upright picture lies in the pixels as they are stored: left, top, right, bottom."""
    if cut is None:
        return None
    if not cut.fits(facts.width, facts.height):
        raise ValueError(f"{cut} does not lie within {facts.width} × {facts.height} pixels.")
    left, top, right, bottom = cut.left, cut.top, cut.left + cut.width, cut.top + cut.height
    if orientation in (
        2,
        3,
        6,
        7,
    ):  # in these, right and left of the upright picture are stored the other way
        left, right = facts.width - right, facts.width - left
    if orientation in (3, 4, 7, 8):
        top, bottom = facts.height - bottom, facts.height - top
    return (top, left, bottom, right) if orientation >= 5 else (left, top, right, bottom)


def _turned(picture: Image.Image, cut: Cut | None) -> Image.Image:
    return picture.transpose(_TURNED[cut.turns]) if cut is not None and cut.turns else picture


def _kind(data: bytes) -> str:
    if not data:
        raise UnreadableImage("empty")
    head = bytes(data[:1024])
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _kind_of_container(head)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if name := _known_but_unsupported(head):
        raise _unsupported(name)
    if any(magic.startswith(head) for magic, _ in _MAGIC):  # a picture's first bytes, and no more
        raise UnreadableImage("cut_off")
    raise UnreadableImage("not_a_picture")


def _kind_of_container(head: bytes) -> str:
    """Tell AVIF from its cousins in the same container by the brands it claims."""
    brands = head[8 : max(12, struct.unpack(">I", head[:4])[0])]
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    is_heic = any(
        brand in brands for brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
    )
    raise _unsupported("HEIC" if is_heic else "video")


def _known_but_unsupported(head: bytes) -> str | None:
    for magic, name in _UNSUPPORTED_MAGIC:
        if head.startswith(magic):
            return name
    if head[:2] == b"BM" and head[6:10] == bytes(4) and head[15:18] == bytes(3):
        return "BMP"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<") and b"<svg" in text:
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "web page"
    return None


def _unsupported(name: str) -> UnreadableImage:
    return UnreadableImage("unsupported_kind", _THIS_KIND, {"kind": name})


def _orientation(image: Image.Image) -> int:
    try:
        # Not image.getexif(): for PNG that decodes the whole picture.
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    except _DECODER_FAULTS:  # broken notes on a picture that may be sound
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _most_pixels(data: bytes, kind: str, image: Image.Image) -> int:
    """How many pixels this picture may have, so that decoding it takes less than 300 MB."""
    is_large = image.width * image.height > MAX_PIXELS
    if kind == "JPEG" and is_large and _is_written_line_by_line(data):
        return MAX_JPEG_PIXELS
    most = MAX_PIXELS_OF_KIND.get(kind, MAX_PIXELS)
    is_twice = image.mode not in _ONCE_MODES or (image.mode == "RGB" and "transparency" in image.info)
    return min(most, MAX_TWICE_PIXELS) if is_twice else most


def _check_limits(kind: str, width: int, height: int, limit: int) -> None:
    if width < MIN_SIDE_PX or height < MIN_SIDE_PX:
        raise UnreadableImage("too_small")
    if width > MAX_SIDE_PX or height > MAX_SIDE_PX:
        raise UnreadableImage("too_long")
    if width * height > limit:
        facts = {"millions": round(width * height / 1e6), "most": limit // 10**6, "kind": kind}
        raise UnreadableImage("too_many_pixels", _SO_MANY_PIXELS, facts)


class _Patience(BytesIO):
    """Bytes to read from, but not for ever: OSError after too many reads."""

    left = MAX_READS_OF_HEADER

    def read(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise OSError("too many pieces")
        return super().read(size)


_JPEG_MARK = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # neither a stuffed byte nor a restart
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END = 0xDA, 0xD9
_BARE_MARKS = frozenset([0x01, 0xD8])
_SCAN_PAIR = np.frombuffer(bytes([0xFF, _START_OF_SCAN]), np.uint16)[0]  # in this machine's order
_PAIRS_AT_ONCE = 1 << 16  # stays in the processor's cache


def _jpeg_marks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The marks of a JPEG in the order in which libjpeg meets them, and the first bytes of what they bring."""
    place = 0
    while found := _JPEG_MARK.search(data, place):
        mark, place = found[0][1], found.end()
        if mark == _END:
            return
        if mark in _BARE_MARKS:
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        yield mark, data[place + 2 : place + min(length, 32)]
        place += max(length, 2)


def _is_written_line_by_line(data: bytes) -> bool:
    """Whether a JPEG has all of its colours in one scan, so that nobody has to hold the whole of it."""
    parts = 0
    for mark, body in _jpeg_marks(data):
        if mark in _START_OF_FRAME:
            if mark not in (0xC0, 0xC1, 0xC9) or len(body) < 6:  # progressive, lossless, or broken
                return False
            parts = body[5]
        if mark == _START_OF_SCAN:
            return bool(parts) and body[:1] == bytes([parts])
    return False


def _check_scans(data: bytes, facts: PictureFacts, image: Image.Image) -> None:
    """Refuse what is refined again and again; it takes 14 bytes to go through all pixels once more."""
    if facts.kind == "JPEG":
        if not _are_too_many(_places_of_scans(data), facts):
            return
        scans = _scans(data)
    elif facts.kind == "TIFF" and image.tag_v2.get(TiffImagePlugin.COMPRESSION) in (6, 7):
        scans = _scans_in_pages(data, image)
    else:
        return
    if _are_too_many(scans, facts):
        raise UnreadableImage("too_many_scans")


def _are_too_many(scans: int, facts: PictureFacts) -> bool:
    return scans > MAX_SCANS or (scans > 1 and scans * facts.width * facts.height > MAX_SCANNED_PIXELS)


def _places_of_scans(data: bytes) -> int:
    """Where a scan may begin, wherever its mark stands: more than `_scans`, told in a third of its time."""
    places = 0
    for first in (0, 1):  # pairs of bytes at even places, then at odd ones
        pairs = np.frombuffer(data, np.uint16, (len(data) - first) // 2, first)
        for place in range(0, len(pairs), _PAIRS_AT_ONCE):
            places += np.count_nonzero(pairs[place : place + _PAIRS_AT_ONCE] == _SCAN_PAIR)
    return places


def _scans(data: bytes) -> int:
    """How many scans a JPEG has; at most one more than are taken."""
    scans = (mark for mark, _ in _jpeg_marks(data) if mark == _START_OF_SCAN)
    return sum(1 for _ in islice(scans, MAX_SCANS + 1))


def _scans_in_pages(data: bytes, image: Image.Image) -> int:
    """The most scans that one strip or tile of a TIFF has; those are JPEGs of their own."""
    tags = image.tag_v2
    starts, lengths = tags.get(273) or tags.get(324) or (), tags.get(279) or tags.get(325) or ()
    pieces = set(zip(starts, lengths, strict=False))
    if sum(length for _, length in pieces) > 2 * len(data):  # pieces that lie across each other
        raise UnreadableImage("damaged")
    return max((_scans(data[start : start + length]) for start, length in pieces), default=0)


@contextmanager
def _faults_as_unreadable(data: bytes, kind: str, image: Image.Image | None) -> Iterator[None]:
    try:
        yield
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImage("too_many_pixels") from error
    except _DECODER_FAULTS as error:
        cut_off = "truncated" in str(error).lower() or _ends_early(data, kind, image)
        raise UnreadableImage("cut_off" if cut_off else "damaged") from error


def _ends_early(data: bytes, kind: str, image: Image.Image | None) -> bool:
    """Whether the file lacks its own end, asked only after decoding has failed."""
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-64:]
    if kind == "PNG":
        return b"IEND" not in data[-64:]
    if kind == "GIF":
        return not data.endswith(b";")
    if kind == "WebP":
        return len(data) < 12 or struct.unpack("<I", data[4:8])[0] + 8 > len(data)
    if kind == "AVIF":
        return _boxes_overrun(data)
    return _pages_overrun(data, image)


def _boxes_overrun(data: bytes) -> bool:
    start = 0
    while start + 8 <= len(data):
        length = struct.unpack(">I", data[start : start + 4])[0]
        if length == 1 and start + 16 <= len(data):
            length = struct.unpack(">Q", data[start + 8 : start + 16])[0]
        if length == 0:  # this box goes on to the end of the file
            return False
        if length < 8:  # no such box: damaged, not short
            return False
        start += length
    return start != len(data)


def _pages_overrun(data: bytes, image: Image.Image | None) -> bool:
    if len(data) < 8:
        return True
    order = "<" if data[:2] == b"II" else ">"
    if image is None:
        return struct.unpack(order + "I", data[4:8])[0] >= len(data)
    tags = getattr(image, "tag_v2", {})
    starts, lengths = tags.get(273) or tags.get(324) or (), tags.get(279) or tags.get(325) or ()
    return any(start + length > len(data) for start, length in zip(starts, lengths, strict=False))


def _draft(image: ImageFile.ImageFile, least: tuple[int, int]) -> None:
    """Let JPEG decode at 1/2, 1/4 or 1/8 if that still covers `least`; a no-op for the others."""
    image.draft(None, (max(1, least[0]), max(1, least[1])))


def _pixels(
    data: bytes,
    facts: PictureFacts,
    image: ImageFile.ImageFile,
    orientation: int,
    size: tuple[int, int] | None,
    box: tuple[int, int, int, int] | None = None,
) -> Image.Image:
    """Decode, cut to `box`, bring to `size` (both as stored, before turning upright), to sRGB, upright, bare."""
    profile, stored = image.info.get("icc_profile"), image.size
    with _faults_as_unreadable(data, facts.kind, image):
        if size is not None:
            _draft(image, _least(size, stored, box))  # twice, so that our own filter does the fine work
        image.load()
        flat = _flat(image)
        if box is not None:
            flat = _cut(flat, box, stored, size)
        elif size is not None and flat.size != size:
            flat = flat.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
        picture = _in_srgb(flat, profile)
        if orientation != 1:
            picture = picture.transpose(_UPRIGHT[orientation])
    image.close()
    return _bare(picture)


def _least(
    size: tuple[int, int], stored: tuple[int, int], box: tuple[int, int, int, int] | None
) -> tuple[int, int]:
    """What the whole picture has to be decoded at, so that what remains of it is twice as large as wanted."""
    if box is None:
        return 2 * size[0], 2 * size[1]
    sides = box[2] - box[0], box[3] - box[1]
    most = 2 if stored[0] * stored[1] > MAX_PIXELS else 1  # a small part of a huge JPEG must not need it all
    return tuple(
        min(ceil(whole / most), ceil(2 * wanted * whole / side))
        for wanted, whole, side in zip(size, stored, sides, strict=True)
    )


def _cut(
    flat: Image.Image, box: tuple[int, int, int, int], stored: tuple[int, int], size: tuple[int, int] | None
) -> Image.Image:
    """What lies in `box`, which counts in pixels as stored, of a picture that may be decoded smaller."""
    if size is None:  # then it was decoded as stored
        return flat.crop(box)
    across, down = flat.width / stored[0], flat.height / stored[1]
    left, top, right, bottom = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    inside = (left, top, min(right, flat.width), min(bottom, flat.height))
    return flat.resize(size, Image.Resampling.BICUBIC, box=inside, reducing_gap=3.0)


_BAND_PIXELS = 1 << 20


def _flat(image: Image.Image) -> Image.Image:
    """Bring any of Pillow's modes to L, RGB or CMYK, on white where it is transparent.

    Works in bands, so that large pictures need no memory but for the decoded one and the flat one.
    """
    if image.mode.startswith(("I", "F")):
        return _grey_of_deep(image)
    if image.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _on_white(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _bands(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of about a million pixels that cover a picture from top to bottom."""
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _on_white(image: Image.Image) -> Image.Image:
    mode = "L" if image.mode in ("L", "LA", "La") else "RGB"
    wall = Image.new(mode, image.size, "white")
    for box in _bands(image):
        band = image.crop(box)
        clear = band if band.mode == mode + "A" else band.convert(mode + "A")
        wall.paste(clear.convert(mode), box, mask=clear.getchannel("A"))
    return wall


def _grey_of_deep(image: Image.Image) -> Image.Image:
    """Grey with more than 8 bits: 16-bit scans keep their scale, others are stretched to 0..255.

    Of the former, one value may be transparent.
    """
    grey, clear = Image.new("L", image.size), image.info.get("transparency")
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else _range_of_deep(image)
    for box in _bands(image):
        values = np.asarray(image.crop(box))
        if image.mode.startswith("I;16"):
            eight_bits = (values >> 8).astype(np.uint8)
            if clear is not None:
                eight_bits[values == clear] = 255
            grey.paste(Image.fromarray(eight_bits), box)
        else:
            stretched = (_finite(values) - low) * (255.0 / max(high - low, 1e-12))
            grey.paste(Image.fromarray(stretched.round().clip(0, 255).astype(np.uint8)), box)
    return grey


def _range_of_deep(image: Image.Image) -> tuple[float, float]:
    """The values that become black and white."""
    ends = [(float(band.min()), float(band.max())) for band in _finite_bands(image)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if image.mode == "I" and low >= 0 and high <= 65535:
        return 0.0, 65535.0 if high > 255 else 255.0
    return low, high


def _finite_bands(image: Image.Image) -> Iterator[np.ndarray]:
    for box in _bands(image):
        yield _finite(np.asarray(image.crop(box)))


def _finite(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a broken or unfitting profile: the numbers are the best we have
    return image.convert("RGB")


def _bare(image: Image.Image) -> Image.Image:
    """Drop every note that came along (EXIF, GPS, XMP, comments)."""
    bare = image if type(image) is Image.Image else image.copy()
    bare.info = {}
    return bare
