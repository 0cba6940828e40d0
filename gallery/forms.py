"""What visitors may ask of the lists. Wrong values count as not given, and the page says so."""

from django import forms
from django.db.models import F, Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from .models import FamousArtist, Style, matching
from .pages import Count, count_up_to
from .search import holding
from .tallies import ArtistStyle, StyleYear, total

MAX_YEAR = 2100
MOST_COUNTED = 1000


class StyleField(forms.ModelChoiceField):
    """A style, offered under its name in the language of the page."""

    def label_from_instance(self, style: Style) -> str:
        return style.label


class ArtworkFilter(forms.Form):
    """Search and filters of the list of artworks."""

    q = forms.CharField(label=pgettext_lazy("label", "Search"), max_length=100, required=False)
    style = StyleField(
        label=gettext_lazy("Style"),
        queryset=Style.objects.order_by("position", "name"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All styles"),
    )
    artist = forms.SlugField(widget=forms.HiddenInput, required=False)
    year_from = forms.IntegerField(
        label=gettext_lazy("From year"), min_value=1, max_value=MAX_YEAR, required=False
    )
    year_to = forms.IntegerField(
        label=gettext_lazy("To year"), min_value=1, max_value=MAX_YEAR, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            ("", gettext_lazy("All kinds")),
            ("paintings", gettext_lazy("Paintings")),
            ("studies", gettext_lazy("Generated studies")),
        ],
        required=False,
    )

    @property
    def wanted(self) -> dict:
        """What was asked for, without what is empty or wrong."""
        self.is_valid()
        return {field: value for field, value in self.cleaned_data.items() if value not in (None, "")}

    def narrow(self, works):
        """The works that match what was asked for, with `.newest`, which is the id."""
        wanted = self.wanted
        if "q" in wanted:
            works = holding(works, wanted["q"])
        if "style" in wanted:
            works = works.filter(style=wanted["style"])
        if "artist" in wanted:
            works = works.filter(artist__slug=wanted["artist"])
        works = _of_years(works, wanted).annotate(newest=F("pk") + 0)
        if "kind" in wanted:
            studies = Q(rights="generated")
            works = works.filter(studies if wanted["kind"] == "studies" else ~studies)
        return works

    @property
    def order(self) -> list[str]:
        """The newest here first.

        A style and years together may fit hardly any work. PostgreSQL does not know that, and would look for
        them along all ids; sorting by what is no column keeps it from that.
        """
        is_style_and_years = "style" in self.wanted and self.wanted.keys() & {"year_from", "year_to"}
        return ["-newest"] if is_style_and_years else ["-pk"]

    def count(self, works) -> Count:
        """How many of these works there are: from the counts that are kept, or counted up to 1,000."""
        wanted = self.wanted
        if not wanted.keys() <= {"style", "year_from", "year_to"}:
            return count_up_to(works, MOST_COUNTED)
        kept = StyleYear.objects.all()
        if "style" in wanted:
            kept = kept.filter(style=wanted["style"])
        return Count(total(_of_years(kept, wanted)))


def _of_years(rows, wanted: dict):
    """Those rows whose year is among the ones asked for."""
    if "year_from" in wanted:
        rows = rows.filter(year__gte=wanted["year_from"])
    if "year_to" in wanted:
        rows = rows.filter(year__lte=wanted["year_to"])
    return rows


class ArtistFilter(forms.Form):
    """Search and filters of the list of artists."""

    q = forms.CharField(label=gettext_lazy("Search names"), max_length=100, required=False)
    style = StyleField(
        label=gettext_lazy("Known for"),
        queryset=Style.objects.of_the_house(),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All styles"),
    )

    @property
    def wanted(self) -> dict:
        """What was asked for, without what is empty or wrong."""
        self.is_valid()
        return {field: value for field, value in self.cleaned_data.items() if value}

    def narrow(self, artists):
        """The artists that match what was asked for."""
        wanted = self.wanted
        if "q" in wanted:
            artists = artists.filter(matching(wanted["q"]))
        if style := wanted.get("style"):
            famous = FamousArtist.objects.filter(style=style).values("artist")
            painted = ArtistStyle.objects.filter(style=style).values("artist")
            artists = artists.filter(Q(pk__in=famous) | Q(pk__in=painted))
        return artists

    def count(self, artists) -> Count:
        """How many of these artists there are; of a choice no more than 1,000 are counted."""
        return count_up_to(artists, MOST_COUNTED) if self.wanted else Count(artists.count())
