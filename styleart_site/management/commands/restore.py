import signal
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, Error
from tqdm import tqdm

from ml import inference
from styleart_site.backups import BackupError, restoring

THE_REST = "The backup is in its place; manage.py doctor --fix does what remains."


class Command(BaseCommand):
    help = (
        "Restore what manage.py backup has packed, into an empty system. Everything is read and checked "
        "before anything is touched; if something fails, all is as it was. "
        "Exit codes: 0 all done, 1 not restored, 2 wrong usage, 130 stopped with Ctrl-C."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--check", action="store_true", help="Read and compare all of FILE; touch nothing."
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Also where there is something: it is deleted, after a question.",
        )
        parser.add_argument("--no-input", action="store_true", help="With --replace: do not ask.")

    def handle(self, *args, file: Path, **options):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if options["check"]:
                self._check(file)
            else:
                self._restore(file, replace=options["replace"], ask=not options["no_input"])
        except KeyboardInterrupt:
            raise CommandError(f"Stopped. {_how_it_stands()}", returncode=130) from None
        except (BackupError, DatabaseError) as error:
            words = f" {THE_REST}" if _has_come_through() else ""
            raise CommandError(f"{str(error).strip()}{words}") from error
        except OSError as error:
            trouble = f"{error.filename or file}: {error.strerror}."
            raise CommandError(f"{trouble} {_how_it_stands()}") from error

    def _check(self, file: Path) -> None:
        with self._bar(file) as bar:
            about = restoring.check(file, progress=lambda at: bar.update(at - bar.n))
        self.stdout.write(f"The backup of {about['made_at']} is whole, and this system can take it.")

    def _restore(self, file: Path, *, replace: bool, ask: bool) -> None:
        about = restoring.read_about(file)
        restoring.check_versions(about)
        if said := self._recover(replace=replace):
            self.stdout.write(said)
        if found := restoring.what_is_here():
            self._agree(", ".join(found), about, replace=replace, ask=ask)
        with self._bar(file) as bar:
            report = restoring.restore(file, progress=lambda at: bar.update(at - bar.n))
        self._tell(report)

    def _recover(self, *, replace: bool) -> str:
        """What a broken-off restore has left is brought to its end; one that cannot be must not hinder another."""
        try:
            return restoring.recover()
        except (BackupError, CommandError, Error, LookupError, ValueError):
            if not replace:
                raise
            return restoring.recover(does_rest=False)

    def _agree(self, found: str, about: dict, *, replace: bool, ask: bool) -> None:
        if not replace:
            raise CommandError(
                f"This system is not empty: it has {found}. Restore into an empty one "
                "(another STYLEART_DATA, or another database and media folder), or use --replace."
            )
        if ask:
            self.stdout.write(
                f"All of {found} here will be deleted, and the site becomes what it was on {about['made_at']}."
            )
            try:
                answer = input("Type “replace” to go on: ")
            except EOFError:
                raise CommandError(
                    "Nothing was touched: nobody is there to answer. See --no-input."
                ) from None
            if answer.strip() != "replace":
                raise CommandError("Nothing was touched.")

    def _tell(self, report: restoring.Report) -> None:
        self.stdout.write(
            f"Restored: {report.rows:,} rows and {report.files:,} files, as they were on {report.about['made_at']}."
        )
        steps = report.steps()
        if report.about["model"] != inference.model_version():
            steps.append(
                f"The model in use is {inference.model_version()} and was {report.about['model']}: the worker makes "
                "the embeddings anew; manage.py activate_model brings another model back."
            )
        start = "bin/start" if settings.EMBEDDED else "web server, worker and scheduler"
        steps.append(f"Start {start}, then run manage.py doctor.")
        self.stdout.write("What to do now:")
        for number, step in enumerate(steps, start=1):
            self.stdout.write(f"  {number}. {step}")

    def _bar(self, file: Path) -> tqdm:
        return tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=None)


def _how_it_stands() -> str:
    return THE_REST if _has_come_through() else "All is as it was."


def _has_come_through() -> bool:
    """Whether it broke off so late that there is no way back; a database that is away cannot tell."""
    try:
        return restoring.has_come_through()
    except Error:
        return False
