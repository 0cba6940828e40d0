"""Make a data set to train on: python -m ml.dataset build.

Reads manifests (our own, or what `manage.py export_dataset` wrote) and folders laid out as the research
data set WikiArt, brings their styles to the 18 of the house, leaves out what cannot be used, gives
every picture a split, and writes manifest.csv and a report. It may be stopped at any time; the same
command goes on where it was. The same pictures and seed give the same manifest.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ml.dataset import NOT_A_PAINTING, SPLITS, readable
from ml.facts import Facts, look, near_duplicates
from ml.sources import Found, SourceError, read_manifest_rows, read_research
from ml.styles import folded, house_style_of, in_order

COLUMNS = ["path", "style", "artist", "title", "year", "source_repo", "sha256", "split"]
ARTISTS_NEEDED = 10  # of a style, to keep its artists apart over the splits
SHARES = {"test": 0.2, "val": 0.1}  # what is left is train
LISTED = 50  # names of each kind in report.txt; report.json has all


@dataclass(frozen=True)
class LeftOut:
    """A file that is not in the data set, and why."""

    path: str
    reason: str


@dataclass
class Report:
    """What became of the files."""

    read: int = 0
    other_styles: Counter = field(default_factory=Counter)
    broken: list[LeftOut] = field(default_factory=list)
    identical: list[LeftOut] = field(default_factory=list)
    near: list[LeftOut] = field(default_factory=list)
    too_few: dict[str, int] = field(default_factory=dict)
    artists_apart: list[str] = field(default_factory=list)
    at_random: list[str] = field(default_factory=list)
    brought: Counter = field(default_factory=Counter)  # pictures whose manifest named the split, by style
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    seed: int = 0


def main(given: list[str] | None = None) -> int:
    arguments = _parser().parse_args(given)
    out = Path(arguments.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        found = [row for source in arguments.manifest for row in read_manifest_rows(Path(source))]
        found += [row for source in arguments.research for row in read_research(Path(source))]
        pictures, report = build(found, out / "facts.csv", seed=arguments.seed, least=arguments.least)
        if len(report.counts) - (NOT_A_PAINTING in report.counts) < 2:
            print(
                readable(_text(report)),
                "Nothing was written: two styles or more are needed.",
                sep="\n",
                file=sys.stderr,
            )
            return 1
        _write(out, pictures, report)
    except KeyboardInterrupt:
        print("Stopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    except (OSError, SourceError) as error:
        print(error, file=sys.stderr)
        return 1
    print(readable(_text(report)))
    print(
        f"{out / 'manifest.csv'}: {len(pictures):,} pictures in {len(report.counts) - (NOT_A_PAINTING in report.counts)} styles."
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.dataset", description=__doc__)
    build_ = parser.add_subparsers(required=True).add_parser(
        "build", help="make a data set", description=__doc__
    )
    build_.add_argument("--out", required=True, metavar="DIR", help="folder for manifest.csv and report")
    build_.add_argument(
        "--manifest",
        action="append",
        default=[],
        metavar="CSV",
        help="a manifest; may be given several times, the first one named wins where files are the same",
    )
    build_.add_argument(
        "--research",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of Style_Name/artist-slug_title-slug-1890.jpg; may be given several times",
    )
    build_.add_argument("--seed", type=int, default=20, help="of every random choice (default: %(default)s)")
    build_.add_argument(
        "--least",
        type=int,
        default=30,
        metavar="N",
        help="styles with fewer pictures are left out (default: %(default)s)",
    )
    return parser


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture on its way into the data set."""

    found: Found
    style: str
    facts: Facts
    split: str  # empty until it is given one

    @property
    def sha256(self) -> str:
        return self.facts.sha256

    @property
    def has_own_split(self) -> bool:
        return self.found.split in SPLITS

    @property
    def hand(self) -> str:
        """The artist in one spelling; a picture by nobody known stands alone."""
        return folded(self.found.artist) or self.sha256


def build(found: Iterable[Found], kept: Path, *, seed: int, least: int) -> tuple[list[Candidate], Report]:
    """Choose the pictures of the data set, each with a split, and say what became of the others.

    What is seen of the files is kept in the CSV file `kept`.
    """
    report = Report(seed=seed)
    named = list(_of_the_house(found, report))
    facts = look((row.path for row, _ in named), kept)
    pictures = list(_sound(named, facts, report))
    pictures = list(_once_each(pictures, report))
    pictures = _with_splits(pictures, seed, report)
    pictures = _without_near_duplicates(pictures, report)
    pictures = _without_small_styles(pictures, least, report)
    for style in in_order({picture.style for picture in pictures}):
        splits = Counter(picture.split for picture in pictures if picture.style == style)
        report.counts[style] = {split: splits[split] for split in SPLITS}
    report.artists_apart = [style for style in report.artists_apart if style in report.counts]
    report.at_random = [style for style in report.at_random if style in report.counts]
    return pictures, report


