"""Look at labelled pictures before training on them: python -m ml.eda.

Writes one self-contained HTML page and its PNG plots. Every picture is read once; what was
read is kept in `facts.csv`, so that a stopped run goes on and a second one takes seconds.
"""

import argparse
import base64
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ml import eda_plots
from ml.data_card import by_style, describe, suspects
from ml.dataset import NOT_A_PAINTING, SPLITS, Dataset, Picture, read_manifest
from ml.facts import Facts, look

EXAMPLES = 9  # of each style on the contact sheet
DATED_ENOUGH = 10  # pictures with a year, for a hill of years
SUSPECTS_SHOWN = 40
PROPORTIONS = ((2, 1), (3, 2), (1, 1), (2, 3), (1, 2))  # marked in the plot of shapes
NONE = "–"


@dataclass(frozen=True)
class Section:
    """One part of the report: a heading, what to see in it, a plot with its description, a table."""

    title: str
    sentence: str
    plot: Path | None = None
    alt: str = ""
    table: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Look:
    """A data set, what was seen of its pictures (facts by sha256), and its numbers."""

    data: Dataset
    facts: Mapping[str, Facts]
    card: Mapping[str, Any]

    @property
    def groups(self) -> dict[str, list[Picture]]:
        return by_style(self.data)

    def seen(self, style: str) -> list[Facts]:
        return [self.facts[p.sha256] for p in self.groups[style] if p.sha256 in self.facts]


def main(given: list[str] | None = None) -> int:
    arguments = _parser().parse_args(given)
    out = Path(arguments.out)
    try:
        data = read_manifest(Path(arguments.manifest))
        out.mkdir(parents=True, exist_ok=True)
        seen = look((picture.path for picture in data.pictures), out / "facts.csv")
        facts = {p.sha256: seen[p.path] for p in data.pictures if not seen[p.path].problem}
        looked = Look(data, facts, describe(data, facts))
        sections = [*explore(looked, out), *unreadable(data, seen)]
        (out / "index.html").write_text(page(looked, sections), encoding="utf-8", errors="replace")
        if arguments.card:
            write_card(looked.card, Path(arguments.card))
    except KeyboardInterrupt:
        print("Stopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out / 'index.html'}: {len(data.pictures):,} pictures in {len(data.styles)} styles.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.eda", description=__doc__)
    parser.add_argument(
        "--manifest", default="../shared/paintings/manifest.csv", help="CSV of pictures and splits"
    )
    parser.add_argument("--out", default="var/eda", help="folder for the report (default: %(default)s)")
    parser.add_argument(
        "--card", metavar="DIR", help="also write data.json into this model's folder; the site shows it"
    )
    return parser


def write_card(card: Mapping[str, Any], folder: Path) -> None:
    """Write data.json. Raises ValueError when the model in the folder learned from other data."""
    model = folder / "model.json"
    if model.exists():
        learned = json.loads(model.read_text(encoding="utf-8"))["data"]["fingerprint"]
        if learned != card["fingerprint"]:
            raise ValueError(
                f"The model in {folder} learned from data {learned}, and these are {card['fingerprint']}. "
                "data.json was not written."
            )
    part = folder / "data.json.part"
    part.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / "data.json")


# Sections of the report


def explore(looked: Look, out: Path) -> Iterator[Section]:
    """Yield the sections one by one; each writes its own plot."""
    yield pictures_section(looked, out)
    yield artists_section(looked, out)
    yield years_section(looked, out)
    yield sources_section(looked)
    yield shapes_section(looked, out)
    yield lightness_section(looked, out)
    yield colours_section(looked, out)
    yield examples_section(looked, out)
    yield suspects_section(looked)


def pictures_section(looked: Look, out: Path) -> Section:
    counts = {style["name"]: style["pictures"] for style in looked.card["styles"]}
    weights = {style["name"]: f"{style['weight']:.2f}" for style in looked.card["styles"]}
    if any(looked.card["photographs"].values()):
        counts[NOT_A_PAINTING] = looked.card["photographs"]
    rows = [
        {"style": name, **parts, "all": sum(parts.values()), "weight": weights.get(name, NONE)}
        for name, parts in counts.items()
    ]
    eda_plots.stacked(counts, SPLITS, plot := out / "pictures.png")
    sentence = "The weight is what one picture has to count in training so that every style counts the same."
    return Section("Pictures", sentence, plot, "Bars: pictures of each style in train, val and test.", rows)


