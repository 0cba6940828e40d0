"""Tell the embeddings that are there the style and year of their work, and make the indexes by style and period.

Not in one transaction: nobody waits for it, and stopped in the middle it goes on where it was. A row that
changes is a new one to an index, so the old indexes go first and are made anew, which takes 0.5 ms or so a work
and index; meanwhile searches read all embeddings.
"""

from django.db import migrations

from gallery import embeddings

AT_ONCE = 5_000
LABEL = """
UPDATE gallery_embedding AS row SET style_id = work.style_id, year = work.year
FROM gallery_artwork AS work
WHERE work.id = row.artwork_id AND row.id IN (
    SELECT id FROM gallery_embedding WHERE style_id IS NULL ORDER BY id LIMIT %s FOR UPDATE
)
"""


def label(apps, schema_editor):
    # The names and predicates of the indexes are those of gallery.embeddings, which finds and mends them later.
    versions = list(apps.get_model("gallery", "Embedding").objects.values_list("model_version").distinct())
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM gallery_embedding WHERE style_id IS NULL)")
        if cursor.fetchone()[0]:
            cursor.execute(
                "SELECT indexrelid::regclass::text FROM pg_index"
                " WHERE indrelid = 'gallery_embedding'::regclass"
                " AND starts_with(indexrelid::regclass::text, 'embedding_hnsw_')"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        cursor.execute(LABEL, [AT_ONCE])
        while cursor.rowcount:
            cursor.execute(LABEL, [AT_ONCE])
        for (version,) in versions:
            embeddings.make_index(version)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("gallery", "0016_embedding_style_and_year")]

    operations = [migrations.RunPython(label, migrations.RunPython.noop)]
