from concurrent.futures.process import BrokenProcessPool

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from gallery import sample_catalogue
from gallery.checks import BRING_MODEL_BACK
from gallery.embeddings import make_index
from gallery.models import Style
from gallery.studies import STUDIES_PER_STYLE
from ml import inference


class Command(BaseCommand):
    help = (
        "Load the sample catalogue: 18 styles, famous artists, generated studies."
        " Stopped halfway, it goes on where it was; a complete one is left alone."
    )

    def add_arguments(self, parser):
        parser.add_argument("--facts", action="store_true", help="Bring styles and artists up to date, too.")
        parser.add_argument(
            "--studies",
            type=int,
            default=settings.SAMPLE_STUDIES_PER_STYLE,
            choices=range(STUDIES_PER_STYLE + 1),
            metavar="N",
            help=f"Paint up to N studies a style; 0 to {STUDIES_PER_STYLE}.",
        )

    def handle(self, *args, facts: bool, studies: int, **options):
        if facts or not Style.objects.of_the_house().exists():
            sample_catalogue.load_facts()
            self.stdout.write("Styles and artists are in.")
        else:
            sample_catalogue.load_texts()  # of languages that are new since; what curators wrote stays
        try:
            make_index(inference.model_version())  # empty yet where nothing hangs; the first import fills it
        except inference.ModelMismatch as error:
            raise CommandError(f"{error} {BRING_MODEL_BACK}") from error
        wanted = sample_catalogue.missing_studies(studies)
        if not wanted:
            return
        self.stdout.write(f"Painting {len(wanted)} studies for the first catalogue …")
        painted = sample_catalogue.load_studies(wanted)
        try:
            for _ in tqdm(painted, total=len(wanted), unit="study", disable=None):
                pass
        except BrokenProcessPool as error:
            raise CommandError(
                "A process that painted was ended, perhaps for lack of memory."
                " Nothing is lost: start again to paint the rest."
            ) from error
        self.stdout.write(f"{len(wanted)} studies hang.")
