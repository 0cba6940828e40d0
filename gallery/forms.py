"""What visitors may ask of the lists. Wrong values count as not given, and the page says so."""

from django import forms
from django.db.models import Q

from .models import Artist, Style, matching

MAX_YEAR = 2100


class ArtworkFilter(forms.Form):
    """Search and filters of the list of artworks."""

    q = forms.CharField(label="Search", max_length=100, required=False)
    style = forms.ModelChoiceField(
        label="Style",
        queryset=Style.objects.order_by("position", "name"),
        to_field_name="slug",
        required=False,
        empty_label="All styles",
    )
    artist = forms.SlugField(widget=forms.HiddenInput, required=False)
    year_from = forms.IntegerField(label="From year", min_value=1, max_value=MAX_YEAR, required=False)
    year_to = forms.IntegerField(label="To year", min_value=1, max_value=MAX_YEAR, required=False)
    kind = forms.ChoiceField(
        label="Kind",
        choices=[("", "Paintings and studies"), ("paintings", "Paintings"), ("studies", "Generated studies")],
        required=False,
    )

    def narrow(self, works):
        """The works that match what was asked for."""
        self.is_valid()
        wanted = {field: value for field, value in self.cleaned_data.items() if value not in (None, "")}
        if "q" in wanted:
            works = works.filter(matching(wanted["q"]))
        if "style" in wanted:
            works = works.filter(style=wanted["style"])
        if "artist" in wanted:
            works = works.filter(artist__slug=wanted["artist"])
        if "year_from" in wanted:
            works = works.filter(year__gte=wanted["year_from"])
        if "year_to" in wanted:
            works = works.filter(year__lte=wanted["year_to"])
        if "kind" in wanted:
            studies = Q(rights="generated")
            works = works.filter(studies if wanted["kind"] == "studies" else ~studies)
        return works


class ArtistFilter(forms.Form):
    """Search and filters of the list of artists."""

    q = forms.CharField(label="Search names", max_length=100, required=False)
    style = forms.ModelChoiceField(
        label="Known for",
        queryset=Style.objects.of_the_house(),
        to_field_name="slug",
        required=False,
        empty_label="All styles",
    )

    def narrow(self, artists):
        """The artists that match what was asked for."""
        self.is_valid()
        if self.cleaned_data.get("q"):
            artists = artists.filter(matching(self.cleaned_data["q"]))
        if self.cleaned_data.get("style"):
            style = self.cleaned_data["style"]
            known = Artist.objects.filter(Q(famous_for=style) | Q(artworks__style=style)).values("pk")
            artists = artists.filter(pk__in=known)
        return artists
