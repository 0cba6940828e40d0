from itertools import product

import numpy as np
import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from gallery import similar
from gallery.embeddings import make_index
from gallery.models import Artist, Artwork, Embedding, Style
from gallery.similar import Wanted, candidates, similar_to
from ml import inference
from tests.factories import make_artist, make_artwork, make_embedding, make_style

pytestmark = pytest.mark.django_db
MANY = 4000
FILTERS = {
    "style": [None, "common", "rare"],
    "artist": [None, "one"],
    "years": [None, (1810, 1829), (1850, None), (None, 1799)],
    "public_domain": [None, True, False],
}


def near(seed: int, *, amount: float) -> np.ndarray:
    """An embedding at a small distance from that of `seed`."""
    vector = make_embedding(seed) + amount * make_embedding(seed + 1000)
    return vector / np.linalg.norm(vector)


def test_works_say_how_alike_they_are_most_alike_first():
    far, close = make_artwork(seed=2), make_artwork(seed=1)

    works = similar_to(make_embedding(1))

    assert works == [close, far]
    assert works[0].similarity == pytest.approx(1, abs=0.002)
    assert works[1].similarity == pytest.approx(float(make_embedding(1) @ make_embedding(2)), abs=0.002)


def test_labels_and_rows_come_in_a_constant_number_of_queries(django_assert_max_num_queries):
    for seed in range(15):
        make_artwork(seed=seed, artist=make_artist(), year=1900)

    def labels(**wanted) -> list:
        return [(work.style.name, work.artist.name) for work in similar_to(make_embedding(1), **wanted)]

    with django_assert_max_num_queries(2):
        assert len(labels()) == 12
    with django_assert_max_num_queries(5):
        assert len(labels(year_from=1850, public_domain=False)) == 12


def test_hidden_works_and_embeddings_of_another_model_stay_out():
    make_artwork(seed=1, is_published=False)
    other = make_artwork(seed=1)
    other.embeddings.update(model_version="an older one")
    make_artwork()

    assert not similar_to(make_embedding(1))
    assert not similar_to(make_embedding(1), style=other.style)


def test_the_work_itself_can_be_left_out():
    work, other = make_artwork(seed=1), make_artwork(seed=2)

    assert similar_to(work.embedding, exclude=work) == [other]


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


@pytest.mark.parametrize("wanted", ["style", "artist", "year_from", "year_to", "public_domain"])
@pytest.mark.parametrize("few", [0, 1000])
def test_each_filter_narrows(wanted, few, monkeypatch):
    by_index(monkeypatch, few == 0)
    style, artist = make_style(), make_artist()
    match = make_artwork(seed=1, style=style, artist=artist, year=1900, rights="public_domain")
    make_artwork(seed=1, year=1800 if wanted == "year_from" else 2000, rights="protected")
    values = {"style": style, "artist": artist, "year_from": 1850, "year_to": 1950, "public_domain": True}

    assert similar_to(make_embedding(1), **{wanted: values[wanted]}) == [match]


# Many works


def by_index(monkeypatch, is_wanted: bool) -> None:
    """Let every search ask the indexes, or none."""
    monkeypatch.setattr(similar, "FEW", -1 if is_wanted else 10**9)
    monkeypatch.setattr(similar, "WORTH", -1 if is_wanted else 10**9)


