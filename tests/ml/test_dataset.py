import csv
import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO

import numpy as np
import pytest
from PIL import Image

from ml.build import ARTISTS_NEEDED, main
from ml.dataset import cached_pixels, read_manifest
from ml.preprocess import square
from ml.styles import house_style_of, house_styles
from tests import pictures
from tests.ml.conftest import HOUSE


def painting(seed: int) -> bytes:
    """A small JPEG unlike that of any other seed."""
    out = BytesIO()
    pictures.composition(96, 72, seed=seed).save(out, "JPEG", quality=90)
    return out.getvalue()


def recompressed(data: bytes) -> bytes:
    out = BytesIO()
    Image.open(BytesIO(data)).save(out, "JPEG", quality=60)
    return out.getvalue()


def write(folder, path, data):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return folder / path


def make_manifest(folder, rows, name="manifest.csv"):
    """Each row a dict with `path`, `style` and `data` (the picture), and what else the manifest says."""
    columns = ["path", "style", "artist", "title", "year", "source_repo", "sha256", "split"]
    for row in rows:
        write(folder, row["path"], row["data"])
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def make_style(style, *, artists, each, first_seed):
    """Rows of one style without splits: as many artists, with as many pictures each."""
    return [
        {
            "path": f"{style}/{artist}-{number}.jpg",
            "style": style,
            "artist": f"{style} painter {artist}",
            "data": painting(first_seed + artist * each + number),
        }
        for artist in range(artists)
        for number in range(each)
    ]


@pytest.fixture(scope="session")
def two_styles(tmp_path_factory):
    """A manifest of two styles without splits: Cubism with twelve artists, Realism with two."""
    rows = make_style("Cubism", artists=12, each=3, first_seed=0)
    rows += make_style("Realism", artists=2, each=15, first_seed=1000)
    return make_manifest(tmp_path_factory.mktemp("two-styles"), rows)


def build(out, *arguments, code=0):
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        ended = main(["build", "--out", str(out), *map(str, arguments)])
    assert ended == code, said.getvalue()
    return said.getvalue()


def rows_of(out):
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def report_of(out):
    return json.loads((out / "report.json").read_text())


def with_splits(rows, splits="train val test"):
    names = splits.split()
    return [row | {"split": names[place % len(names)]} for place, row in enumerate(rows)]


def test_a_style_with_enough_artists_has_no_artist_in_two_splits(two_styles, tmp_path):
    build(tmp_path, "--manifest", two_styles)

    splits = defaultdict(set)
    for row in rows_of(tmp_path):
        splits[row["artist"]].add(row["split"])
    assert ARTISTS_NEEDED <= 12
    assert all(len(found) == 1 for artist, found in splits.items() if artist.startswith("Cubism"))
    assert report_of(tmp_path)["artists_apart"] == ["Cubism"]
    assert report_of(tmp_path)["at_random"] == ["Realism"]


def test_splits_are_about_70_10_20_in_every_style(two_styles, tmp_path):
    build(tmp_path, "--manifest", two_styles)

    counts = report_of(tmp_path)["counts"]
    assert counts["Realism"] == {"train": 21, "val": 3, "test": 6}
    assert counts["Cubism"]["test"] in range(5, 9)
    assert counts["Cubism"]["val"] in range(3, 6)


def test_the_same_pictures_and_seed_give_the_same_manifest_and_another_seed_another(two_styles, tmp_path):
    for name, seed in (("one", 20), ("same", 20), ("other", 21)):
        build(tmp_path / name, "--manifest", two_styles, "--seed", seed)

    one, same, other = ((tmp_path / name / "manifest.csv").read_text() for name in ("one", "same", "other"))
    assert one == same
    assert one != other


def test_what_is_built_can_be_read_for_training(two_styles, tmp_path):
    build(tmp_path, "--manifest", two_styles)

    data = read_manifest(tmp_path / "manifest.csv")

    assert data.styles == ("Cubism", "Realism")
    assert len(data.pictures) == 66
    assert all(picture.path.is_file() for picture in data.pictures)


