"""Styles, and who is famous for them."""

from django import forms
from django.contrib import admin

from ..models import FamousArtist, Style
from .curated import CuratedAdmin


class FamousArtistForm(forms.ModelForm):
    """A place among the famous; without a number it is the last."""

    rank = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def clean_rank(self):
        return self.cleaned_data["rank"] or 1001


class FamousArtistInline(admin.TabularInline):
    """The famous of a style, ordered by dragging, by arrow keys, or by numbers."""

    model = FamousArtist
    form = FamousArtistForm
    template = "admin/gallery/edit_inline/famous_artists.html"
    autocomplete_fields = ["artist"]
    extra = 0
    ordering = ["rank", "pk"]
    verbose_name = "famous artist"
    verbose_name_plural = "famous artists"


@admin.register(Style)
class StyleAdmin(CuratedAdmin):
    list_display = ["name", "position", "years", "artwork_count", "artist_count"]
    search_fields = ["name"]
    filter_horizontal = ["came_from"]
    inlines = [FamousArtistInline]

    def get_queryset(self, request):
        return super().get_queryset(request).with_counts()

    @admin.display(description="works on display", ordering="artwork_count")
    def artwork_count(self, style):
        return style.artwork_count

    @admin.display(description="artists", ordering="artist_count")
    def artist_count(self, style):
        return style.artist_count

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        if formset.model is FamousArtist:
            _number(form.instance)


def _number(style: Style) -> None:
    """Give the places 1, 2, 3 …: whoever was dragged or typed between two others stands there now."""
    places = list(FamousArtist.objects.filter(style=style).order_by("rank", "pk"))
    for rank, place in enumerate(places, start=1):
        place.rank = rank
    FamousArtist.objects.bulk_update(places, ["rank"])