def _of_the_house(found: Iterable[Found], report: Report) -> Iterator[tuple[Found, str]]:
    for row in found:
        report.read += 1
        style = row.style if row.style == NOT_A_PAINTING else house_style_of(row.style)
        if style:
            yield row, style
        else:
            report.other_styles[row.style or "no style"] += 1


def _sound(
    named: Iterable[tuple[Found, str]], facts: dict[Path, Facts], report: Report
) -> Iterator[Candidate]:
    for row, style in named:
        seen = facts[row.path]
        problem = seen.problem
        if not problem and row.sha256 and row.sha256 != seen.sha256:
            problem = "It is not the file that its manifest names: the sha256 differs."
        if problem:
            report.broken.append(LeftOut(str(row.path), problem))
        else:
            own = row.split if row.split in SPLITS else ""
            yield Candidate(row, style, seen, own)


def _once_each(pictures: list[Candidate], report: Report) -> Iterator[Candidate]:
    """Of files that are the same byte by byte, keep the first that brings a split, else the first."""
    chosen: dict[str, Candidate] = {}
    for picture in pictures:
        first = chosen.setdefault(picture.sha256, picture)
        if picture.has_own_split and not first.has_own_split:
            chosen[picture.sha256] = picture
    for picture in pictures:
        kept = chosen[picture.sha256]
        if kept is picture:
            yield picture
        else:
            label = "" if kept.style == picture.style else f", as {kept.style} instead of {picture.style}"
            report.identical.append(
                LeftOut(str(picture.found.path), f"The same as {kept.found.path}{label}.")
            )


# Splits


def _with_splits(pictures: list[Candidate], seed: int, report: Report) -> list[Candidate]:
    by_style = defaultdict(list)
    for picture in pictures:
        by_style[picture.style].append(picture)
    splits: dict[str, str] = {}
    for style in in_order(set(by_style)):
        members = by_style[style]
        report.brought[style] = sum(picture.has_own_split for picture in members)
        splits |= _splits_of_style(style, members, seed, report)
    return [replace(picture, split=splits[picture.sha256]) for picture in pictures]


def _splits_of_style(style: str, members: list[Candidate], seed: int, report: Report) -> dict[str, str]:
    """sha256 to split. What a manifest brought stays; artists it placed take their other pictures along."""
    splits = {picture.sha256: picture.split for picture in members if picture.has_own_split}
    if style != NOT_A_PAINTING:
        splits |= _following(members)
    rest = [picture for picture in members if picture.sha256 not in splits]
    if not rest:
        return splits
    wanted = {
        split: round(share * len(members)) - sum(given == split for given in splits.values())
        for split, share in SHARES.items()
    }
    has_artists = style != NOT_A_PAINTING and len({picture.hand for picture in members}) >= ARTISTS_NEEDED
    if has_artists and (given := _by_artist(rest, wanted, seed)):
        report.artists_apart.append(style)
        return splits | given
    report.at_random.append(style)
    return splits | _by_picture(rest, wanted, seed)


def _following(members: list[Candidate]) -> dict[str, str]:
    """sha256 to split of new pictures by artists whom a manifest placed: the commonest split of theirs."""
    placed = defaultdict(Counter)
    for picture in members:
        if picture.has_own_split:
            placed[picture.hand][picture.split] += 1
    return {
        picture.sha256: max(SPLITS, key=lambda split: placed[picture.hand][split])
        for picture in members
        if not picture.has_own_split and picture.hand in placed
    }


def _by_artist(rest: list[Candidate], wanted: dict[str, int], seed: int) -> dict[str, str] | None:
    """Give whole artists to splits; None where that does not fill test and val at least half."""
    artists = defaultdict(list)
    for picture in rest:
        artists[picture.hand].append(picture)
    # An artist should not make up more than half of a graded part; in small sets one may have to.
    for most in (0.5, 1.0):
        given = _dealt(artists, {split: most * number for split, number in wanted.items()}, wanted, seed)
        dealt = Counter(given.values())
        if all(dealt[split] >= wanted[split] / 2 for split in SHARES):
            return given
    return None


def _dealt(
    artists: dict[str, list[Candidate]], most: dict[str, float], wanted: dict[str, int], seed: int
) -> dict[str, str]:
    """sha256 to split, in the order of a hash of the artists.

    Whoever has more pictures than `most` goes to train.
    """
    open_, given = dict(wanted), {}
    for artist in sorted(artists, key=lambda name: _chance(seed, name)):
        pictures = artists[artist]
        fitting = (name for name in SHARES if len(pictures) <= min(open_[name], most[name]))
        split = next(fitting, "train")
        if split in open_:
            open_[split] -= len(pictures)
        given |= {picture.sha256: split for picture in pictures}
    return given


def _by_picture(rest: list[Candidate], wanted: dict[str, int], seed: int) -> dict[str, str]:
    """Give single pictures to splits, in the order of a hash."""
    order = sorted((picture.sha256 for picture in rest), key=lambda sha256: _chance(seed, sha256))
    test = max(0, wanted["test"])
    val = test + max(0, wanted["val"])
    return {
        sha256: "test" if place < test else "val" if place < val else "train"
        for place, sha256 in enumerate(order)
    }


