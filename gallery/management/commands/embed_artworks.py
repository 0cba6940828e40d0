from pathlib import Path

from django.core.management.base import CommandError, CommandParser

from gallery import embeddings
from gallery.models import Artwork
from gallery.progress import EmbeddingCommand, positive
from ml import inference


class Command(EmbeddingCommand):
    help = (
        "Let the model in use, or another one, look at all artworks that it has not seen, so that similar ones "
        "can be found. Stopped at any time and started again, it goes on where it was. "
        "Exit codes: 0 all done, 1 could not run, 2 wrong usage, 3 some failed, 130 stopped with Ctrl-C."
    )
    requires_system_checks = []  # they ask for the model in use, and another one may be named

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", type=Path, metavar="DIR", help="The model's folder, if not the one in use."
        )
        parser.add_argument("--limit", type=positive, metavar="N", help="Only N artworks.")
        parser.add_argument("--dry-run", action="store_true", help="Check the pictures, write nothing.")
        self.add_processes(parser)

    def handle(self, *args, model: Path | None, limit: int | None, dry_run: bool, processes: int, **options):
        model = (model or inference.model_folder()).resolve()
        try:
            version = inference.load_model(model).card["version"]
        except inference.ModelMismatch as error:
            raise CommandError(str(error), returncode=1) from error
        lacking = Artwork.objects.without_embedding(version).count()
        total = min(lacking, limit or lacking)
        self.stdout.write(f"{version}: {lacking:,} artworks to embed.")
        embed = embeddings.rehearse if dry_run else embeddings.embed
        done = "Dry run, nothing was written: {} would be embedded" if dry_run else "{} embedded"
        self.work(embed(model, processes=processes, limit=limit), total=total, done=done)
