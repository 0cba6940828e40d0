import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery import labels
from gallery.models import Artwork
from ml import build
from ml.dataset import read_manifest
from tests.factories import make_artist, make_artwork, make_style, make_user
from tests.pictures import small_painting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cubism():
    return make_style("Cubism", slug="cubism", position=12)


def export(folder, **options) -> str:
    out = StringIO()
    call_command("export_dataset", folder, stdout=out, **options)
    return out.getvalue()


def failing_export(folder, **options) -> tuple[int, str, str]:
    """Exit code, the message of the end, and what it wrote on stderr."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        export(folder, stderr=err, **options)
    return caught.value.returncode, str(caught.value), err.getvalue()


def rows_of(folder) -> list[dict]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_work_is_listed_with_its_label_and_its_picture_lies_there(cubism, tmp_path):
    artist = make_artist("Juan Gris")
    work = make_artwork("Guitar", style=cubism, artist=artist, year=1913, picture=small_painting())

    said = export(tmp_path)

    (row,) = rows_of(tmp_path)
    assert (tmp_path / row["path"]).read_bytes() == small_painting()
    assert row["sha256"] == work.sha256
    assert (row["style"], row["artist"], row["title"], row["year"]) == (
        "Cubism",
        "Juan Gris",
        "Guitar",
        "1913",
    )
    assert "1 painting new, 0 there already, 0 failed" in said


def test_studies_hidden_works_other_styles_and_works_without_picture_stay_out(cubism, tmp_path):
    picture = small_painting()
    make_artwork("In", style=cubism, picture=picture)
    make_artwork("Study", style=cubism, picture=picture, rights="generated")
    make_artwork("Hidden", style=cubism, picture=picture, is_published=False)
    make_artwork("Other", style=make_style("Fauvism"), picture=picture)
    make_artwork("No picture", style=cubism)

    export(tmp_path)

    assert [row["title"] for row in rows_of(tmp_path)] == ["In"]


def test_a_second_run_leaves_what_lies_there_and_mends_what_was_cut(cubism, tmp_path):
    for seed in range(3):
        make_artwork(style=cubism, picture=small_painting(seed))
    export(tmp_path)
    cut = tmp_path / rows_of(tmp_path)[1]["path"]
    cut.unlink()
    cut.write_bytes(small_painting(1)[:500])

    said = export(tmp_path)

    assert "1 painting new, 2 there already" in said
    assert cut.read_bytes() == small_painting(1)


def test_pictures_share_their_bytes_with_the_catalogue_where_they_can(cubism, tmp_path):
    work = make_artwork(style=cubism, picture=small_painting())

    export(tmp_path / "out")

    (row,) = rows_of(tmp_path / "out")
    assert (tmp_path / "out" / row["path"]).samefile(work.picture.path)


def test_a_limit_takes_the_first_works(cubism, tmp_path):
    for seed in range(3):
        make_artwork(f"Number {seed}", style=cubism, picture=small_painting(seed))

    export(tmp_path, limit=2)

    assert [row["title"] for row in rows_of(tmp_path)] == ["Number 0", "Number 1"]


def test_a_missing_picture_is_named_and_the_others_are_exported(cubism, tmp_path):
    gone, there = (make_artwork(style=cubism, picture=small_painting(seed)) for seed in range(2))
    Path(gone.picture.path).unlink()

    code, said, failures = failing_export(tmp_path)

    assert code == 3
    assert "could not be exported" in said
    assert gone.title in failures
    assert [row["title"] for row in rows_of(tmp_path)] == [there.title]


def test_an_empty_catalogue_says_what_to_do(cubism, tmp_path):
    code, said, _ = failing_export(tmp_path / "out")

    assert code == 1
    assert "import_folder" in said
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_ends_the_export(cubism, tmp_path):
    make_artwork(style=cubism, picture=small_painting())
    (tmp_path / "file").write_text("not a folder")

    code, said, _ = failing_export(tmp_path / "file")

    assert code == 1
    assert "Stopped" in said


def test_a_label_that_a_curator_accepted_is_the_one_that_is_exported(cubism, tmp_path):
    work = make_artwork("Guitar", style=make_style("Realism", position=9), picture=small_painting())
    suggestion = labels.suggest(source_key="one", proposed=cubism, artwork=work)

    labels.accept(suggestion, cubism, user=make_user())
    export(tmp_path)

    assert [(row["title"], row["style"]) for row in rows_of(tmp_path)] == [("Guitar", "Cubism")]


def test_a_visitors_picture_is_exported_once_its_label_is_accepted(cubism, tmp_path):
    accepted, rejected, private, _ = (
        labels.suggest(
            source_key=str(seed), proposed=cubism, picture=small_painting(seed) if seed != 2 else None
        )
        for seed in range(4)
    )
    user = make_user()
    labels.accept(accepted, cubism, user=user)
    labels.accept(private, cubism, user=user)
    labels.reject(rejected, user=user)

    said = export(tmp_path)

    (row,) = rows_of(tmp_path)
    assert (tmp_path / row["path"]).read_bytes() == small_painting(0)
    assert (row["style"], row["source_repo"], row["artist"]) == ("Cubism", "visitors", "")
    assert "1 painting new" in said


def test_a_picture_that_its_owner_withdrew_leaves_the_export(cubism, tmp_path):
    make_artwork(style=cubism, picture=small_painting())
    suggestion = labels.suggest(source_key="one", proposed=cubism, picture=small_painting(1))
    labels.accept(suggestion, cubism, user=make_user())
    export(tmp_path)
    exported = next(tmp_path / row["path"] for row in rows_of(tmp_path) if row["source_repo"] == "visitors")
    assert exported.exists()

    labels.withdraw("one")
    export(tmp_path)

    assert not exported.exists()
    assert [row["source_repo"] for row in rows_of(tmp_path)] == ["catalogue"]


def test_a_limit_counts_visitors_pictures_too(cubism, tmp_path):
    make_artwork("Of the catalogue", style=cubism, picture=small_painting())
    suggestion = labels.suggest(source_key="one", proposed=cubism, picture=small_painting(1))
    labels.accept(suggestion, cubism, user=make_user())

    export(tmp_path, limit=1)

    assert [row["title"] for row in rows_of(tmp_path)] == ["Of the catalogue"]


def test_what_is_exported_can_be_built_and_read_for_training(cubism, tmp_path):
    styles = [cubism, make_style("Naïve Art (Primitivism)", slug="naive", position=9)]
    for seed in range(20):
        artist = make_artist(f"Painter {seed}")
        make_artwork(
            style=styles[seed % 2], artist=artist, year=1900 + seed, picture=small_painting(100 + seed)
        )
    export(tmp_path / "export")

    arguments = ["--manifest", tmp_path / "export" / "manifest.csv", "--least", 10]
    code = build.main(["build", "--out", str(tmp_path / "built"), *map(str, arguments)])

    assert code == 0
    data = read_manifest(tmp_path / "built" / "manifest.csv")
    assert data.styles == ("Cubism", "Naïve Art (Primitivism)")
    assert {picture.sha256 for picture in data.pictures} == set(
        Artwork.objects.values_list("sha256", flat=True)
    )
    assert {picture.year for picture in data.pictures} == set(range(1900, 1920))
    assert all(picture.source == "catalogue" and picture.path.is_file() for picture in data.pictures)
