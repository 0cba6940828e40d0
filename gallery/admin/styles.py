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
        if formset.model is not FamousArtist:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)  # notes what changed, for Django's own history
        _hang_anew(form.instance, formset)


def _hang_anew(style: Style, formset: forms.BaseInlineFormSet) -> None:
    """Give the places 1, 2, 3 … in the order of the numbers; two artists may have swapped theirs."""
    kept = [
        form.instance
        for form in formset.forms
        if form.instance.artist_id and not formset._should_delete_form(form)
    ]
    FamousArtist.objects.filter(style=style).delete()
    FamousArtist.objects.bulk_create(
        FamousArtist(style=style, artist_id=place.artist_id, rank=rank)
        for rank, place in enumerate(sorted(kept, key=lambda place: place.rank), start=1)
    )