@pytest.fixture
def catalogue() -> dict[str, list]:
    """MANY works in clusters, of all kinds: the values to filter by, and the works' vectors by id."""
    chance = np.random.default_rng(3)
    styles = {"common": make_style(), "rare": make_style(), "other": make_style()}
    artists = {"one": make_artist(), "other": make_artist()}
    make_index(inference.model_version())
    works = Artwork.objects.bulk_create(
        Artwork(
            title=f"Work {n}",
            style=styles["rare" if n % 40 == 0 else "common" if n % 2 else "other"],
            artist=artists["one" if n % 5 == 0 else "other"],
            year=None if n % 17 == 0 else int(chance.integers(1700, 2000)),
            rights="public_domain" if n % 3 else "protected",
            is_published=n % 29 != 0,
        )
        for n in range(MANY)
    )
    vectors = chance.normal(size=(60, 256))[np.arange(MANY) % 60] + 0.5 * chance.normal(size=(MANY, 256))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    Embedding.objects.bulk_create(
        Embedding(artwork=work, model_version=inference.model_version(), embedding=vector)
        for work, vector in zip(works[:-100], vectors, strict=False)  # the last hundred have none
    )
    Embedding.objects.bulk_create(
        Embedding(artwork=work, model_version="another one", embedding=vectors[0]) for work in works
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE gallery_embedding, gallery_artwork")
    return {"works": works[:-100], "vectors": vectors[:-100], "style": styles, "artist": artists}


def fits(work: Artwork, style: Style, artist: Artist, years: tuple, public_domain: bool) -> bool:
    since, until = years or (None, None)
    return (
        work.is_published
        and style in (None, work.style)
        and artist in (None, work.artist)
        and (since is None or (work.year or 0) >= since)
        and (until is None or (work.year or 9999) <= until)
        and public_domain in (None, work.rights == "public_domain")
    )


def recalls(catalogue, *, question: np.ndarray) -> dict[tuple, float]:
    """For every combination of filters, the share of the true neighbours that is found; none that does not fit."""
    found = {}
    alike = catalogue["vectors"] @ question
    for style, artist, years, public_domain in product(*FILTERS.values()):
        wanted = (
            catalogue["style"].get(style),
            catalogue["artist"].get(artist),
            years,
            public_domain,
        )
        right = [n for n in np.argsort(-alike) if fits(catalogue["works"][n], *wanted)][:12]
        since, until = years or (None, None)
        works = similar_to(
            question,
            style=wanted[0],
            artist=wanted[1],
            year_from=since,
            year_to=until,
            public_domain=public_domain,
        )
        assert all(fits(work, *wanted) for work in works)
        assert len({work.pk for work in works}) == len(works) == len(right)
        assert [work.similarity for work in works] == sorted((w.similarity for w in works), reverse=True)
        true = {catalogue["works"][n].pk for n in right}
        found[style, artist, years, public_domain] = len(true & {work.pk for work in works}) / len(right)
    return found


@pytest.mark.parametrize("ways", ["exactly", "by index", "as it chooses"])
def test_every_combination_of_filters_finds_the_true_neighbours(catalogue, ways, monkeypatch):
    if ways != "as it chooses":
        by_index(monkeypatch, ways == "by index")
    question = catalogue["vectors"][7] + 0.02 * make_embedding(9)

    found = recalls(catalogue, question=question / np.linalg.norm(question))

    # Distances are those of halfvec: two works may change places.
    assert min(found.values()) >= (0.99 if ways == "exactly" else 0.75), found
    assert np.mean(list(found.values())) >= 0.97


def test_both_ways_are_taken(catalogue):
    """Of 2,000 works of a style in an index of its own, or of 100 among them."""
    common, rare = catalogue["style"]["common"], catalogue["style"]["rare"]

    def is_exact(**wanted) -> bool:
        return candidates(Wanted(**wanted)) is None

    assert not is_exact()
    assert not is_exact(style=common)
    assert not is_exact(year_from=1850)
    assert is_exact(style=rare)
    assert is_exact(style=common, year_from=1810, year_to=1815)
    assert is_exact(artist=make_artist())
    Artwork.objects.update(rights="unknown")
    assert is_exact(style=common, public_domain=True)
    assert not is_exact(style=common, public_domain=False)


def test_a_narrow_filter_finds_its_works_behind_thousands_of_nearer_ones(monkeypatch):
    by_index(monkeypatch, True)
    style, rare = make_style(), make_style()
    version = inference.model_version()
    works = Artwork.objects.bulk_create(
        Artwork(title=f"Near {n}", style=style, year=1900) for n in range(3000)
    )
    make_index(version)
    Embedding.objects.bulk_create(
        Embedding(artwork=work, model_version=version, embedding=near(1, amount=0.1 + n / 9000))
        for n, work in enumerate(works)
    )
    far_away = [make_artwork(seed=seed, style=rare, year=1700) for seed in range(50, 53)]

    assert set(similar_to(near(1, amount=0.1), style=rare)) == set(far_away)
    assert set(similar_to(near(1, amount=0.1), year_to=1899)) == set(far_away)


def test_a_work_that_changes_its_style_is_found_under_the_new_one(monkeypatch):
    by_index(monkeypatch, True)
    work, style = make_artwork(seed=1, year=1900), make_style()
    old = work.style

    Artwork.objects.filter(pk=work.pk).update(style=style)

    assert similar_to(make_embedding(1), style=style) == [work]
    assert similar_to(make_embedding(1), style=old) == []


def test_an_index_is_asked_for_more_than_are_wanted_where_not_all_fit(monkeypatch):
    """What that finds more is measured by benchmarks/similar.py."""
    by_index(monkeypatch, True)
    make_artwork(seed=1, year=1900)
    with CaptureQueriesContext(connection) as plain:
        similar_to(make_embedding(1), limit=5)
    with CaptureQueriesContext(connection) as filtered:
        similar_to(make_embedding(1), limit=5, year_from=1900)

    assert any("LIMIT 5)" in query["sql"] for query in plain)
    assert any("LIMIT 15)" in query["sql"] for query in filtered)


def test_so_few_works_are_searched_exactly_without_a_filter_too():
    make_artwork()

    assert candidates(Wanted()) is None


def test_the_more_works_the_more_candidates_are_kept(monkeypatch):
    def keeps(works: int) -> int | None:
        monkeypatch.setattr(Wanted, "counts", lambda wanted: (works, works))
        return candidates(Wanted())

    assert keeps(1001) == keeps(250_000) == 200
    assert 270 <= keeps(1_000_000) <= 290
    assert keeps(10**12) == 1000  # more than that pgvector refuses


def test_how_broadly_one_search_goes_does_not_change_the_connection(monkeypatch, transactional_db):
    by_index(monkeypatch, True)
    monkeypatch.setattr(similar, "CANDIDATES", 77)
    make_artwork(seed=1)

    with CaptureQueriesContext(connection) as captured:
        assert len(similar_to(make_embedding(1))) == 1

    assert any("hnsw.ef_search = 77" in query["sql"] for query in captured)
    with connection.cursor() as cursor:
        cursor.execute("SHOW hnsw.ef_search")
        assert cursor.fetchone() == ("280",)


def test_works_are_those_that_the_orm_gives_field_by_field():
    full = make_artwork(seed=1, artist=make_artist(nationality="French"), year=1900, rights="public_domain")
    bare = make_artwork(seed=2, artist=None)

    found = {work.pk: work for work in similar_to(make_embedding(1))}

    for work in Artwork.objects.with_labels().filter(pk__in=[full.pk, bare.pk]):
        for one, other in ((found[work.pk], work), (found[work.pk].style, work.style)):
            assert values(one) == values(other)
    assert values(found[full.pk].artist) == values(full.artist)
    assert found[bare.pk].artist is None


def values(row: Model) -> dict:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
