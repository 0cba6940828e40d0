import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.embeddings import make_index
from gallery.models import Artwork, Embedding
from gallery.similar import nearest, similar_to
from ml import inference
from tests.factories import make_artist, make_artwork, make_embedding, make_style

pytestmark = pytest.mark.django_db


def near(seed: int, *, amount: float) -> np.ndarray:
    """An embedding at a small distance from that of `seed`."""
    vector = make_embedding(seed) + amount * make_embedding(seed + 1000)
    return vector / np.linalg.norm(vector)


def test_the_nearest_come_first_with_their_distance():
    far, close = make_artwork(seed=2), make_artwork(seed=1)

    works = list(nearest(near(1, amount=0.2), inference.model_version()))

    assert works == [close, far]
    assert works[0].distance == pytest.approx(1 - 1 / np.sqrt(1.04), abs=0.02)


def test_everything_comes_in_one_query(django_assert_num_queries):
    for seed in range(5):
        make_artwork(seed=seed, artist=make_artist())

    with django_assert_num_queries(1):
        labels = [
            (work.style.name, work.artist.name)
            for work in nearest(make_embedding(1), inference.model_version())
        ]

    assert len(labels) == 5


def test_hidden_works_and_embeddings_of_another_model_stay_out():
    make_artwork(seed=1, is_published=False)
    other = make_artwork(seed=1)
    other.embeddings.update(model_version="an older one")

    assert not nearest(make_embedding(1), inference.model_version())


def test_the_work_itself_can_be_left_out():
    work, other = make_artwork(seed=1), make_artwork(seed=2)

    assert list(nearest(work.embedding, inference.model_version(), without=work)) == [other]


def test_works_say_how_alike_they_are_most_alike_first():
    far, close = make_artwork(seed=2), make_artwork(seed=1)

    works = similar_to(make_embedding(1))

    assert works == [close, far]
    assert works[0].similarity == pytest.approx(1, abs=0.002)
    assert works[1].similarity == pytest.approx(float(make_embedding(1) @ make_embedding(2)), abs=0.002)


def test_works_that_are_less_alike_can_be_left_out():
    make_artwork(seed=2)
    close = make_artwork(seed=1)

    assert similar_to(make_embedding(1), min_similarity=0.9) == [close]
    assert similar_to(make_embedding(1), min_similarity=-1, style=close.style) == [close]


def test_a_limit_and_the_work_itself_are_minded_with_a_filter_too():
    style = make_style()
    works = [make_artwork(seed=seed, style=style) for seed in range(4)]

    found = similar_to(make_embedding(0), style=style, exclude=works[0], limit=2)

    assert len(found) == 2
    assert works[0] not in found


def test_another_model_can_be_asked_for():
    work = make_artwork(seed=1)
    work.embeddings.update(model_version="an older one")

    assert similar_to(make_embedding(1)) == []
    assert similar_to(make_embedding(1), model_version="an older one") == [work]


def test_works_that_are_not_free_can_be_asked_for():
    make_artwork(seed=1, rights="public_domain")
    protected = make_artwork(seed=2, rights="protected")

    assert similar_to(make_embedding(1), public_domain=False) == [protected]


@pytest.mark.django_db(transaction=True)
def test_the_patience_of_one_search_ends_with_it():
    similar_to(make_embedding(1), public_domain=True)

    with connection.cursor() as cursor:
        cursor.execute("SHOW hnsw.iterative_scan")
        assert cursor.fetchone()[0] == "strict_order"


@pytest.mark.parametrize("wanted", ["style", "artist", "year_from", "year_to", "public_domain"])
def test_each_filter_narrows(wanted):
    style, artist = make_style(), make_artist()
    match = make_artwork(seed=1, style=style, artist=artist, year=1900, rights="public_domain")
    make_artwork(seed=1, year=1800 if wanted == "year_from" else 2000, rights="protected")
    values = {"style": style, "artist": artist, "year_from": 1850, "year_to": 1950, "public_domain": True}

    works = nearest(make_embedding(1), inference.model_version(), **{wanted: values[wanted]})

    assert list(works) == [match]


def test_a_narrow_filter_finds_its_works_behind_thousands_of_nearer_ones():
    style, rare = make_style(), make_style()
    version = inference.model_version()
    works = Artwork.objects.bulk_create(Artwork(title=f"Near {n}", style=style) for n in range(3000))
    make_index(version)
    Embedding.objects.bulk_create(
        Embedding(artwork=work, model_version=version, embedding=near(1, amount=0.1 + n / 9000))
        for n, work in enumerate(works)
    )
    far_away = [make_artwork(seed=seed, style=rare) for seed in range(50, 53)]

    works = nearest(near(1, amount=0.1), version, style=rare)

    assert set(works) == set(far_away)


def test_with_a_filter_the_search_looks_further_than_without():
    """What that finds more is measured by benchmarks/similar.py."""
    with CaptureQueriesContext(connection) as plain:
        similar_to(make_embedding(1), limit=5)
    with CaptureQueriesContext(connection) as filtered:
        similar_to(make_embedding(1), limit=5, year_from=1900)

    assert len(plain) == 1
    assert "LIMIT 5" in plain[0]["sql"]
    assert any("relaxed_order" in query["sql"] for query in filtered)
    assert any("LIMIT 20" in query["sql"] for query in filtered)
