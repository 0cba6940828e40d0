import hashlib

import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models


def move_to_rows(apps, schema_editor):
    """Every embedding becomes a row that knows its model; each model gets its HNSW index, made at once."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gallery_embedding (artwork_id, model_version, embedding)"
            " SELECT id, embedding_model, embedding FROM gallery_artwork WHERE embedding IS NOT NULL"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the new rows' pending checks forbid an index
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT DISTINCT model_version FROM gallery_embedding")
        for (version,) in cursor.fetchall():  # named as gallery.embeddings.make_index names them
            name = f"embedding_hnsw_{hashlib.sha256(version.encode()).hexdigest()[:16]}"
            cursor.execute(
                f"CREATE INDEX {name} ON gallery_embedding USING hnsw (embedding halfvec_cosine_ops)"
                " WITH (m = 16, ef_construction = 64) WHERE model_version = %s",
                [version],
            )


def move_back(apps, schema_editor):
    """Of a work's embeddings the one that was made last is kept."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "UPDATE gallery_artwork SET embedding = last.embedding, embedding_model = last.model_version"
            " FROM (SELECT DISTINCT ON (artwork_id) artwork_id, embedding, model_version"
            "       FROM gallery_embedding ORDER BY artwork_id, id DESC) AS last"
            " WHERE last.artwork_id = gallery_artwork.id"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0003_source_url'),
    ]

    operations = [
        migrations.CreateModel(
            name='Embedding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model_version', models.CharField(max_length=100)),
                ('embedding', pgvector.django.halfvec.HalfVectorField(dimensions=256)),
                ('artwork', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='embeddings', to='gallery.artwork')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('artwork', 'model_version'), name='embedding_once_per_model'),
                    models.CheckConstraint(condition=models.Q(('model_version__gt', '')), name='embedding_names_its_model'),
                ],
            },
        ),
        migrations.RunPython(move_to_rows, move_back),
        migrations.RemoveConstraint(
            model_name='artwork',
            name='embedding_knows_its_model',
        ),
        migrations.RemoveIndex(
            model_name='artwork',
            name='artwork_embedding_hnsw',
        ),
        migrations.RemoveField(
            model_name='artwork',
            name='embedding',
        ),
        migrations.RemoveField(
            model_name='artwork',
            name='embedding_model',
        ),
    ]
