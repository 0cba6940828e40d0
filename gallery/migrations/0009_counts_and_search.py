"""Counts that keep themselves, a column for full-text search, and indexes for every list of the pages."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

# What is written for each kind of statement: the works that came count 1, those that went count -1.
CAME = "SELECT style_id, artist_id, year, 1 AS n FROM new_works WHERE is_published"
WENT = "SELECT style_id, artist_id, year, -1 AS n FROM old_works WHERE is_published"
EVENTS = {
    "insert": (CAME, "NEW TABLE AS new_works"),
    "update": (f"{CAME} UNION ALL {WENT}", "OLD TABLE AS old_works NEW TABLE AS new_works"),
    "delete": (WENT, "OLD TABLE AS old_works"),
}

# Rows are taken in order, so that two writers wait for each other instead of locking each other out.
TALLY = """
INSERT INTO {table} ({key}, artwork_count)
SELECT {key}, sum(n) FROM ({changes}) AS changes WHERE {counts}
GROUP BY {key} HAVING sum(n) <> 0 ORDER BY {key}
ON CONFLICT ({key}) DO UPDATE SET artwork_count = {table}.artwork_count + excluded.artwork_count;
IF TG_OP <> 'INSERT' THEN
    DELETE FROM {table} WHERE artwork_count = 0;
END IF;
"""


def tallies(changes: str) -> str:
    styles = TALLY.format(table="gallery_styleyear", key="style_id, year", counts="true", changes=changes)
    artists = TALLY.format(
        table="gallery_artiststyle", key="artist_id, style_id", counts="artist_id IS NOT NULL", changes=changes
    )
    return styles + artists


def trigger(event: str) -> str:
    changes, tables = EVENTS[event]
    return f"""
CREATE FUNCTION gallery_tally_{event}() RETURNS trigger LANGUAGE plpgsql AS $tally$
BEGIN {tallies(changes)} RETURN NULL; END $tally$;
CREATE TRIGGER tally_{event} AFTER {event.upper()} ON gallery_artwork
REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION gallery_tally_{event}();
"""


def no_trigger(event: str) -> str:
    return f"""
DROP TRIGGER IF EXISTS tally_{event} ON gallery_artwork;
DROP FUNCTION IF EXISTS gallery_tally_{event}();
"""


FIRST_COUNT = """
INSERT INTO gallery_styleyear (style_id, year, artwork_count)
SELECT style_id, year, count(*) FROM gallery_artwork WHERE is_published GROUP BY style_id, year;
INSERT INTO gallery_artiststyle (artist_id, style_id, artwork_count)
SELECT artist_id, style_id, count(*) FROM gallery_artwork
WHERE is_published AND artist_id IS NOT NULL GROUP BY artist_id, style_id;
"""

# Letters that Unicode does not take apart: the same as in gallery.models.searchable.
FOLD = """
UPDATE {table} SET search_text = left(replace(replace(replace(translate(search_text, 'øłđðı', 'olddi'),
    'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), {length})
WHERE search_text ~ '[øłđðıæœþ]';
"""

# Django need not know this column: only gallery.search asks it. Punctuation parts words, or the parser would
# take "St.John" for a host and "-1890" for a number; the same signs as in gallery.search.
SIGNS = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~‘’‚“”„«»‹›–—…·´"
COLUMN = """
ALTER TABLE {table} ADD COLUMN search_vector tsvector
GENERATED ALWAYS AS (to_tsvector('simple', translate(search_text, '{signs}', repeat(' ', {count})))) STORED;
CREATE INDEX {table}_search ON {table} USING gin (search_vector) WITH (fastupdate = off);
"""
TABLES = {"gallery_artwork": 800, "gallery_artist": 250}


def searchable(table: str, length: int) -> str:
    count = len(SIGNS.replace("''", "'"))
    return FOLD.format(table=table, length=length) + COLUMN.format(table=table, signs=SIGNS, count=count)


md5_of_pk = django.db.models.functions.text.MD5(
    django.db.models.functions.comparison.Cast("id", models.TextField())
)
hangs = models.Q(("is_published", True), models.Q(("picture", ""), _negated=True))


class Migration(migrations.Migration):
    dependencies = [("gallery", "0008_is_free_at_wikiart")]

    operations = [
        migrations.CreateModel(
            name="ArtistStyle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("artwork_count", models.IntegerField()),
                ("artist", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="styles_of_works", to="gallery.artist")),
                ("style", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="artists_of_works", to="gallery.style")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("artist", "style"), name="artist_counted_once")]},
        ),
        migrations.CreateModel(
            name="StyleYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField(null=True)),
                ("artwork_count", models.IntegerField()),
                ("style", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="years_of_works", to="gallery.style")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("style", "year"), name="counted_once", nulls_distinct=False)]},
        ),
        *[
            migrations.RunSQL(
                searchable(table, length),
                f"DROP INDEX {table}_search; ALTER TABLE {table} DROP COLUMN search_vector;",
            )
            for table, length in TABLES.items()
        ],
        *[migrations.RunSQL(trigger(event), no_trigger(event)) for event in EVENTS],
        migrations.RunSQL(FIRST_COUNT, migrations.RunSQL.noop),
        migrations.AddIndex("artist", models.Index(fields=["search_text", "id"], name="artist_by_name")),
        migrations.AddIndex(
            "artwork",
            models.Index(fields=["-id"], condition=models.Q(("is_published", True)), name="artwork_newest"),
        ),
        migrations.AddIndex("artwork", models.Index(fields=["rights", "-id"], name="artwork_rights_newest")),
        migrations.AddIndex("artwork", models.Index(fields=["year"], name="artwork_year")),
        migrations.AddIndex("artwork", models.Index(fields=["style", "year"], name="artwork_style_year")),
        migrations.AddIndex(
            "artwork",
            models.Index(models.F("style"), md5_of_pk, condition=hangs, name="artwork_style_mixed"),
        ),
        migrations.AddIndex("artwork", models.Index(md5_of_pk, condition=hangs, name="artwork_mixed")),
    ]
