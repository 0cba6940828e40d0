"""Pictures for tests, as bytes, made by our own code; the same bytes on every run."""

import math
import random
import struct
import zlib
from io import BytesIO

from PIL import Image, ImageCms, ImageDraw, ImageFilter


def composition(width: int = 480, height: int = 360, seed: int = 7) -> Image.Image:
    """Paint an abstract composition: a ground in two tones, coloured planes, circles, strokes."""
    chance = random.Random(seed)
    hues = ["#b5482a", "#d9a441", "#2f5d62", "#7a9e9f", "#1f2a44", "#e8dcc4", "#8c2f39", "#496f3d"]
    image = Image.new("RGB", (width, height), "#efe4cf")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.62, width, height), fill="#cdb892")
    for _ in range(14):
        x, y = chance.randrange(width), chance.randrange(height)
        reach = chance.uniform(0.08, 0.3) * min(width, height)
        turn = chance.uniform(0, math.tau)
        corners = [
            (
                x + reach * math.cos(turn + step * math.tau / 4),
                y + reach * math.sin(turn + step * math.tau / 4),
            )
            for step in range(4)
        ]
        draw.polygon(corners, fill=chance.choice(hues))
    for _ in range(9):
        x, y, radius = chance.randrange(width), chance.randrange(height), chance.uniform(0.03, 0.12) * height
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=chance.choice(hues))
    for _ in range(24):
        x, y = chance.randrange(width), chance.randrange(height)
        end = (x + chance.randint(-90, 90), y + chance.randint(-60, 60))
        draw.line((x, y, *end), fill=chance.choice(hues), width=chance.randint(1, 5))
    return image.filter(ImageFilter.GaussianBlur(0.6))


def small_painting(seed: int = 7) -> bytes:
    """A JPEG of 480 × 360 px; another seed gives another painting."""
    return _saved(composition(seed=seed), "JPEG", quality=90)


def rotated_photo() -> bytes:
    """A phone photo stored lying (480 × 360), to be shown upright, that knows where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90° clockwise
    exif[0x010F] = "Camera Works"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return _saved(composition(), "JPEG", quality=90, exif=exif)


def endless_jpeg(scans: int = 20_000, side_px: int = 2000) -> bytes:
    """A progressive JPEG of 4 million pixels that is refined again and again: 14 bytes a scan, 10 ms each."""
    out = _saved(Image.new("L", (side_px, side_px), 128), "JPEG", quality=50, progressive=True)
    last_scan = out.rindex(b"\xff\xda")
    return out[:last_scan] + out[last_scan:-2] * scans + out[-2:]


def endless_jpeg_in_tiff() -> bytes:
    """The same within a TIFF, in each of its strips."""
    strip = endless_jpeg(scans=99, side_px=2400)
    tags = {256: 2400, 257: 2400, 258: 8, 259: 7, 262: 1, 273: 8, 277: 1, 278: 2400, 279: len(strip)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory


def progressive_jpeg() -> bytes:
    return _saved(composition(), "JPEG", quality=90, progressive=True)


def jpeg_of_notes(notes: int = 500_000) -> bytes:
    """A JPEG with half a million empty remarks before its pixels."""
    whole = small_painting()
    return whole[:2] + b"\xff\xfe\0\2" * notes + whole[2:]


def png_of_notes(notes: int = 300_000) -> bytes:
    """A PNG with hundreds of thousands of empty chunks before its pixels."""
    whole = png()
    return whole[:33] + _chunk(b"teSt", b"") * notes + whole[33:]


def gif_of_notes(notes: int = 500_000) -> bytes:
    """A GIF with half a million empty remarks before its pixels."""
    whole = _saved(composition(200, 150).quantize(64), "GIF")
    start = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    return whole[:start] + b"!\xfe\1a\0" * notes + whole[start:]


def transparent_giant() -> bytes:
    """A PNG as large as is taken: 32 million transparent pixels in some 140 kB, and 260 MB on its way to the model."""
    return _saved(Image.new("RGBA", (5650, 5650), (200, 30, 30, 128)), "PNG")


def mpo_photo() -> bytes:
    """A phone photo of two pictures in one file, as cameras with a depth picture write it."""
    first, second = composition(), composition(seed=8)
    return _saved(first, "MPO", save_all=True, append_images=[second])


def cmyk_scan() -> bytes:
    """A scan for print: JPEG in CMYK."""
    return _saved(composition().convert("CMYK"), "JPEG", quality=90)


def cut_off_jpeg() -> bytes:
    """The first half of a JPEG."""
    whole = small_painting()
    return whole[: len(whole) // 2]


def grey_jpeg() -> bytes:
    return _saved(composition().convert("L"), "JPEG", quality=90)


def letter() -> bytes:
    """A letter whose name ends in .jpg."""
    return b"Dear curator,\n\nhere is the painting you asked for.\n\nYours, A. Friend\n"


def empty() -> bytes:
    return b""


def svg() -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle r="30"/></svg>\n'
    )


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def bmp() -> bytes:
    return _saved(composition(), "BMP")


def heic() -> bytes:
    """The first box of an iPhone's HEIC file; nothing here reads further."""
    return struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(64)