def artists_section(looked: Look, out: Path) -> Section:
    rows = []
    for style in looked.card["styles"]:
        works = Counter(picture.artist for picture in looked.groups[style["name"]] if picture.artist)
        artists = style["artists"]
        rows.append(
            {
                "style": style["name"],
                **{name: artists[name] for name in ("all", *SPLITS)},
                "in train and test": artists["train_and_test"],
                "first three made": f"{artists['share_of_first_three']:.0%}",
                "the first three": ", ".join(f"{name} {number}" for name, number in works.most_common(3)),
            }
        )
    eda_plots.bars({row["style"]: row["all"] for row in rows}, "artists", plot := out / "artists.png")
    sentence = (
        "Where few artists make a style, a model may learn hands instead of the style. "
        "Where artists are in train and in test, it is graded on hands it has seen."
    )
    return Section("Artists", sentence, plot, "Bars: the number of artists of each style.", rows)


def years_section(looked: Look, out: Path) -> Section:
    years = {
        style["name"]: [picture.year for picture in looked.groups[style["name"]] if picture.year]
        for style in looked.card["styles"]
    }
    hills = {name: known for name, known in years.items() if len(known) >= DATED_ENOUGH}
    eda_plots.ridgeline(hills, plot := out / "years.png")
    rows = [
        {"style": style["name"], "with a year": f"{style['years']['dated']:,}"}
        | {word: style["years"][word] or NONE for word in ("first", "median", "last")}
        for style in looked.card["styles"]
    ]
    missing = ", ".join(name for name in years if name not in hills)
    sentence = (
        "Each hill is as high as its own summit, so heights tell nothing across styles; the tick is the median. "
        + (f"Too few pictures with a year: {missing}." if missing else "")
    )
    return Section("Years", sentence, plot, "Hills of years, one for each style, the oldest on top.", rows)


def sources_section(looked: Look) -> Section:
    names = [name for name, _ in Counter(p.source for p in looked.data.pictures).most_common()]
    counts = {style: Counter(p.source for p in group) for style, group in looked.groups.items()}
    rows = [{"style": style, **{name: counts[style][name] or "" for name in names}} for style in counts]
    sentence = "Where a style comes from one source, whatever marks the source marks the style, too."
    return Section("Sources", sentence, table=rows)


def shapes_section(looked: Look, out: Path) -> Section:
    ratios = {
        style: [np.log2(fact.width / fact.height) for fact in looked.seen(style)] for style in looked.groups
    }
    rows = [
        {
            "style": style["name"],
            "median size": f"{shapes['median_width_px']} × {shapes['median_height_px']} px",
            **{word: f"{shapes[word]:.0%}" for word in ("square", "landscape", "portrait")},
        }
        for style in looked.card["styles"]
        if (shapes := style["shapes"])
    ]
    eda_plots.strips(
        {style: values for style, values in ratios.items() if values},
        "height : width",
        plot := out / "shapes.png",
        low=-1.5,
        high=1.5,
        ticks={float(np.log2(wide / high)): f"{high} : {wide}" for high, wide in PROPORTIONS},
    )
    sentence = (
        "Where the shape alone tells the style, the model must not see it: every picture is squeezed into a "
        "square. Styles on one line at 1 : 1 are all squares already, as their source had squeezed or cut them."
    )
    return Section("Sizes and shapes", sentence, plot, "Dots: the proportions of every picture.", rows)


def lightness_section(looked: Look, out: Path) -> Section:
    values = {style: [fact.lightness for fact in looked.seen(style)] for style in looked.groups}
    eda_plots.strips(
        {style: known for style, known in values.items() if known},
        "mean lightness L*, 0 black to 100 white",
        plot := out / "lightness.png",
        low=0,
        high=100,
    )
    sentence = "One dot is one picture, the line is the style's median."
    return Section("Light and dark", sentence, plot, "Dots: the mean lightness of every picture.")


def colours_section(looked: Look, out: Path) -> Section:
    measured = [style for style in looked.card["styles"] if style["colours"]]
    values = {
        style["name"]: [fact.colourfulness for fact in looked.seen(style["name"])] for style in measured
    }
    rows = [
        {
            "style": style["name"],
            "lightness L*": "{:.0f} ± {:.0f}".format(*style["colours"]["lightness"]),
            "green to red a*": "{:+.1f} ± {:.1f}".format(*style["colours"]["red"]),
            "blue to yellow b*": "{:+.1f} ± {:.1f}".format(*style["colours"]["yellow"]),
            "colourfulness": "{:.0f} ± {:.0f}".format(*style["colours"]["colourfulness"]),
        }
        for style in measured
    ]
    eda_plots.strips(values, "colourfulness, 0 is grey", plot := out / "colours.png", low=0, high=60)
    sentence = (
        "Means over whole pictures in CIELAB, and how much the pictures of a style differ (standard deviation). "
        "Colourfulness is the mean distance from grey."
    )
    return Section("Colours", sentence, plot, "Dots: the colourfulness of every picture.", rows)


