import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from gallery.models import Embedding
from tests.factories import make_artwork, make_embedding


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

    row = Embedding.objects.get()
    assert (row.artwork, row.model_version) == (seen, "styleart-1")
    assert row.embedding == pytest.approx(make_embedding(1), abs=1e-3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%styleart-1%'")
        assert cursor.fetchone() == (1,)
