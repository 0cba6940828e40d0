import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from gallery import embeddings
from gallery.models import Artwork, Embedding
from gallery.similar import Wanted, statement
from ml import inference
from tests import pictures
from tests.factories import make_artwork, make_model, make_style

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


def embed_artworks(*arguments: str, **options) -> str:
    """Run the command in this process; gives what it wrote on stdout."""
    out = StringIO()
    call_command("embed_artworks", *arguments, stdout=out, **{"processes": 1} | options)
    return out.getvalue()


def failing_embed(**options) -> tuple[int, str, str]:
    """Exit code, the message of the end, and what it wrote on stderr."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        embed_artworks(stderr=err, **options)
    return caught.value.returncode, str(caught.value), err.getvalue()


def make_works(count: int) -> list[Artwork]:
    """Works with pictures, as an old model left them: without an embedding of the model in use."""
    works = [make_artwork(picture=pictures.small_painting(seed)) for seed in range(count)]
    Embedding.objects.update(model_version="an older one")
    return works


@pytest.mark.parametrize("processes", [1, 2])
def test_works_that_lack_an_embedding_get_the_one_an_import_would_give(processes):
    works = make_works(3)

    said = embed_artworks(processes=processes)

    assert "3 artworks embedded, 0 failed." in said
    for work in works:
        data = work.picture.open("rb").read()
        assert work.embedding == pytest.approx(inference.embed(data), abs=1e-3)  # kept as halfvec
        assert work.embeddings.count() == 2


def test_a_second_run_has_nothing_to_do():
    make_works(2)
    embed_artworks()

    assert "0 artworks embedded, 0 failed." in embed_artworks()


def test_works_without_a_picture_are_left_alone():
    make_artwork()

    assert ": 0 artworks to embed." in embed_artworks()


def test_a_limit_takes_some_and_the_next_run_goes_on():
    make_works(3)

    assert "2 artworks embedded" in embed_artworks(limit=2)
    assert "1 artwork embedded" in embed_artworks(limit=2)


def test_a_dry_run_checks_and_writes_nothing():
    works = make_works(2)
    Path(works[0].picture.path).write_bytes(pictures.letter())

    code, _, err = failing_embed(dry_run=True)

    assert code == 3
    assert "not a picture" in err
    assert not Embedding.objects.filter(model_version=inference.model_version()).exists()


def test_pictures_that_cannot_be_read_are_named_and_cost_no_other_its_embedding():
    torn, gone, fine = make_works(3)
    Path(torn.picture.path).write_bytes(pictures.cut_off_jpeg())
    Path(gone.picture.path).unlink()

    code, said, err = failing_embed()

    assert (code, said) == (3, "Some pictures could not be read.")
    assert f"{torn.title} ({torn.picture.name}): " in err
    assert f"{gone.title} ({gone.picture.name}): Its picture is missing." in err
    assert fine.embedding is not None


def test_another_model_can_be_asked_beside_the_one_in_use(tmp_path):
    [work] = make_works(1)

    embed_artworks(model=make_model(tmp_path / "other", "other-7"))

    assert set(embeddings.count_by_version()) == {"an older one", "other-7"}
    assert work.embedding is None


def test_what_is_no_model_ends_with_1(tmp_path):
    code, said, _ = failing_embed(model=tmp_path)

    assert code == 1
    assert "model.json is missing" in said


def test_wrong_usage_ends_with_2():
    command = [sys.executable, "manage.py", "embed_artworks", "--limit", "none"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert ended.returncode == 2
    assert "--limit" in ended.stderr


@pytest.mark.django_db(transaction=True)
def test_two_do_not_embed_at_once(monkeypatch):
    monkeypatch.setattr("gallery.progress.PATIENCE_S", 0.2)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [embeddings.LOCK])

    code, said, _ = failing_embed()
    other.close()

    assert code == 1
    assert "Another process is embedding artworks." in said


def test_a_work_that_changes_meanwhile_keeps_no_embedding_of_its_old_picture():
    works = make_works(4)
    outcomes = embeddings.embed(inference.model_folder(), processes=1)
    next(outcomes)  # the other three are with the readers now, or about to be
    Artwork.objects.filter(pk=works[2].pk).update(sha256="0" * 64)
    works[3].delete()

    assert not any(outcome.reason for outcome in outcomes)
    assert works[1].embedding is not None
    assert works[2].embedding is None


def test_a_new_picture_takes_all_embeddings_of_the_old_one_along():
    [work] = make_works(1)

    work.take_picture(pictures.small_painting(77))
    work.save()

    assert [row.model_version for row in work.embeddings.all()] == [inference.model_version()]


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [
        ({}, [""]),
        ({"style": True}, ["_s{style}"]),
        ({"year_from": 1850, "year_to": 1874}, ["_y1875"]),
        ({"year_from": 1860, "year_to": 1890}, ["_y1875", "_y1900"]),
        ({"year_from": 1500}, [""]),
    ],
)
def test_the_nearest_works_are_found_by_indexes_of_their_version(wanted, indexes):
    # Two, so that no index of a part is as large as that of all.
    style, other = make_style(), make_style("Another")
    years = [1851, 1861, 1876, 1951]
    works = Artwork.objects.bulk_create(
        Artwork(title=f"Work {n}", style=style if n < 250 else other, year=years[n % 4]) for n in range(500)
    )
    embeddings.make_index("some-1")
    embeddings.make_index("some-1")
    Embedding.objects.bulk_create(
        Embedding(artwork=work, model_version="some-1", embedding=[n + 1.0] + [1.0] * 255)
        for n, work in enumerate(works)
    )
    if "style" in wanted:
        wanted = wanted | {"style": style}

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # so small a table is sorted faster
        cursor.execute("ANALYZE gallery_embedding")
        question = {"embedding": str([1.0] * 256), "model_version": "some-1", "limit": 12, "ask_for": 12}
        wanted = Wanted(**wanted)
        cursor.execute(f"EXPLAIN {statement(wanted, is_exact=False)}", wanted.values | question)
        plan = str(cursor.fetchall())

    assert "->  Sort" in plan  # an index gives the nearest nearly in order

    name = embeddings._index_name("some-1")
    assert set(re.findall(rf"{name}\S*", plan)) == {name + end.format(style=style.pk) for end in indexes}


@pytest.mark.django_db(transaction=True)
def test_outside_of_transactions_nobody_waits_for_an_index_and_a_broken_one_is_made_anew(
    django_capture_on_commit_callbacks,
):
    make_works(1)
    version = inference.model_version()
    with CaptureQueriesContext(connection) as captured:
        embeddings.make_index(version)
    made = [query["sql"] for query in captured if query["sql"].startswith("CREATE INDEX")]
    with connection.cursor() as cursor:  # as if its making had been stopped
        name = embeddings._index_name(version)
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
    assert not embeddings.has_index(version)

    embeddings.make_index(version)

    assert made
    assert all("CONCURRENTLY" in sql for sql in made)
    assert all(embeddings._indexes(version).values())
    assert embeddings.has_index(version)
    with CaptureQueriesContext(connection) as captured:
        embeddings.forget(version)
    assert all("CONCURRENTLY" in query["sql"] for query in captured if query["sql"].startswith("DROP INDEX"))
    assert not embeddings._indexes(version)


def test_an_embedding_knows_the_style_and_year_of_its_work_whatever_happens_to_them():
    style, other = make_style(), make_style()
    work = make_artwork(seed=1, style=style, year=1850)

    def known() -> list[tuple]:
        return list(work.embeddings.values_list("style", "year"))

    assert known() == [(style.pk, 1850)]
    Artwork.objects.filter(pk=work.pk).update(style=other)
    assert known() == [(other.pk, 1850)]
    work.refresh_from_db()
    work.year = None
    work.save()
    assert known() == [(other.pk, None)]


def test_a_forgotten_version_leaves_neither_rows_nor_index():
    make_works(2)
    embeddings.make_index("an older one")

    embeddings.forget("an older one")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE %s", ["%an older one%"])
        assert cursor.fetchone() == (0,)
    assert embeddings.count_by_version() == {}
