"""What in the catalogue is worth seeing to: counts, each with the list of its works and the remedy.

Apps above the catalogue add what they know, such as imports that failed: `register(Section(...))`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ml import inference

from . import duplicates
from .models import Artwork, Embedding, FileCheck, LabelSuggestion, MissingFile, Style

FEW_WORKS = 20  # of a style, on display: too few for a wall, and far too few to learn from


@dataclass(frozen=True)
class Line:
    """One thing to see to. `count` is None where it is not known yet; at 0 all is well."""

    title: str
    count: int | None
    url: str = ""  # of the list, narrowed to it
    remedy: str = ""  # what to do, in a sentence
    remedy_url: str = ""
    remedy_label: str = ""
    posts: bool = False  # the remedy is a button that does it


@dataclass(frozen=True)
class Section:
    """A heading of the page with its lines, which are asked for each time. `counted_at`: None means just now."""

    title: str
    lines: Callable[[], Iterable[Line]]
    counted_at: Callable[[], datetime | None] = lambda: None


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Add a section to the page, or replace the one of the same title."""
    _sections[section.title] = section


def sections() -> list[Section]:
    """The catalogue's own sections, then those of other apps, in the order in which they came."""
    own = [
        Section(_("Works"), _works),
        Section(_("To be decided"), _decisions),
        Section(_("Styles with few works"), _styles),
        Section(_("Files"), _files, _checked_at),
    ]
    return own + list(_sections.values())


def _list(**filters: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return f"{reverse('admin:gallery_artwork_changelist')}?{query}"


def _works() -> Iterable[Line]:
    painted = ~Q(rights=Artwork.Rights.GENERATED)  # studies have neither artist nor year
    counts = Artwork.objects.aggregate(  # one look at the table instead of four
        undated=Count("pk", filter=painted & Q(year=None)),
        unknown=Count("pk", filter=painted & Q(artist=None)),
        bare=Count("pk", filter=Q(picture="")),
        pictures=Count("pk", filter=~Q(picture="")),
    )
    # Every embedding belongs to a work with a picture, so the two counts tell how many lack one.
    embedded = Embedding.objects.filter(model_version=inference.model_version()).count()
    yield Line(
        _("Works without a year"),
        counts["undated"],
        _list(year="no", source="painted"),
        _("Set it where you know it; a new import fills in what WikiArt knows."),
    )
    yield Line(
        _("Works without an artist"),
        counts["unknown"],
        _list(artist="none", source="painted"),
        _("Select them and set the artist for all at once."),
    )
    yield Line(
        _("Works without a picture"),
        counts["bare"],
        _list(picture="no"),
        _("Import the pictures that may be had."),
    )
    yield Line(
        _("Pictures the model has not seen"),
        max(0, counts["pictures"] - embedded),
        _list(picture="yes", embedding="no"),
        _("The worker looks every minute. What stays here cannot be read: see whether its file is damaged."),
    )


def _decisions() -> Iterable[Line]:
    yield Line(
        _("Groups of suspected duplicates"),
        len(duplicates.group_numbers()),
        _list(duplicate="yes"),
        _("Keep one of each, or tell them apart."),
        reverse("admin:gallery_duplicatepair_changelist"),
        _("Look at them"),
    )
    yield Line(
        _("Labels to review"),
        LabelSuggestion.objects.to_review().order_by().count(),
        reverse("admin:gallery_labelsuggestion_changelist"),
        _("Say which style is right."),
        reverse("admin:gallery_labelsuggestion_changelist"),
        _("Review them"),
    )


def _styles() -> Iterable[Line]:
    for style in Style.objects.of_the_house().with_counts():
        if style.artwork_count < FEW_WORKS:
            yield Line(
                style.label,
                style.artwork_count,
                _list(style=str(style.pk), display="yes"),
                _("Import works of this style."),
            )


def _files() -> Iterable[Line]:
    check = FileCheck.objects.exclude(finished_at=None).first()
    again = reverse("admin:gallery_filecheck_begin")
    yield Line(
        _("Works whose file is missing or empty"),
        MissingFile.objects.count() if check else None,
        _list(file="no"),
        _("Import them again, or bring the files back from a copy; then check again."),
        again,
        _("Check the files again"),
        posts=True,
    )
    yield Line(
        _("Files that no work needs"),
        check.dangling_count if check else None,
        "",
        _("They only take up room."),
        reverse("admin:gallery_filecheck_clean") if check and check.dangling_count else "",
        _("Remove them"),
        posts=True,
    )


def _checked_at() -> datetime | None:
    check = FileCheck.objects.exclude(finished_at=None).first()
    return check.finished_at if check else None