def _chance(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).digest()


# What leaves again


def _without_near_duplicates(pictures: list[Candidate], report: Report) -> list[Candidate]:
    """Drop one of any two paintings that are nearly the same and in different splits.

    A split that a manifest brought wins over one given here; else test wins over val, and val over train.
    """
    paintings = [picture for picture in pictures if picture.style != NOT_A_PAINTING]
    dropped = {}
    pairs = [
        sorted((paintings[i], paintings[j]), key=_standing, reverse=True)
        for i, j in near_duplicates([picture.facts for picture in paintings])
        if paintings[i].split != paintings[j].split
    ]
    # Best winners first, so that what is dropped drops nobody else.
    for winner, loser in sorted(pairs, key=lambda pair: _standing(pair[0]), reverse=True):
        if winner.sha256 not in dropped and loser.sha256 not in dropped:
            dropped[loser.sha256] = winner
            label = (
                ""
                if winner.style == loser.style
                else f"; the labels differ, {loser.style} and {winner.style}"
            )
            reason = f"Nearly {winner.found.path}, which is in {winner.split}{label}."
            report.near.append(LeftOut(str(loser.found.path), reason))
    return [picture for picture in pictures if picture.sha256 not in dropped]


def _standing(picture: Candidate) -> tuple[bool, int]:
    return picture.has_own_split, SPLITS.index(picture.split)


def _without_small_styles(pictures: list[Candidate], least: int, report: Report) -> list[Candidate]:
    """Leave out styles with fewer pictures than `least`, or with none in some split."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for picture in pictures:
        counts[picture.style][picture.split] += 1
    for style in in_order(set(counts) - {NOT_A_PAINTING}):
        if counts[style].total() < least or any(not counts[style][split] for split in SPLITS):
            report.too_few[style] = counts[style].total()
    return [picture for picture in pictures if picture.style not in report.too_few]


# Files


def _write(out: Path, pictures: list[Candidate], report: Report) -> None:
    """Write the report, then the manifest: where that is, all is there."""
    (out / "report.json").write_text(
        json.dumps(_figures(report), indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8",
        errors="surrogateescape",
    )
    (out / "report.txt").write_text(_text(report), encoding="utf-8", errors="surrogateescape")
    part = out / "manifest.csv.part"
    with part.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(_row(picture, out.resolve()) for picture in pictures)
    part.replace(out / "manifest.csv")


def _row(picture: Candidate, out: Path) -> dict[str, object]:
    path = picture.found.path
    return {
        "path": path.relative_to(out) if path.is_relative_to(out) else path,
        "style": picture.style,
        "artist": picture.found.artist,
        "title": picture.found.title,
        "year": picture.found.year or "",
        "source_repo": picture.found.source,
        "sha256": picture.sha256,
        "split": picture.split,
    }


def _figures(report: Report) -> dict:
    return {
        **vars(report),
        "broken": [vars(file) for file in report.broken],
        "identical": [vars(file) for file in report.identical],
        "near": [vars(file) for file in report.near],
    }


def _text(report: Report) -> str:
    lines = [f"{report.read:,} files read, seed {report.seed}.", ""]
    width = max(map(len, report.counts), default=5)
    lines.append(f"{'style':<{width}}  train    val   test  split by")
    for style, counts in report.counts.items():
        numbers = "".join(f"{counts[split]:>7,}" for split in SPLITS)
        lines.append(f"{style:<{width}}{numbers}  {_way(style, report)}")
    total = "".join(f"{sum(counts[split] for counts in report.counts.values()):>7,}" for split in SPLITS)
    lines += [f"{'together':<{width}}{total}", ""]
    lines += _listed(
        "not one of the 18 styles",
        [f"{name}: {n:,}" for name, n in report.other_styles.most_common()],
        report.other_styles.total(),
    )
    lines += _listed(
        "left out as their style has too few",
        [f"{name}: {n:,}" for name, n in report.too_few.items()],
        sum(report.too_few.values()),
    )
    for words, files in (
        ("broken or missing", report.broken),
        ("there twice", report.identical),
        ("nearly the same as one in another split", report.near),
    ):
        lines += _listed(words, [f"{file.path}: {file.reason}" for file in files], len(files))
    return "\n".join(lines) + "\n"


def _way(style: str, report: Report) -> str:
    way = "artist" if style in report.artists_apart else "picture" if style in report.at_random else ""
    brought = f"{report.brought[style]:,} by the manifest" if report.brought[style] else ""
    return ", ".join(filter(None, (way, brought)))


def _listed(words: str, names: list[str], number: int) -> list[str]:
    more = [f"  … and {len(names) - LISTED:,} more in report.json"] if len(names) > LISTED else []
    return [f"{number:,} {words}", *(f"  {name}" for name in names[:LISTED]), *more]
