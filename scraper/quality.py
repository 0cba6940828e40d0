"""What imports could not use, for the page of data quality."""

from collections.abc import Iterable

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gallery.quality import Line, Section, register

from .models import ImportFailure

TITLES = {
    ImportFailure.Kind.RECORD: _("Works that could not be used"),
    ImportFailure.Kind.PICTURE: _("Pictures that could not be fetched"),
    ImportFailure.Kind.ARTIST: _("Artists that could not be used"),
    ImportFailure.Kind.SOURCE: _("Lists that could not be read"),
}


def add_to_the_page() -> None:
    """Let the page of data quality tell of failed imports."""
    register(Section(_("Failed imports"), _lines))


def _lines() -> Iterable[Line]:
    """A line for works and for pictures always, for the others where something failed. One query."""
    counted = ImportFailure.objects.open().order_by().values_list("kind").annotate(count=Count("pk"))
    counts = dict.fromkeys([ImportFailure.Kind.RECORD, ImportFailure.Kind.PICTURE], 0) | dict(counted)
    for kind, title in TITLES.items():
        if kind in counts:
            address = f"{reverse('admin:scraper_importfailure_changelist')}?kind__exact={kind}&settled_at__isempty=1"
            yield Line(title, counts[kind], address, _("Each says why. Choose them and try them again."))
