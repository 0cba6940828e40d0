"""How commands that embed artworks show what they do, and end."""

import os
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import closing

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from ml import inference

from . import embeddings
from .embeddings import Outcome
from .locks import Taken, alone
from .readers import ReadersKeepDying
from .stopping import stoppable
from .switching import CannotSwitch

PATIENCE_S = 20  # the worker looks every minute whether there is something to embed
GO_ON = "Run the same command again to go on."


class EmbeddingCommand(BaseCommand):
    """Works through outcomes with a progress bar; exit codes 0, 1, 2, 3, and 130 after Ctrl-C."""

    def add_processes(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--processes",
            type=positive,
            metavar="N",
            default=os.cpu_count(),
            help="How many processes look at pictures (default: one for each core, %(default)s).",
        )

    def work(self, outcomes: Iterator[Outcome], *, total: int, done: str = "{} embedded") -> None:
        """Show the progress, then the report. Raises CommandError unless all went well."""
        report = _Report()
        try:
            with alone(embeddings.LOCK, patience_s=PATIENCE_S), closing(stoppable(outcomes)) as steps:
                for outcome in tqdm(steps, total=total, unit=" artworks", disable=None):
                    report.add(outcome)
        except KeyboardInterrupt:
            self._show(report, done)
            raise CommandError(f"Stopped. {GO_ON}", returncode=130) from None
        except _ENDINGS as error:
            self._show(report, done)
            raise CommandError(_why_it_ended(error), returncode=1) from error
        self._show(report, done)
        if report.failures:
            raise CommandError("Some pictures could not be read.", returncode=3)

    def _show(self, report: "_Report", done: str) -> None:
        words = done.format(f"{len(report.embedded):,} artwork{'' if len(report.embedded) == 1 else 's'}")
        self.stdout.write(f"{words}, {len(report.failures):,} failed.")
        for failure in report.failures.values():
            self.stderr.write(f"{failure.name}: {failure.reason}")


class _Report:
    """The last outcome of each work: one that failed may be tried twice."""

    def __init__(self) -> None:
        self.embedded: set[int] = set()
        self.failures: dict[int, Outcome] = {}

    def add(self, outcome: Outcome) -> None:
        if outcome.reason:
            self.failures[outcome.pk] = outcome
        else:
            self.embedded.add(outcome.pk)
            self.failures.pop(outcome.pk, None)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("give a number from 1 on.")
    return int(text)


_ENDINGS = (Taken, CannotSwitch, inference.ModelMismatch, ReadersKeepDying, OperationalError, InterfaceError)


def _why_it_ended(error: Exception) -> str:
    if isinstance(error, Taken):
        return "Another process is embedding artworks. Wait until it is done."
    if isinstance(error, ReadersKeepDying):
        return f"The processes that look at pictures keep dying; is there too little memory? {GO_ON}"
    if isinstance(error, (OperationalError, InterfaceError)):
        return f"The database does not answer any more. {GO_ON}"
    return str(error)
