import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from gallery.embeddings import has_index
from gallery.models import ArtistStyle, Embedding, StyleYear
from tests.factories import make_artist, make_artwork, make_embedding


def migrate(to: str) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("gallery", to)])


@pytest.fixture
def back_again(transactional_db):
    """Whatever happens, the other tests find the newest tables."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("back_again")
def test_embeddings_survive_the_way_into_rows_of_their_own_and_back():
    seen, unseen = make_artwork(seed=1), make_artwork()
    seen.embeddings.update(model_version="styleart-1")

    migrate("0003_source_url")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, embedding_model, embedding IS NULL FROM gallery_artwork ORDER BY id")
        assert cursor.fetchall() == [(seen.pk, "styleart-1", False), (unseen.pk, "", True)]
    migrate("0004_embeddings_per_model")

    # Not the whole row, and not row.artwork: they would ask for columns that came later.
    row = Embedding.objects.only("artwork_id", "model_version", "embedding").get()
    assert (row.artwork_id, row.model_version) == (seen.pk, "styleart-1")
    assert row.embedding == pytest.approx(make_embedding(1), abs=1e-3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%styleart-1%'")
        assert cursor.fetchone() == (1,)


@pytest.mark.usefixtures("back_again")
def test_works_from_before_are_counted_and_found():
    work = make_artwork("Sommer på Skagen", artist=make_artist("P. S. Krøyer"), year=1893)
    make_artwork("Hidden", style=work.style, is_published=False)

    migrate("0008_is_free_at_wikiart")
    with connection.cursor() as cursor:  # as it was folded then
        cursor.execute(
            "UPDATE gallery_artwork SET search_text = 'sommer pa skagen p. s. krøyer' WHERE year = 1893"
        )
    migrate("0009_counts_and_search")

    assert list(StyleYear.objects.values_list("style", "year", "artwork_count")) == [(work.style_id, 1893, 1)]
    assert list(ArtistStyle.objects.values_list("artist", "artwork_count")) == [(work.artist_id, 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM gallery_artwork WHERE search_vector @@ to_tsquery('simple', 'kroyer')")
        assert cursor.fetchall() == [(work.pk,)]


@pytest.mark.usefixtures("back_again")
def test_embeddings_from_before_learn_the_style_and_year_of_their_work():
    dated, undated = make_artwork(seed=1, year=1893), make_artwork(seed=2)
    Embedding.objects.update(model_version="styleart-1")

    migrate("0015_words_to_translate")
    migrate("0017_label_embeddings")

    rows = Embedding.objects.order_by("artwork").values_list("artwork", "style", "year")
    assert list(rows) == [(dated.pk, dated.style_id, 1893), (undated.pk, undated.style_id, None)]
    assert has_index("styleart-1")
