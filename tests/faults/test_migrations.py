"""A deployment in the middle: the code of the last release works on the new tables, and there is a way back."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from classifier.counting import RequestCount
from classifier.models import Prediction
from gallery import labels
from scraper.models import ImportRun
from styleart_site.models import AccessToken, Export, IdempotencyKey
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_prediction,
    make_style,
    small_painting,
)

# The newest migrations of the last release. Raise them when a release is out.
LAST_RELEASE = {
    "classifier": "0003_history_and_sharing",
    "gallery": "0012_palette",
    "scraper": "0002_busy_seconds",
    "styleart_site": "0005_answers_as_text",
}
# What `breaks` finds and is harmless all the same, with the reason.
HARMLESS: dict[str, str] = {}
COLUMNS = """
SELECT table_name, column_name, udt_name, coalesce(character_maximum_length, 0), is_nullable = 'YES',
  column_default IS NOT NULL OR is_identity = 'YES' OR is_generated <> 'NEVER'
FROM information_schema.columns WHERE table_schema = 'public'
"""
RULES = """
SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('u', 'c', 'f', 'p')
"""
INDEXES = (  # without those of embeddings: gallery.embeddings makes them, one for each model that was asked
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND NOT starts_with(indexname, 'embedding_hnsw_')"
)


def ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def migrate(targets: list[tuple[str, str | None]]) -> None:
    MigrationExecutor(connection).migrate(targets)


def newest() -> list[tuple[str, str]]:
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


def columns() -> dict[tuple[str, str], tuple]:
    """Table and column to type, length (0 is any), whether it may be null, whether it fills itself."""
    return {(table, column): tuple(rest) for table, column, *rest in ask(COLUMNS)}


def bare(text: str) -> str:
    """Without casts and brackets, which pg_restore writes anew in its own way."""
    return re.sub(r"::[a-z ]+(\[\])?|[()]", "", text)


def rules() -> set[tuple]:
    """Table, kind and text of each rule."""
    return {(table, kind, bare(text)) for table, kind, text in ask(RULES)}


def schema() -> tuple:
    return columns(), rules(), Counter((table, bare(text)) for table, text in ask(INDEXES))


def counts(tables: set[str]) -> dict[str, int]:
    return {table: ask(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables}  # noqa: S608


def breaks(old_columns: dict, old_rules: set, new_columns: dict, new_rules: set) -> list[str]:
    """What code that knows the old tables could not do on the new ones any more."""
    tables = {table for table, _ in old_columns}
    found = [f"{table}.{column} is gone" for table, column in old_columns.keys() - new_columns.keys()]
    for (table, column), (kind, length, may_be_null, fills_itself) in new_columns.items():
        if (table, column) not in old_columns:
            if table in tables and not may_be_null and not fills_itself:
                found.append(
                    f"{table}.{column} is new and must be filled: give it a db_default, or let it be null"
                )
            continue
        old_kind, old_length, could_be_null, filled_itself = old_columns[table, column]
        if kind != old_kind or 0 < length < (old_length or length + 1):
            found.append(f"{table}.{column} is of another type, or shorter")
        if could_be_null and not may_be_null:
            found.append(f"{table}.{column} must not be null any more")
        if filled_itself and not fills_itself:
            found.append(f"{table}.{column} does not fill itself any more")
    strict = {(table, kind, text) for table, kind, text in new_rules - old_rules if table in tables}
    new_names = {column for table, column in new_columns.keys() - old_columns.keys() if table in tables}
    for table, _, text in strict:
        if not set(re.findall(r"\w+", text)) & new_names:  # of columns that old code does not fill
            found.append(f"{table} has a new rule: {text}")
    return sorted(found)


@pytest.fixture
def tables(transactional_db):
    """Whatever happens, the other tests find the newest tables."""
    yield
    migrate(newest())


def fill_tables() -> None:
    """Some rows of everything that people keep here."""
    style, artist = make_style("Baroque"), make_artist("Judith Leyster")
    make_artwork(picture=small_painting(), style=style, artist=artist, year=1630)
    make_artwork(seed=1)
    done = make_done_prediction(title="A title", note="A note")
    done.give_feedback(style)
    done.share_with(7)
    make_prediction(owner=done.owner, picture=small_painting() + b"\0")
    part = make_prediction(owner=done.owner, picture=small_painting() + b"\1")
    Prediction.objects.filter(pk=part.pk).update(sha256=done.sha256, edit="0,0,100,100,1")
    Prediction.objects.filter(pk=make_prediction().pk).update(status="failed", error_code="gave_up")
    labels.suggest(source_key="test:1", proposed=style, predicted=style, confidence=0.5, picture=None)
    AccessToken.objects.make(done.owner, "a script", days=3)
    Export.objects.start(done.owner)
    IdempotencyKey.objects.begin(done.owner, "a key", "f" * 64)
    RequestCount.objects.hit("somebody", 60)
    ImportRun.objects.create()


@pytest.mark.usefixtures("tables")
def test_the_last_release_works_on_the_new_tables_and_all_steps_lead_back():
    fill_tables()
    new_columns, new_rules, _ = new_schema = schema()
    new_counts = counts({table for table, _ in new_columns})

    migrate(list(LAST_RELEASE.items()))
    old_columns, old_rules = columns(), rules()
    kept = {table for table, _ in old_columns} - {"django_migrations"}
    assert {table: new_counts[table] for table in kept if table in new_counts} == counts(
        kept & new_counts.keys()
    )
    migrate(newest())
    assert counts(kept & new_counts.keys()) == {
        table: new_counts[table] for table in kept & new_counts.keys()
    }
    assert schema() == new_schema

    assert set(breaks(old_columns, old_rules, new_columns, new_rules)) - HARMLESS.keys() == set()

    migrate([(app, None) for app in LAST_RELEASE])
    assert {table for table, _ in columns()} & {
        "classifier_prediction",
        "gallery_artwork",
        "styleart_site_user",
    } == set()
    migrate(newest())
    assert schema() == new_schema


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE classifier_prediction DROP COLUMN note", "note is gone"),
        ("ALTER TABLE classifier_prediction RENAME COLUMN note TO remark", "note is gone"),
        ("ALTER TABLE classifier_sharelink RENAME TO classifier_link", "classifier_sharelink.token is gone"),
        ("ALTER TABLE classifier_prediction ADD COLUMN mood text NOT NULL", "mood is new and must be filled"),
        ("ALTER TABLE classifier_prediction ALTER COLUMN title TYPE varchar(20)", "title is of another type"),
        (
            "ALTER TABLE classifier_prediction ALTER COLUMN created_at TYPE date",
            "created_at is of another type",
        ),
        ("ALTER TABLE classifier_prediction ALTER COLUMN owner_id SET NOT NULL", "owner_id must not be null"),
        ("ALTER TABLE classifier_prediction ADD CHECK (width > 99)", "has a new rule: CHECK width > 99"),
        ("ALTER TABLE classifier_prediction ADD UNIQUE (sha256)", "has a new rule: UNIQUE sha256"),
    ],
)
def test_what_would_break_the_last_release_is_found(sql, words):
    old_columns, old_rules = columns(), rules()
    with connection.cursor() as cursor:
        cursor.execute(sql)

    assert words in " ".join(breaks(old_columns, old_rules, columns(), rules()))


@pytest.mark.django_db
def test_what_the_last_release_need_not_know_is_let_through():
    old_columns, old_rules = columns(), rules()
    with connection.cursor() as cursor:
        cursor.execute("""
            ALTER TABLE classifier_prediction ADD COLUMN mood text NOT NULL DEFAULT '' CHECK (mood <> 'bad');
            ALTER TABLE classifier_prediction ADD COLUMN weight int;
            ALTER TABLE classifier_prediction ALTER COLUMN title TYPE varchar(500);
            CREATE TABLE visits (id int PRIMARY KEY, at timestamptz NOT NULL);
        """)

    assert breaks(old_columns, old_rules, columns(), rules()) == []
