import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from gallery.locks import Taken
from gallery.models import Style
from gallery.progress import GO_ON, positive
from gallery.readers import ReadersKeepDying
from gallery.stopping import stoppable
from ml import inference
from scraper import folder as folders
from scraper import importer
from scraper.importer import Outcome, Result
from scraper.records import Record
from scraper.report import show_failures


class Report:
    """Counts what became of the paintings, and remembers what failed."""

    def __init__(self) -> None:
        self._counts: Counter[Result] = Counter()
        self.failures: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        self._counts[outcome.result] += 1
        if outcome.result is Result.FAILED:
            self.failures.append(outcome)

    def __str__(self) -> str:
        """ "5,832 paintings new, 0 known, 123 not paintings, 2 failed" """
        new = self._counts[Result.NEW]
        return (
            f"{new:,} painting{'' if new == 1 else 's'} new, {self._counts[Result.KNOWN]:,} known, "
            f"{self._counts[Result.NOT_A_PAINTING]:,} not paintings, {self._counts[Result.FAILED]:,} failed"
        )


class Command(BaseCommand):
    help = (
        "Import a folder of paintings: one with our manifest.csv, one laid out as the research WikiArt "
        "(Style_Name/artist-slug_title-slug-1890.jpg), or the output of the lucasdavid/wikiart downloader. "
        "Stopped at any time and started again, it goes on where it was. "
        "Exit codes: 0 all done, 1 could not run, 2 wrong usage, 3 some failed, 130 stopped with Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder that holds the paintings.")
        parser.add_argument("--layout", choices=folders.LAYOUTS, help="Recognised by itself if not given.")
        parser.add_argument("--limit", type=positive, metavar="N", help="Only the first N records.")
        parser.add_argument("--dry-run", action="store_true", help="Read and count, write nothing.")
        parser.add_argument(
            "--processes",
            type=positive,
            metavar="N",
            default=os.cpu_count(),
            help="How many processes decode pictures (default: one for each core, %(default)s).",
        )

    def handle(self, *args, folder: Path, layout: str | None, limit: int | None, dry_run: bool, **options):
        records, total = self._records(folder, layout, limit)
        work = importer.rehearse if dry_run else importer.import_records
        report = Report()
        try:
            with closing(stoppable(work(records, processes=options["processes"]))) as outcomes:
                for outcome in tqdm(outcomes, total=total, unit=" paintings", disable=None):
                    report.add(outcome)
        except KeyboardInterrupt:
            self._show(report, dry_run=dry_run)
            raise CommandError(f"Stopped. {GO_ON}", returncode=130) from None
        except (
            Taken,
            inference.ModelMismatch,
            ReadersKeepDying,
            OperationalError,
            InterfaceError,
            OSError,
        ) as error:
            self._show(report, dry_run=dry_run)
            raise CommandError(_why_it_ended(error), returncode=1) from error
        self._show(report, dry_run=dry_run)
        if report.failures:
            raise CommandError("Some paintings could not be imported.", returncode=3)

    def _records(self, folder: Path, layout: str | None, limit: int | None) -> tuple[Iterator[Record], int]:
        """The records of the folder and their number, or CommandError."""
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.", returncode=1)
        if not Style.objects.of_the_house().exists():
            raise CommandError(
                "The catalogue has no styles yet. Run manage.py load_sample first.", returncode=1
            )
        try:
            inference.model_card()
            layout = layout or folders.recognise(folder)
            total = sum(1 for _ in islice(folders.read(folder, layout), limit))
        except (folders.UnknownLayout, inference.ModelMismatch, OSError) as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(f"{folder}: {total:,} records, layout: {layout}.")
        return islice(folders.read(folder, layout), limit), total

    def _show(self, report: Report, *, dry_run: bool) -> None:
        self.stdout.write(f"Dry run, nothing was written: {report}" if dry_run else str(report))
        failures = [f"{failure.name}: {failure.reason}" for failure in report.failures]
        show_failures(failures, self.stderr, all_here=dry_run)


def _why_it_ended(error: Exception) -> str:
    if isinstance(error, Taken):
        return "Another import is running. Wait until it is done."
    if isinstance(error, ReadersKeepDying):
        return f"The processes that decode pictures keep dying; is there too little memory? {GO_ON}"
    if isinstance(error, (OperationalError, InterfaceError)):
        return f"The database does not answer any more. {GO_ON}"
    if isinstance(error, inference.ModelMismatch):
        return str(error)
    return f"Stopped: {error}. {GO_ON}"