def png() -> bytes:
    return _saved(composition(), "PNG")


def png_bomb(width: int = 13_000, height: int = 13_000) -> bytes:
    """A sound PNG of 169 million pixels in some 170 kB: one white row, over and over."""
    row = bytes(1) + b"\xff" * width  # 8 bits of grey a pixel, no filter
    press = zlib.compressobj(9)
    rows = b"".join(press.compress(row) for _ in range(height)) + press.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def transparent_png() -> bytes:
    """A red disc in the middle of nothing: the corners are wholly transparent (and black below)."""
    image = Image.new("RGBA", (120, 90), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((30, 15, 90, 75), fill=(200, 30, 30, 255))
    return _saved(image, "PNG")


def palette_png() -> bytes:
    """64 colours in a palette, one of them transparent."""
    image = composition().quantize(64, dither=Image.Dither.NONE)
    return _saved(image, "PNG", transparency=0)


def sixteen_bit_png() -> bytes:
    """A ramp of grey with 16 bits, dark on the left, light on the right."""
    width, height = 256, 64
    row = bytes(1) + struct.pack(f">{width}H", *(x * 257 for x in range(width)))
    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(row * height)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def profiled_jpeg() -> bytes:
    """A JPEG that carries an sRGB profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return _saved(composition(), "JPEG", quality=90, icc_profile=profile)


def broken_profile_jpeg() -> bytes:
    """A JPEG whose colour profile is rubbish."""
    return _saved(composition(), "JPEG", quality=90, icc_profile=b"no profile at all" * 20)


def animated_gif() -> bytes:
    """Three frames, of which the first counts."""
    frames = [composition(200, 150, seed=seed).quantize(64) for seed in (7, 8, 9)]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)


def tiff() -> bytes:
    """Two pages, of which the first counts."""
    return _saved(
        composition(), "TIFF", compression="tiff_lzw", save_all=True, append_images=[composition(seed=8)]
    )


def rotated_tiff() -> bytes:
    """A page of 480 × 360 px that is to be shown as 360 × 480."""
    return _saved(composition(), "TIFF", tiffinfo={0x0112: 6})


def webp() -> bytes:
    return _saved(composition(), "WEBP", quality=90)


def avif() -> bytes:
    return _saved(composition(), "AVIF", quality=85, speed=10)


def tiny_png() -> bytes:
    """One pixel too narrow to be taken."""
    return _saved(composition().resize((31, 64)), "PNG")


def long_png() -> bytes:
    """One pixel too long to be taken."""
    return _saved(Image.new("L", (20_001, 32), 128), "PNG")


def big_jpeg(megapixels: float = 24) -> bytes:
    """A large JPEG of 3:2, enlarged from the small composition."""
    height = round(math.sqrt(megapixels * 1e6 / 1.5))
    return _saved(
        composition(240, 160).resize((round(height * 1.5), height), Image.Resampling.BILINEAR), "JPEG"
    )


def plain(kind: str, width: int, height: int, *, mode: str = "RGB", **options) -> bytes:
    """One colour and nothing else, whatever the size."""
    packed = {"TIFF": {"compression": "tiff_lzw"}, "AVIF": {"speed": 10}, "WebP": {"method": 0}}
    return _saved(Image.new(mode, (width, height)), kind.upper(), **packed.get(kind, {}) | options)


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
