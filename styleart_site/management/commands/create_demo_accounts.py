from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from gallery.curators import curators
from styleart_site.demo import CURATOR, VISITOR


class Command(BaseCommand):
    help = "Create a demo user and a demo curator. Only on a copy with embedded services: the passwords are public."

    def handle(self, *args, **options):
        if not settings.EMBEDDED:
            raise CommandError("Demo accounts are for embedded copies only: their passwords are public.")
        self._account(*VISITOR)
        curator = self._account(*CURATOR, is_staff=True)
        curator.groups.add(curators())
        self.stdout.write(f"Demo user:    {VISITOR[0]}  password: {VISITOR[1]}")
        self.stdout.write(f"Demo curator: {CURATOR[0]}  password: {CURATOR[1]}")

    def _account(self, email: str, password: str, **fields):
        users = get_user_model().objects
        user = users.filter(email=email).first() or users.create_user(email, password, **fields)
        EmailAddress.objects.get_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
        return user