def test_paths_below_the_folder_are_relative_so_that_it_may_move(tmp_path):
    rows = make_style("Cubism", artists=2, each=8, first_seed=0)
    rows += make_style("Realism", artists=2, each=8, first_seed=50)
    manifest = make_manifest(tmp_path / "set", rows, "pictures.csv")
    build(tmp_path / "set", "--manifest", manifest, "--least", 10)
    shutil.move(tmp_path / "set", tmp_path / "moved")

    data = read_manifest(tmp_path / "moved" / "manifest.csv")

    assert all(picture.path.is_file() for picture in data.pictures)


def test_a_split_that_a_manifest_brings_is_kept(tmp_path):
    rows = with_splits(make_style("Cubism", artists=12, each=3, first_seed=0), "test train val")
    rows += with_splits(make_style("Realism", artists=2, each=15, first_seed=100))
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    brought = {hashlib.sha256(row["data"]).hexdigest(): row["split"] for row in rows}
    assert {row["sha256"]: row["split"] for row in rows_of(tmp_path / "out")} == brought


def test_new_pictures_follow_their_artist_into_the_split_that_a_manifest_gave(tmp_path):
    rows = make_style("Cubism", artists=12, each=3, first_seed=0)
    placed = [row | {"split": "test"} if row["artist"] == "Cubism painter 5" else row for row in rows[:-1]]
    placed = [
        row | {"split": ""} if row["path"] == "Cubism/5-2.jpg" else row for row in placed
    ]  # one of the three is new
    rows = placed + make_style("Realism", artists=2, each=15, first_seed=100)
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    found = {row["split"] for row in rows_of(tmp_path / "out") if row["artist"] == "Cubism painter 5"}
    assert found == {"test"}


def test_artists_that_a_manifest_placed_stay_whole_where_single_pictures_are_dealt(tmp_path):
    splits = dict(
        zip(
            (f"Cubism painter {n}" for n in range(5)), ["train", "train", "train", "val", "test"], strict=True
        )
    )
    cubism = make_style("Cubism", artists=5, each=8, first_seed=0)
    rows = [row | {"split": splits[row["artist"]]} if n % 2 else row for n, row in enumerate(cubism)]
    rows += make_style("Realism", artists=2, each=15, first_seed=100)
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    found = {(row["artist"], row["split"]) for row in rows_of(tmp_path / "out") if row["style"] == "Cubism"}
    assert found == set(splits.items())


def test_new_artists_are_kept_apart_beside_those_that_a_manifest_placed(tmp_path):
    cubism = make_style("Cubism", artists=12, each=4, first_seed=0)
    rows = [row | {"split": "train"} if n < 32 else row for n, row in enumerate(cubism)]
    rows += make_style("Realism", artists=2, each=15, first_seed=100)
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    found = {(row["artist"], row["split"]) for row in rows_of(tmp_path / "out") if row["style"] == "Cubism"}
    assert len(found) == 12
    assert report_of(tmp_path / "out")["artists_apart"] == ["Cubism"]


def test_wikiarts_styles_are_brought_to_the_eighteen_and_others_counted(tmp_path):
    names = ["Northern_Renaissance", "Pop_Art", "Naive_Art_Primitivism", "Color_Field_Painting"]
    for seed, style in enumerate(names):
        for number in range(10):
            write(
                tmp_path / "set",
                f"{style}/some-painter_work-{number}-1890.jpg",
                painting(100 * seed + number),
            )
    build(tmp_path / "out", "--research", tmp_path / "set", "--least", 10)

    counts = Counter(row["style"] for row in rows_of(tmp_path / "out"))
    assert counts == {"Renaissance": 10, "Pop Art": 10, "Naïve Art (Primitivism)": 10}
    assert report_of(tmp_path / "out")["other_styles"] == {"Color Field Painting": 10}


def test_a_research_file_name_tells_artist_title_and_year(tmp_path):
    for style in ("Cubism", "Realism"):
        for number in range(10):
            seed = number + (50 if style == "Realism" else 0)
            write(tmp_path / "set", f"{style}/juan-gris_a-guitar-and-{number}-1917.jpg", painting(seed))
    build(tmp_path / "out", "--research", tmp_path / "set", "--least", 10)

    row = next(row for row in rows_of(tmp_path / "out") if "and-7" in row["path"])
    assert (row["artist"], row["title"], row["year"]) == ("Juan Gris", "A guitar and 7", "1917")


