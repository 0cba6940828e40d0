import json

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from styleart_site.backups import BackupError
from styleart_site.doctor import CannotExamine, Finding, Level, examine

WIDTH = 11  # of the longest name of a check


class Command(BaseCommand):
    help = (
        "Look whether everything is there and fits together: servers, migrations, disk, model, files, queue, "
        "worker, settings; say what to do. "
        "Exit codes: 0 all is well, 1 the database does not answer, 2 wrong usage, 3 there is trouble."
    )
    requires_system_checks = []  # it makes them itself, and goes on

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="A list of objects, for other programs.")
        parser.add_argument("--quick", action="store_true", help="Leave out the look at every file.")
        parser.add_argument(
            "--fix", action="store_true", help="Put right what is safe to put right; the rest is only said."
        )

    def handle(self, *args, **options):
        found = []
        try:
            for finding in examine(files=not options["quick"]):
                done = self._fix(finding) if options["fix"] and finding.fix else ""
                found.append((finding, done))
                if not options["json"]:
                    self._show(finding, done)
        except CannotExamine as error:
            raise CommandError(str(error), returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps([_as_dict(*each) for each in found], indent=1))
        trouble = sum(finding.level == Level.TROUBLE and not done for finding, done in found)
        if trouble:
            raise CommandError(f"{trouble} of these need to be seen to.", returncode=3)
        if not options["json"]:
            self.stdout.write("All is well.")

    def _fix(self, finding: Finding) -> str:
        """What was done; nothing, and the reason on stderr, where it could not be done."""
        try:
            return finding.fix()
        except (BackupError, CommandError, Error, LookupError, OSError, ValueError) as error:
            self.stderr.write(f"{finding.check}: this could not be put right: {str(error).strip()}")
            return ""

    def _show(self, finding: Finding, done: str) -> None:
        style = {
            Level.OK: self.style.SUCCESS,
            Level.NOTE: self.style.WARNING,
            Level.TROUBLE: self.style.ERROR,
        }
        level = style[finding.level](f"{finding.level:<8}")
        self.stdout.write(f"{level}{finding.check:<{WIDTH}} {finding.said}")
        if done:
            self.stdout.write(f"{'fixed':<8}{'':<{WIDTH}} {done}")
        elif finding.advice:
            self.stdout.write(f"{'':<8}{'':<{WIDTH}} → {finding.advice}")


def _as_dict(finding: Finding, done: str) -> dict[str, str]:
    return {
        "check": finding.check,
        "level": finding.level,
        "said": finding.said,
        "advice": finding.advice,
        "fixed": done,
    }
