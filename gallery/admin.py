from django.contrib import admin, messages
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext

from .models import Artist, Artwork, FamousArtist, KnownWork, Style, searchable


class FoldedSearch:
    """Search without case and accents mattering, like the pages do."""

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, searchable(search_term))


class FamousArtistInline(admin.TabularInline):
    model = FamousArtist
    raw_id_fields = ["artist"]
    extra = 0


class KnownWorkInline(admin.TabularInline):
    model = KnownWork
    extra = 0


@admin.register(Style)
class StyleAdmin(admin.ModelAdmin):
    list_display = ["name", "position", "years", "artwork_count"]
    search_fields = ["name"]
    filter_horizontal = ["came_from"]
    inlines = [FamousArtistInline]

    def get_queryset(self, request):
        return super().get_queryset(request).with_counts()

    @admin.display(description="works on display", ordering="artwork_count")
    def artwork_count(self, style):
        return style.artwork_count


@admin.register(Artist)
class ArtistAdmin(FoldedSearch, admin.ModelAdmin):
    list_display = ["name", "life", "nationality", "artwork_count"]
    list_filter = ["famous_for", "nationality"]
    search_fields = ["search_text", "slug"]
    inlines = [KnownWorkInline]

    def get_queryset(self, request):
        return super().get_queryset(request).with_counts()

    @admin.display(description="works on display", ordering="artwork_count")
    def artwork_count(self, artist):
        return artist.artwork_count


class HasPictureFilter(admin.SimpleListFilter):
    title = "picture"
    parameter_name = "picture"

    def lookups(self, request, model_admin):
        return [("yes", "Has a picture"), ("no", "Has none")]

    def queryset(self, request, works):
        if self.value() == "yes":
            return works.exclude(picture="")
        return works.filter(picture="") if self.value() == "no" else works


@admin.register(Artwork)
class ArtworkAdmin(FoldedSearch, admin.ModelAdmin):
    list_display = ["small_picture", "title", "artist", "style", "year", "rights", "is_published"]
    list_display_links = ["small_picture", "title"]
    list_filter = ["is_published", "style", "rights", HasPictureFilter]
    list_select_related = ["artist", "style"]
    list_per_page = 50
    search_fields = ["search_text"]
    raw_id_fields = ["artist"]
    readonly_fields = ["large_picture", "width", "height", "source_key", "sha256"]
    exclude = ["picture"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ["put_on_display", "take_off_display"]

    @admin.display(description="picture")
    def small_picture(self, work):
        return self._picture(work, "thumbnail", "admin-thumbnail")

    @admin.display(description="picture")
    def large_picture(self, work):
        return self._picture(work, "preview", "admin-preview")

    def _picture(self, work, size, css_class):
        if not work.shows_picture:
            return "–"
        address = reverse("gallery:artwork-picture", args=[work.pk, size])
        return format_html('<img src="{}" alt="{}" class="{}" loading="lazy">', address, work.alt, css_class)

    @admin.action(description="Put on display", permissions=["change"])
    def put_on_display(self, request, works):
        self._set_published(request, works, True)

    @admin.action(description="Take off display", permissions=["change"])
    def take_off_display(self, request, works):
        self._set_published(request, works, False)

    def _set_published(self, request, works, is_published):
        count = works.exclude(is_published=is_published).update(is_published=is_published)
        words = ngettext("%d work changed.", "%d works changed.", count)
        self.message_user(request, words % count, messages.SUCCESS)