def test_broken_missing_and_exchanged_files_are_left_out_with_the_reason(two_styles, tmp_path):
    shutil.copytree(two_styles.parent, tmp_path / "set")
    rows = [row | {"sha256": ""} for row in rows_of(tmp_path / "set")]
    rows[0]["path"] = "Cubism/nowhere.jpg"
    rows[1]["sha256"] = "0" * 64
    cut = tmp_path / "set" / rows[2]["path"]
    cut.write_bytes(cut.read_bytes()[:400])
    with (tmp_path / "set" / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    said = build(tmp_path / "out", "--manifest", tmp_path / "set" / "manifest.csv")

    reasons = " ".join(file["reason"] for file in report_of(tmp_path / "out")["broken"])
    assert "3 broken or missing" in said
    assert all(text in reasons for text in ("cannot be read", "sha256 differs", "ends too early"))
    assert len(rows_of(tmp_path / "out")) == 63


def test_of_near_duplicates_in_two_splits_the_test_picture_stays(two_styles, tmp_path):
    rows = with_splits(make_style("Cubism", artists=2, each=15, first_seed=0))
    rows += with_splits(make_style("Realism", artists=2, each=15, first_seed=100))
    again = {"style": "Cubism", "artist": "Copyist"}
    rows += [
        again | {"path": "Cubism/train-copy.jpg", "split": "train", "data": recompressed(rows[2]["data"])},
        again | {"path": "Cubism/same-split.jpg", "split": "test", "data": recompressed(rows[5]["data"])},
    ]
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    names = {row["path"].rpartition("/")[2] for row in rows_of(tmp_path / "out")}
    (left_out,) = report_of(tmp_path / "out")["near"]
    assert "train-copy.jpg" not in names
    assert "same-split.jpg" in names  # near duplicates in one split flatter nobody
    assert left_out["path"].endswith("train-copy.jpg")
    assert "which is in test" in left_out["reason"]


def test_the_same_file_named_twice_is_in_once_with_the_split_it_brought(two_styles, tmp_path):
    rows = with_splits(make_style("Cubism", artists=12, each=3, first_seed=0))
    brought = make_manifest(tmp_path / "brought", rows)
    build(tmp_path / "out", "--manifest", two_styles, "--manifest", brought)

    found = rows_of(tmp_path / "out")
    assert len(found) == len({row["sha256"] for row in found}) == 66
    assert len(report_of(tmp_path / "out")["identical"]) == 36
    splits = {hashlib.sha256(row["data"]).hexdigest(): row["split"] for row in rows}
    assert all(row["split"] == splits[row["sha256"]] for row in found if row["style"] == "Cubism")


def test_plain_pictures_of_different_colours_are_no_near_duplicates(two_styles, tmp_path):
    rows = with_splits(make_style("Cubism", artists=2, each=15, first_seed=0))
    rows += with_splits(make_style("Realism", artists=2, each=15, first_seed=100))
    for split, colour in (("train", "#b02020"), ("test", "#2030b0")):
        out = BytesIO()
        Image.new("RGB", (96, 72), colour).save(out, "PNG")
        rows.append(
            {"path": f"Cubism/{split}.png", "style": "Cubism", "split": split, "data": out.getvalue()}
        )
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    assert report_of(tmp_path / "out")["near"] == []


def test_photographs_are_kept_as_they_are(tmp_path):
    rows = with_splits(make_style("Cubism", artists=2, each=15, first_seed=0))
    rows += with_splits(make_style("Realism", artists=2, each=15, first_seed=100))
    copies = [rows[2]["data"], recompressed(rows[2]["data"])]
    rows += [
        {"path": f"photo-{number}.jpg", "style": "not-a-painting", "split": "val", "data": recompressed(data)}
        for number, data in enumerate(copies)
    ]
    build(tmp_path / "out", "--manifest", make_manifest(tmp_path, rows))

    splits = [row["split"] for row in rows_of(tmp_path / "out") if row["style"] == "not-a-painting"]
    assert splits == ["val", "val"]


def test_a_style_with_too_few_pictures_is_left_out_and_named(two_styles, tmp_path):
    said = build(tmp_path, "--manifest", two_styles, "--least", 31, code=1)

    assert "Realism: 30" in said
    assert "two styles or more are needed" in said
    assert not (tmp_path / "manifest.csv").exists()


def test_a_stopped_run_looks_only_at_what_it_has_not_seen(two_styles, tmp_path):
    build(tmp_path, "--manifest", two_styles)
    whole = (tmp_path / "manifest.csv").read_bytes()
    kept = tmp_path / "facts.csv"
    lines = kept.read_text().splitlines(keepends=True)
    kept.write_text("".join(lines[:40]) + lines[40][:25])  # killed while it wrote
    (tmp_path / "manifest.csv").unlink()

    build(tmp_path, "--manifest", two_styles)

    assert kept.read_text().startswith("".join(lines[:40]))
    assert sorted(kept.read_text().splitlines()) == sorted("".join(lines).splitlines())
    assert (tmp_path / "manifest.csv").read_bytes() == whole


@pytest.mark.parametrize("damage", [b"another,heading\n1,2\n", b"\0\0\0\0\n", b"path,bytes\nx,many\n"])
def test_damaged_notes_of_an_earlier_run_are_made_anew(two_styles, tmp_path, damage):
    (tmp_path / "facts.csv").write_bytes(damage)

    build(tmp_path, "--manifest", two_styles)

    assert len((tmp_path / "facts.csv").read_text().splitlines()) == 67


def test_a_file_changed_since_is_looked_at_again(two_styles, tmp_path):
    shutil.copytree(two_styles.parent, tmp_path / "set")
    build(tmp_path / "out", "--manifest", tmp_path / "set" / "manifest.csv")
    write(tmp_path / "set", "Cubism/0-0.jpg", painting(5000))

    build(tmp_path / "out", "--manifest", tmp_path / "set" / "manifest.csv")

    new = hashlib.sha256(painting(5000)).hexdigest()
    assert new in {row["sha256"] for row in rows_of(tmp_path / "out")}


@pytest.mark.parametrize(
    ("content", "expected"), [("path,artist\n", "has no column style"), ("", "has no column path and style")]
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path, content, expected):
    (tmp_path / "wrong.csv").write_text(content)

    assert expected in build(tmp_path / "out", "--manifest", tmp_path / "wrong.csv", code=1)


@pytest.mark.parametrize(
    ("written", "instead", "expected"),
    [
        ("sha256", "digest", "has no column sha256"),
        (",train\n", ",Train\n", "line 2: its split is 'Train'"),
        ("Compositions,", ",", "line 2: it has no style"),
        ("{sha256}", "", "line 2: it has no sha256"),
        ("{second}", "{sha256}", r"line 3: it is the same picture as .*Compositions-0\.jpg"),
        ("Compositions,", "Na\udcefve,", "line 2: its style is not written in UTF-8"),
    ],
)
def test_a_manifest_that_would_make_wrong_scores_is_refused(
    small_manifest, tmp_path, written, instead, expected
):
    first, second = (picture.sha256 for picture in read_manifest(small_manifest).pictures[:2])
    written, instead = (text.format(sha256=first, second=second) for text in (written, instead))
    changed = small_manifest.read_text().replace(written, instead, 1)
    (tmp_path / "manifest.csv").write_text(changed, encoding="utf-8", errors="surrogateescape")

    with pytest.raises(ValueError, match=expected):
        read_manifest(tmp_path / "manifest.csv")


def test_a_manifest_that_a_spreadsheet_saved_is_read(small_manifest, tmp_path):
    (tmp_path / "manifest.csv").write_text(small_manifest.read_text(), encoding="utf-8-sig")

    assert read_manifest(tmp_path / "manifest.csv").fingerprint == read_manifest(small_manifest).fingerprint


def test_file_names_that_are_not_utf8_are_built_told_and_read(tmp_path):
    for style, first_seed in (("Cubism", 0), ("Realism", 50)):
        for number in range(10):
            name = f"{style}/andr\udce9-lhote_work-{number}.jpg"
            write(tmp_path / "set", name, painting(first_seed + number))
    write(tmp_path / "set", "Cubism/andr\udce9-lhote_broken.jpg", b"no picture")
    command = [sys.executable, "-m", "ml.dataset", "build", "--out", tmp_path / "out", "--least", "10"]

    done = subprocess.run(
        [*command, "--research", tmp_path / "set"], cwd=HOUSE, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "andr?-lhote_broken.jpg" in done.stdout
    pictures_ = read_manifest(tmp_path / "out" / "manifest.csv").pictures
    assert len(pictures_) == 20
    assert all(picture.path.is_file() and picture.artist == "Andr? Lhote" for picture in pictures_)


def test_the_command_builds_and_says_where(two_styles, tmp_path):
    command = [sys.executable, "-m", "ml.dataset", "build", "--out", tmp_path, "--manifest", two_styles]

    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert f"{tmp_path / 'manifest.csv'}: 66 pictures in 2 styles." in done.stdout


def test_without_sources_it_says_what_is_needed(tmp_path):
    assert "two styles or more are needed" in build(tmp_path / "out", code=1)


def test_manifests_without_titles_and_years_can_still_be_read(small_manifest):
    picture = read_manifest(small_manifest).pictures[0]

    assert (picture.title, picture.year) == ("", None)


def test_the_eighteen_come_in_the_order_of_art_history():
    names = [style.name for style in house_styles()]

    assert len(names) == 18
    assert names[0] == "Renaissance"
    assert names[-1] == "Neo-Expressionism"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Art_Nouveau", "Art Nouveau (Modern)"),
        ("Mannerism_Late_Renaissance", "Renaissance"),
        ("Post-Impressionism", "Impressionism"),
        ("naïve art (primitivism)", "Naïve Art (Primitivism)"),
        ("Fauvism", None),
    ],
)
def test_a_style_is_found_however_it_is_spelled(name, expected):
    assert house_style_of(name) == expected


