"""What copies of pictures weigh and cost in each kind and size: python -m benchmarks.pictures [--from FOLDER].

Re-encodes pictures as pages ask for them and prints bytes and milliseconds, also as ratios to JPEG, and how
near each kind comes to the picture (SSIM of blocks of 8 × 8, 1 is the same). Needs no database. Without a
folder of pictures it paints one study of each style; no picture is enlarged.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from gallery import pictures
from gallery.pictures import COPIES_PX, ENCODINGS, Encoding
from gallery.studies import STYLE_SLUGS, paint
from ml import inference

MOST = 60  # pictures of a folder
BLOCK = 8
# Tried against what is in use; "speed" is AVIF's, "method" WebP's.
OTHERS = {
    "avif, speed 8": ENCODINGS["avif"]._replace(options=ENCODINGS["avif"].options | {"speed": 8}),
    "avif, speed 6": ENCODINGS["avif"]._replace(options=ENCODINGS["avif"].options | {"speed": 6}),
    "webp, method 6": ENCODINGS["webp"]._replace(options=ENCODINGS["webp"].options | {"method": 6}),
}


@dataclass(frozen=True)
class Cost:
    """Of one picture in one kind and size; `ms` is computing, without decoding the original."""

    length: int
    ms: float
    ssim: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, help="a folder of pictures to measure instead")
    parser.add_argument(
        "--others", action="store_true", help="measure the settings that were not chosen, too"
    )
    arguments = parser.parse_args()
    originals = list(files(arguments.folder) if arguments.folder else studies())
    largest_px = max(max(inference.decode(data).size) for data in originals)
    kinds = ENCODINGS | (OTHERS if arguments.others else {})
    print(f"\n{len(originals)} pictures; in brackets: times JPEG\n")
    print("| px | " + " | ".join(f"{kind}, kB | ms | SSIM" for kind in kinds) + " |")
    print("|---|" + "---|" * 3 * len(kinds))
    weights = dict.fromkeys(kinds, 0.0)
    for size_px in [size_px for size_px in COPIES_PX if size_px <= largest_px]:
        costs = measure(originals, kinds, size_px)
        jpeg = costs["jpg"]
        line = [str(size_px)]
        for kind, cost in costs.items():
            weights[kind] += cost.length
            line += [
                f"{cost.length / 1000:.1f} ({cost.length / jpeg.length:.2f})",
                f"{cost.ms:.0f} ({cost.ms / jpeg.ms:.1f})",
                f"{cost.ssim:.3f}",
            ]
        print("| " + " | ".join(line) + " |")
    print("\nThe disk that a work takes once all of these sizes were asked for:")
    print(", ".join(f"{kind} {weight / 1000:.0f} kB" for kind, weight in weights.items()))
    placeholders = [pictures.placeholder_of(data) for data in originals]
    lengths = [len(placeholder) for placeholder in placeholders]
    print(f"Placeholders: {np.mean(lengths):.0f} characters on average, {max(lengths)} at most")


def studies() -> Iterator[bytes]:
    """One study of each style, 800 to 1000 px."""
    for style in tqdm(STYLE_SLUGS, desc="painting", unit="study", disable=None):
        out = BytesIO()
        paint(style, 1).image.save(out, "JPEG", quality=95, subsampling=0)
        yield out.getvalue()


def files(folder: Path) -> Iterator[bytes]:
    """Pictures evenly taken from all of a folder."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    for path in found[:: max(len(found) // MOST, 1)][:MOST]:
        yield path.read_bytes()


def measure(originals: list[bytes], kinds: dict[str, Encoding], size_px: int) -> dict[str, Cost]:
    """The mean of all pictures for each kind."""
    costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
    for data in originals:
        picture = inference.decode(data, fit_px=size_px)
        for kind, encoding in kinds.items():
            costs[kind].append(cost_of(picture, encoding))
    return {
        kind: Cost(*np.mean([(c.length, c.ms, c.ssim) for c in some], axis=0)) for kind, some in costs.items()
    }


def cost_of(picture: Image.Image, encoding: Encoding) -> Cost:
    out, began = BytesIO(), time.process_time()
    picture.save(out, encoding.name, **encoding.options)
    ms, length = 1000 * (time.process_time() - began), out.tell()
    with Image.open(out) as copy:
        return Cost(length, ms, ssim(picture, copy.convert("RGB")))


def ssim(one: Image.Image, other: Image.Image) -> float:
    """How alike two pictures of the same size are in lightness: 1 for the same."""
    a, b = blocks(one), blocks(other)
    mean_a, mean_b = a.mean(1), b.mean(1)
    both = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(1)
    small, large = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    alike = (2 * mean_a * mean_b + small) * (2 * both + large)
    return float((alike / ((mean_a**2 + mean_b**2 + small) * (a.var(1) + b.var(1) + large))).mean())


def blocks(picture: Image.Image) -> np.ndarray:
    """Lightness as float, shape (blocks, 64); what is left over at the edges is dropped."""
    grey = np.asarray(picture.convert("L"), float)
    rows, columns = (side // BLOCK for side in grey.shape)
    cut = grey[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return cut.transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)


if __name__ == "__main__":
    main()
