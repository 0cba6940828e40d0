import signal
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from styleart_site.backups import BackupError, making


class Command(BaseCommand):
    help = (
        "Pack database, pictures and models into one file, while the site runs. "
        "FILE appears when it is complete; .tar.gz or .tgz compresses it. "
        "Exit codes: 0 all done, 1 no backup was made, 2 wrong usage, "
        "3 made, but some rows name files that are not there, 130 stopped with Ctrl-C."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="For example styleart-2030-01-31.tar.")
        parser.add_argument(
            "--overwrite", action="store_true", help="FILE may exist; it is kept until the end."
        )
        parser.add_argument(
            "--with-derived",
            action="store_true",
            help="Previews and thumbnails, too. Without them they are made again when they are asked for.",
        )
        parser.add_argument(
            "--without-secret-key",
            action="store_true",
            help="Leave out the key of a copy with embedded services: sessions and two-factor sign-in need it.",
        )

    def handle(self, *args, file: Path, **options):
        file = file.resolve()
        if not file.parent.is_dir():
            raise CommandError(f"There is no folder {file.parent}.")
        if file.exists() and not options["overwrite"]:
            raise CommandError(f"{file} is there already; choose another name, or --overwrite.")
        # A service manager's stop cleans up as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            report = self._make(file, options)
        except KeyboardInterrupt:
            raise CommandError("Stopped. There is no backup of this run.", returncode=130) from None
        except (BackupError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        except OSError as error:
            raise CommandError(
                f"The backup cannot be made: {error.filename or file}: {error.strerror}."
            ) from error
        self.stdout.write(
            f"{report.files:,} files and the database, {report.size_bytes / 1e6:,.1f} MB: {file}"
            + (f". {report.gone:,} files were deleted meanwhile, with their rows." if report.gone else "")
        )
        if report.missing:
            raise CommandError(
                f"{report.missing:,} files that rows name are not there; manage.py doctor names them.",
                returncode=3,
            )

    def _make(self, file: Path, options: dict) -> making.Report:
        with tqdm(unit=" files", disable=None) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            return making.make(
                file,
                with_derived=options["with_derived"],
                with_secret_key=not options["without_secret_key"],
                progress=progress,
            )
