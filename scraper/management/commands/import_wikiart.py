import time
from argparse import ArgumentTypeError, BooleanOptionalAction
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, transaction
from django.utils.formats import date_format
from tqdm import tqdm

from gallery.locks import Taken, alone
from gallery.models import Style
from gallery.progress import GO_ON, positive
from gallery.stopping import ctrl_c
from ml import inference
from scraper import runs
from scraper.importer import LOCK, Outcome, Result
from scraper.models import ImportRun
from scraper.reasons import Reason, of, of_system
from scraper.report import show_failures
from scraper.runs import Options
from scraper.wikiart import Stopped, WikiArtError

LOOK_S = 2.0  # how often the bar asks how many records there will be
NOTHING_WANTED = (
    "Say what to import: --artist, --style, --genre, --most-viewed, --all, --since or --from-file; "
    "or --try-again for what failed before."
)


class Command(BaseCommand):
    help = (
        "Import works from WikiArt, or bring what the catalogue has up to date. "
        "Stopped at any time and started again with the same words, it goes on where it was. "
        "Exit codes: 0 all done, 1 could not run, 2 wrong usage, 3 some failed, 130 stopped with Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_argument_group("what to import; several may be named")
        several = {"nargs": "+", "action": "extend", "default": [], "metavar": "SLUG"}
        what.add_argument("--artist", **several, dest="artists", help="As in wikiart.org/en/claude-monet.")
        what.add_argument("--style", **several, dest="styles", help="As in …/paintings-by-style/cubism.")
        what.add_argument("--genre", **several, dest="genres", help="As in …/paintings-by-genre/portrait.")
        what.add_argument("--most-viewed", action="store_true", help="What people look at most.")
        what.add_argument("--all", action="store_true", help="Every artist. Takes days.")
        what.add_argument("--since", type=_date, metavar="DATE", help="Artists changed since then.")
        what.add_argument(
            "--from-file",
            **several | {"metavar": "FILE", "type": _file},
            dest="files",
            help="Saved answers of WikiArt, of any of its interfaces; no works are asked for there.",
        )
        what.add_argument("--try-again", action="store_true", help="What failed in earlier imports.")
        how = parser.add_argument_group("how")
        how.add_argument(
            "--public-domain-only",
            action=BooleanOptionalAction,
            help="Only works in the public domain; not given, that holds for pictures alone.",
        )
        how.add_argument("--no-images", dest="images", action="store_false", help="No pictures.")
        how.add_argument(
            "--no-details",
            dest="details",
            action="store_false",
            help="Only what lists say, and no biographies: fast, without materials, places, tags and the like.",
        )
        how.add_argument("--image-size", default="", choices=["Large", "HalfHD", "HD", "Original"])
        how.add_argument("--limit", type=positive, metavar="N", help="Only the first N records.")
        how.add_argument("--refresh", action="store_true", help="Bring known works up to date, too.")
        how.add_argument("--dry-run", action="store_true", help="Fetch and count, write nothing.")

    def handle(self, *args, dry_run: bool, try_again: bool, **given):
        options = Options.read(given)
        if not options.sources() and not try_again:
            raise CommandError(NOTHING_WANTED, returncode=2)
        if options.since and options.all:
            raise CommandError(
                "--since is for changed artists and --all for every one: give one of them.", returncode=2
            )
        if not Style.objects.of_the_house().exists():
            raise CommandError(
                "The catalogue has no styles yet. Run manage.py load_sample first.", returncode=1
            )
        if dry_run:
            self._rehearse(options)
            return
        wanted = [self._run(options)] if options.sources() else []
        wanted += self._runs_with_failures() if try_again else []
        failed = [run for run in wanted if self._go_on(run)]
        if failed:
            raise CommandError("Some of it failed. --try-again tries that once more.", returncode=3)

    # Which run

    def _run(self, options: Options) -> ImportRun:
        """The unfinished run that was started with the same words, or a new one."""
        run = ImportRun.objects.unfinished().filter(options=options.as_json()).first()
        if run is None:
            run = runs.plan(options)
            self.stdout.write(f"{run}: {options}.")
            return run
        if run.is_in_background and run.is_under_way:
            raise CommandError(
                f"{run} does just that in the background. Watch it in the admin.", returncode=1
            )
        begun = date_format(run.created_at, "j F, H:i")
        self.stdout.write(f"Going on with {run} of {begun}: {run.records:,} records so far.")
        return run

    def _runs_with_failures(self) -> list[ImportRun]:
        found = ImportRun.objects.filter(failures__settled_at__isnull=True, failures__isnull=False).distinct()
        idle = [run for run in found.order_by("pk") if not (run.is_in_background and run.is_under_way)]
        for run in idle:
            count = run.try_again(run.failures.all())
            self.stdout.write(f"{run}: trying {count:,} again.")
        return idle

    # Going on, with a bar

    def _go_on(self, run: ImportRun) -> bool:
        """Carry a run to its end and report; tells whether some of it failed."""
        is_ours = False  # until then somebody else may be at it
        with ExitStack() as held:
            try:
                held.enter_context(alone(LOCK, patience_s=runs.PATIENCE_S))
                is_asked = held.enter_context(ctrl_c())
                run.resume(in_background=False)
                is_ours = True
                with closing(runs.go_on(run, runs.access(run), is_over=is_asked)) as outcomes:
                    for _ in _shown(run, outcomes):
                        if is_asked():
                            raise KeyboardInterrupt
            except KeyboardInterrupt:
                if is_ours:
                    run.stop()
                    self._report(run)
                raise CommandError(f"Stopped. {GO_ON}", returncode=130) from None
            except Stopped:
                run.stop()
                self._report(run)
                who = "Stopped." if is_asked() else "Stopped from the admin."
                raise CommandError(f"{who} {GO_ON}", returncode=130) from None
            except Taken:
                raise CommandError(
                    "Another import is running. Wait until it is done.", returncode=1
                ) from None
            except (OperationalError, InterfaceError) as error:
                raise CommandError(f"The database does not answer any more. {GO_ON}", returncode=1) from error
            except (WikiArtError, inference.ModelMismatch, OSError) as error:
                run.stop(_why(error))
                self._report(run)
                raise CommandError(f"{error} Nothing is lost. {GO_ON}", returncode=1) from error
        return self._report(run)

    def _report(self, run: ImportRun) -> bool:
        """Write what became of it all; tells whether some of it failed."""
        run.refresh_from_db()
        failures = [f"{failure.name}: {failure.reason}" for failure in run.failures.open()]
        self.stdout.write(
            f"{run.works_new:,} works new, {run.works_changed:,} changed, {run.works_known:,} known, "
            f"{run.pictures_new:,} pictures fetched, {len(failures):,} failed."
        )
        show_failures(failures, self.stderr)
        return bool(failures)

    def _rehearse(self, options: Options) -> None:
        tally: Counter[Result] = Counter()
        failures = []
        try:
            with transaction.atomic():
                run = runs.plan(options)
                for outcome in _shown(run, runs.rehearse(run, runs.access(run))):
                    tally[outcome.result] += 1
                    failures += (
                        [f"{outcome.name}: {outcome.reason}"] if outcome.result == Result.FAILED else []
                    )
                pictures = run.wanted_pictures.count()
                transaction.set_rollback(True)
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing was written.", returncode=130) from None
        except Taken:
            raise CommandError("Another import is running. Wait until it is done.", returncode=1) from None
        except WikiArtError as error:
            raise CommandError(f"{error} Nothing was written.", returncode=1) from error
        self.stdout.write(
            f"Dry run, nothing was written: {tally[Result.NEW]:,} works new, {tally[Result.CHANGED]:,} changed, "
            f"{tally[Result.KNOWN]:,} known, {pictures:,} pictures to fetch, {len(failures):,} failed."
        )
        show_failures(failures, self.stderr, all_here=True)
        if failures:
            raise CommandError("Some of it would fail.", returncode=3)


def _shown(run: ImportRun, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Pass outcomes on and show a bar for the works, then one for their pictures; silent when piped."""
    bar = None
    try:
        for outcome in outcomes:
            if bar is None or outcome.is_picture != bar.is_of_pictures:
                if bar is not None:
                    bar.close()
                bar = _Bar(run, is_of_pictures=outcome.is_picture)
            bar.count(outcome)
            yield outcome
    finally:
        if bar is not None:
            bar.close()


class _Bar:
    """A bar with the time left, as far as that can be told: lists tell their length page by page."""

    def __init__(self, run: ImportRun, *, is_of_pictures: bool) -> None:
        self._run = run
        self.is_of_pictures = is_of_pictures
        self._looked = time.monotonic()
        self._bar = tqdm(
            unit=" pictures" if is_of_pictures else " works",
            total=run.wanted_pictures.count() + 1 if is_of_pictures else run.expected_records(),
            initial=0 if is_of_pictures else max(0, run.records - 1),
            disable=None,
        )

    def count(self, outcome: Outcome) -> None:
        self._bar.update(outcome.result != Result.LATER)
        if not self.is_of_pictures and time.monotonic() - self._looked > LOOK_S:
            self._looked = time.monotonic()
            self._bar.total = self._run.expected_records()

    def close(self) -> None:
        self._bar.close()


def _why(error: Exception) -> str:
    """Why it stopped, for those who look at it in the admin."""
    if isinstance(error, OSError):
        return Reason("stopped_by", error=of_system(error))
    if isinstance(error, inference.ModelMismatch):
        return Reason("model_unusable", error=str(error))
    return of(error)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no date. Write it as 2026-01-31.") from None


def _file(text: str) -> str:
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text}.")
    return str(path.resolve())
