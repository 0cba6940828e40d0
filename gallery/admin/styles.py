"""Styles, and who is famous for them."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import FamousArtist, Style, StyleText
from .curated import CuratedAdmin
from .forms import LANGUAGES, StyleTextForm, StyleTexts


class FamousArtistForm(forms.ModelForm):
    """A place among the famous; without a number it is the last."""

    rank = forms.IntegerField(label=_("rank"), required=False, min_value=1, max_value=1000)

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
    verbose_name = _("famous artist")
    verbose_name_plural = _("famous artists")


class StyleTextInline(admin.StackedInline):
    """The texts in other languages. One that is emptied is shown in English."""

    model = StyleText
    form = StyleTextForm
    formset = StyleTexts
    max_num = len(LANGUAGES)
    can_delete = False
    verbose_name = _("translation")
    verbose_name_plural = _("translations")

    def get_fields(self, request, obj=None):
        fields = ["language", "summary", "look_for", "description"]
        return [*fields, "fits"] if self.has_change_permission(request, obj) else fields


@admin.register(Style)
class StyleAdmin(CuratedAdmin):
    list_display = ["label", "position", "years", "artwork_count", "artist_count", "translations"]
    search_fields = ["name"]
    filter_horizontal = ["came_from"]
    inlines = [StyleTextInline, FamousArtistInline]

    def get_queryset(self, request):
        return super().get_queryset(request).with_counts().prefetch_related("texts")

    @admin.display(description=_("name"), ordering="name")
    def label(self, style):
        return style.label

    @admin.display(description=_("works on display"), ordering="artwork_count")
    def artwork_count(self, style):
        return style.artwork_count

    @admin.display(description=_("artists"), ordering="artist_count")
    def artist_count(self, style):
        return style.artist_count

    @admin.display(description=_("years"), ordering="start_year")
    def years(self, style):
        return style.years

    @admin.display(description=_("translations"))
    def translations(self, style):
        """In which languages there are texts, and where the English was changed since."""
        texts = {text.language: text for text in style.texts.all() if text.has_words}
        told = [
            gettext("%(language)s (perhaps outdated)") % {"language": name} if texts[code].is_stale else name
            for code, name in LANGUAGES
            if code in texts
        ]
        return ", ".join(told) or None

    def rows_that_follow(self, style):
        return list(style.led_to.all()) if style.pk else []

    def save_formset(self, request, form, formset, change):
        changed = formset.save(commit=False)  # notes what changed, for Django's own history
        if formset.model is FamousArtist:
            _hang_anew(form.instance, formset)
        elif formset.model is StyleText:
            _keep_texts(form.instance, changed, formset)


def _keep_texts(style: Style, changed: list[StyleText], formset: StyleTexts) -> None:
    """Save translations. Whoever writes one, or says that it fits, has the English of now before them.

    Browsers send other line ends than the database has, so a form may look changed where nothing was.
    """
    fitting = [form.instance.pk for form in formset.forms if form.cleaned_data.get("fits")]
    for text in changed:
        before = StyleText.objects.filter(pk=text.pk).first() or StyleText()
        if before.fingerprint != text.fingerprint or text.pk in fitting:
            text.made_from = style.english_fingerprint
            text.save()


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