def test_a_killed_decoding_goes_on_with_the_next_picture(small_manifest, tmp_path):
    chosen = list(read_manifest(small_manifest).pictures[:6])
    whole = np.array(cached_pixels(chosen, 64, tmp_path / "whole.npy"))
    shutil.copy(tmp_path / "whole.contents", tmp_path / "cut.contents")
    head, bytes_each = (tmp_path / "whole.npy").read_bytes()[:128], 64 * 64 * 3
    marked = bytes(4 * bytes_each)  # black, so that it shows whether these four are decoded again
    (tmp_path / "cut.part").write_bytes(head + marked + bytes(1000))  # killed in the fifth

    resumed = cached_pixels(chosen, 64, tmp_path / "cut.npy")

    assert not resumed[:4].any()
    assert np.array_equal(resumed[4:], whole[4:])


def test_a_cache_of_the_same_pictures_in_another_order_is_made_anew(small_manifest, tmp_path):
    chosen = list(read_manifest(small_manifest).pictures[:4])
    first = np.array(cached_pixels(chosen, 64, tmp_path / "cache.npy"))

    turned = cached_pixels(chosen[::-1], 64, tmp_path / "cache.npy")

    assert np.array_equal(turned, first[::-1])


def test_of_two_trainings_that_start_together_the_second_waits_for_the_pictures(small_manifest, tmp_path):
    chosen = list(read_manifest(small_manifest).pictures)

    with ThreadPoolExecutor(2) as trainings:
        begun = [trainings.submit(cached_pixels, chosen, 64, tmp_path / "cache.npy") for _ in range(2)]
    one, other = (training.result() for training in begun)

    assert np.array_equal(one, [square(picture.path.read_bytes(), 64) for picture in chosen])
    assert np.array_equal(other, one)


def test_a_cache_that_two_wrote_into_is_made_anew(small_manifest, tmp_path):
    chosen = list(read_manifest(small_manifest).pictures[:4])
    whole = np.array(cached_pixels(chosen, 64, tmp_path / "cache.npy"))
    head = (tmp_path / "cache.npy").read_bytes()[:128]
    (tmp_path / "cache.npy").write_bytes(head + whole.repeat(2, axis=0).tobytes())

    assert np.array_equal(cached_pixels(chosen, 64, tmp_path / "cache.npy"), whole)
