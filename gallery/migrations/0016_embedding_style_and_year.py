"""Embeddings learn the style and year of their work, so that each style and period can have an index of its own."""

import django.db.models.deletion
from django.db import migrations, models

# FOR SHARE: whoever changes the work at this moment waits, and then finds the new embedding.
# A work that is not there yet comes later in the same transaction, as when a backup is restored.
TRIGGERS = """
CREATE FUNCTION gallery_embedding_labels() RETURNS trigger LANGUAGE plpgsql AS $labels$
DECLARE work record;
BEGIN
    SELECT style_id, year INTO work FROM gallery_artwork WHERE id = NEW.artwork_id FOR SHARE;
    IF FOUND THEN
        NEW.style_id = work.style_id;
        NEW.year = work.year;
    END IF;
    RETURN NEW;
END $labels$;
CREATE TRIGGER embedding_labels BEFORE INSERT ON gallery_embedding
FOR EACH ROW EXECUTE FUNCTION gallery_embedding_labels();

CREATE FUNCTION gallery_artwork_labels() RETURNS trigger LANGUAGE plpgsql AS $labels$
BEGIN
    UPDATE gallery_embedding SET style_id = NEW.style_id, year = NEW.year WHERE artwork_id = NEW.id;
    RETURN NULL;
END $labels$;
CREATE TRIGGER artwork_labels AFTER UPDATE OF style_id, year ON gallery_artwork FOR EACH ROW
WHEN (OLD.style_id IS DISTINCT FROM NEW.style_id OR OLD.year IS DISTINCT FROM NEW.year)
EXECUTE FUNCTION gallery_artwork_labels();
"""
NO_TRIGGERS = """
DROP TRIGGER IF EXISTS artwork_labels ON gallery_artwork;
DROP FUNCTION IF EXISTS gallery_artwork_labels();
DROP TRIGGER IF EXISTS embedding_labels ON gallery_embedding;
DROP FUNCTION IF EXISTS gallery_embedding_labels();
"""


class Migration(migrations.Migration):
    dependencies = [("gallery", "0015_words_to_translate")]

    operations = [
        migrations.AddField(
            "embedding",
            "style",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="gallery.style",
            ),
        ),
        migrations.AddField("embedding", "year", models.SmallIntegerField(editable=False, null=True)),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
