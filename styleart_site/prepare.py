"""Bring database, sample catalogue, demo accounts and static files up to date; `bin/start` does it each time.

What happens is told on standard error; standard output gets only the demo accounts, if there are any.
"""

import os
import sys

from environs import EnvError

from . import environment
from .embedded import EmbeddedServiceError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "styleart_site.settings")
    try:
        prepare()
    except EmbeddedServiceError as error:
        sys.exit(str(error))
    except EnvError as error:
        sys.exit(environment.in_words(error))
    except KeyboardInterrupt:
        sys.exit(130)


def prepare() -> None:
    """Safe to run again at any time."""
    import django
    from django.conf import settings
    from django.core.management import CommandError, call_command
    from django.db import Error

    django.setup()
    try:
        if _has_pending_migrations():
            _say("Preparing the database ...")
            call_command("migrate", interactive=False, verbosity=0)
        call_command("load_sample", stdout=sys.stderr)
        if settings.EMBEDDED:
            call_command("create_demo_accounts")
        call_command("collectstatic", interactive=False, verbosity=0)
    except (CommandError, Error) as error:
        sys.exit(f"StyleArt could not be prepared: {str(error).strip()}\n{_advice(error)}".rstrip())


def _has_pending_migrations() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _advice(error: Exception) -> str:
    """What to do about it, where the most common reason is the reason."""
    from django.db import NotSupportedError, ProgrammingError

    from .backups.database import advice_on_pgvector

    return advice_on_pgvector() if isinstance(error, (NotSupportedError, ProgrammingError)) else ""


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