def examples_section(looked: Look, out: Path) -> Section:
    chance = np.random.default_rng(20)
    rows = {}
    for style, pictures in looked.groups.items():
        known = [picture.path for picture in pictures if picture.sha256 in looked.facts]
        chosen = chance.choice(len(known), min(EXAMPLES, len(known)), replace=False)
        rows[style] = [known[number] for number in chosen]
    eda_plots.example_rows(rows, plot := out / "examples.png")
    return Section(
        "Examples", f"{EXAMPLES} of each style, chosen by chance.", plot, "Examples of each style."
    )


def suspects_section(looked: Look) -> Section:
    pairs = suspects(looked.data, looked.facts)
    rows = [
        {
            "one": one.path.name,
            "labelled": f"{one.style}, {one.split}",
            "other": other.path.name,
            "labelled ": f"{other.style}, {other.split}",
        }
        for one, other in pairs
    ]
    labels, splits = (
        looked.card[f"near_duplicates_{what}"] for what in ("with_different_labels", "in_different_splits")
    )
    sentence = (
        f"Pairs of nearly the same pictures with different labels: {labels}; in different splits: {splits}."
        + (f" The first {SUSPECTS_SHOWN} are shown." if len(rows) > SUSPECTS_SHOWN else "")
    )
    return Section("Label noise", sentence, table=rows[:SUSPECTS_SHOWN])


def unreadable(data: Dataset, seen: Mapping[Path, Facts]) -> Iterator[Section]:
    broken = [picture.path for picture in data.pictures if seen[picture.path].problem]
    if broken:
        rows = [{"file": path.name, "reason": seen[path].problem} for path in broken]
        yield Section("Files that cannot be read", "Leave them out or mend them.", table=rows)


# The page


def page(looked: Look, sections: list[Section]) -> str:
    """One HTML file with everything in it."""
    links = "".join(f'<li><a href="#{_anchor(part)}">{escape(part.title)}</a>' for part in sections)
    card = looked.card
    split = ", ".join(f"{card['pictures'][name]:,} {name}" for name in SPLITS)
    photographs = sum(card["photographs"].values())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>The data</title><style>{_CSS}</style></head><body><h1>The data</h1>"
        f"<p>{len(looked.data.pictures):,} pictures ({split}), {photographs:,} of them photographs and the like; "
        f"{len(looked.data.styles)} styles, {card['artists']:,} artists, {card['sources']} sources. "
        f"Fingerprint <code>{card['fingerprint']}</code>.</p>"
        f"<nav><ul>{links}</ul></nav>{''.join(map(_html_of, sections))}</body></html>\n"
    )


_CSS = (
    "body{font:17px/1.5 Georgia,serif;max-width:66rem;margin:2rem auto;padding:0 1rem;background:#f7f5f1;color:#26231f}"
    "h1,h2{font-weight:500}h2{margin-top:3rem}a{color:inherit}img{max-width:100%;height:auto;display:block}"
    "nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}"
    ".scroll{overflow-x:auto;margin-top:1rem}table{border-collapse:collapse;font:14px/1.4 system-ui,sans-serif}"
    "td,th{padding:.25rem 1.2rem .25rem 0;text-align:left;border-bottom:1px solid #d8d2c6;vertical-align:bottom}"
    "td:first-child{white-space:nowrap}th{max-width:9rem;overflow-wrap:anywhere;font-weight:400;color:#544e46}td{font-variant-numeric:tabular-nums}"
)


def _anchor(section: Section) -> str:
    return section.title.lower().replace(" ", "-")


def _html_of(section: Section) -> str:
    parts = [f'<h2 id="{_anchor(section)}">{escape(section.title)}</h2><p>{escape(section.sentence)}</p>']
    if section.plot:
        picture = base64.b64encode(section.plot.read_bytes()).decode()
        parts.append(f'<img alt="{escape(section.alt)}" src="data:image/png;base64,{picture}">')
    if section.table:
        head = "".join(f'<th scope="col">{escape(name.strip())}</th>' for name in section.table[0])
        lines = "".join(
            "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row.values()) + "</tr>"
            for row in section.table
        )
        parts.append(f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>')
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
