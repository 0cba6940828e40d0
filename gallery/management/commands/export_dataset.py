from argparse import ArgumentTypeError
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from gallery.export import Exported, export, exportable, exportable_suggestions

SHOWN_FAILURES = 20
GO_ON = "Run the same command again to go on."


class Report:
    """Counts what became of the works, and remembers what failed."""

    def __init__(self) -> None:
        self.new = self.known = 0
        self.failures: list[Exported] = []

    def add(self, exported: Exported) -> None:
        if exported.problem:
            self.failures.append(exported)
        elif exported.is_new:
            self.new += 1
        else:
            self.known += 1

    def __str__(self) -> str:
        """ "412 paintings new, 17 there already, 1 failed" """
        ending = "" if self.new == 1 else "s"
        return (
            f"{self.new:,} painting{ending} new, {self.known:,} there already, {len(self.failures):,} failed"
        )


class Command(BaseCommand):
    help = (
        "Export the catalogue for training: published works of the 18 styles that have a picture, without "
        "the generated studies, and visitors' pictures whose label a curator accepted, "
        "as DIR/manifest.csv and DIR/images/. "
        "Stopped at any time and started again, it goes on where it was. "
        "Exit codes: 0 all done, 1 could not run, 2 wrong usage, 3 some failed, 130 stopped with Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="Made if it is not there.")
        parser.add_argument("--limit", type=_positive, metavar="N", help="Only the first N works.")

    def handle(self, *args, folder: Path, limit: int | None, **options):
        report = Report()
        try:
            works = exportable()[:limit]
            count = works.count()
            suggestions = exportable_suggestions()[: None if limit is None else limit - count]
            total = count + suggestions.count()
            if not total:
                raise CommandError(
                    "The catalogue has no published paintings of the 18 styles with a picture. "
                    "Import some first: manage.py import_folder.",
                    returncode=1,
                )
            for exported in tqdm(
                export(works, suggestions, folder), total=total, unit=" paintings", disable=None
            ):
                report.add(exported)
        except KeyboardInterrupt:
            self.stdout.write(str(report))
            raise CommandError(f"Stopped. {GO_ON}", returncode=130) from None
        except (OSError, OperationalError, InterfaceError) as error:
            self.stdout.write(str(report))
            raise CommandError(_why_it_ended(error), returncode=1) from error
        self._show(report, folder)

    def _show(self, report: Report, folder: Path) -> None:
        self.stdout.write(f"{folder / 'manifest.csv'}: {report}")
        for failure in report.failures[:SHOWN_FAILURES]:
            self.stderr.write(f"{failure.name}: {failure.problem}")
        if len(report.failures) > SHOWN_FAILURES:
            self.stderr.write(f"… and {len(report.failures) - SHOWN_FAILURES:,} more.")
        if report.failures:
            raise CommandError("Some paintings could not be exported.", returncode=3)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("give a number from 1 on.")
    return int(text)


def _why_it_ended(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"Stopped: {error}. {GO_ON}"
    return f"The database does not answer any more. {GO_ON}"
