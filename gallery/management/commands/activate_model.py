from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from kombu.exceptions import OperationalError as BrokerError

from gallery import switching, tasks
from gallery.models import Artwork
from gallery.progress import EmbeddingCommand
from ml import inference


class Command(EmbeddingCommand):
    help = (
        "Use another model, without a restart: check it, copy it into the data folder, let it look at the "
        "whole catalogue while the old one goes on serving, and switch when it has seen everything. "
        "Exit codes: 0 all done, 1 not switched, 2 wrong usage, 3 switched, but some pictures could not be "
        "read, 130 stopped with Ctrl-C."
    )
    requires_system_checks = []  # they ask for the model in use: a broken one is to be replaced

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("folder", nargs="?", type=Path, help="With model.tflite and model.json.")
        what.add_argument("--rollback", action="store_true", help="Back to the model before, at once.")
        what.add_argument("--list", action="store_true", help="Show the models that are known.")
        parser.add_argument("--background", action="store_true", help="Let the worker do it; return at once.")
        self.add_processes(parser)

    def handle(self, *args, folder: Path | None, **options):
        if options["list"]:
            return self._list()
        try:
            if options["rollback"]:
                return self._roll_back()
            folder = folder.resolve()
            version = switching.check(folder)
            if options["background"]:
                return self._prepare(folder, version)
            self._activate(folder, version, options["processes"])
        except (switching.CannotSwitch, inference.ModelMismatch, OSError) as error:
            raise CommandError(str(error), returncode=1) from error

    def _list(self) -> None:
        total = Artwork.objects.exclude(picture="").count()
        for model in switching.known():
            role = f", {model.role}" if model.role else ""
            self.stdout.write(
                f"{model.version}{role}: {model.embedding_count:,} of {total:,} artworks embedded; {model.folder}"
            )

    def _activate(self, folder: Path, version: str, processes: int) -> None:
        total = Artwork.objects.without_embedding(version).count()
        self.stdout.write(f"{version} is fine. {total:,} artworks to embed, then it takes over.")
        try:
            self.work(switching.activate(folder, processes=processes), total=total)
        finally:
            self.stdout.write(f"{inference.model_version()} is in use.")

    def _prepare(self, folder: Path, version: str) -> None:
        switching.prepare(folder)
        try:
            tasks.embed_artworks.delay()
        except (BrokerError, OSError):  # the scheduler sends it within a minute
            self.stderr.write("The queue does not answer; the worker begins when it is back.")
        self.stdout.write(
            f"{version} is fine. The worker embeds the artworks, then it takes over; --list shows how far it is."
        )

    def _roll_back(self) -> None:
        switching.roll_back()
        version = inference.model_version()
        self.stdout.write(f"{version} is in use again.")
        if count := Artwork.objects.without_embedding(version).count():
            self.stdout.write(
                f"It has not seen {count:,} artworks yet; the worker sees to them, or manage.py embed_artworks."
            )
