"""Artists, and making one of two."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..merging import FACTS, Merge
from ..models import Artist, ArtistRedirect, KnownWork
from ..search import holding
from ..tables import ArtistTable
from .artworks import works_of
from .curated import CuratedAdmin, tell_how_to_undo
from .filters import FamousForMenu, LifeMenu, NationalityField
from .forms import ArtistChoice, ArtistForm
from .tables import TableAdmin

WORKS_SHOWN = 12


class KnownWorkInline(admin.TabularInline):
    model = KnownWork
    extra = 0


@admin.register(Artist)
class ArtistAdmin(TableAdmin, CuratedAdmin):
    resource_classes = [ArtistTable]
    form = ArtistForm
    list_display = ["name", "life", "nationality", "artwork_count", "wikiart_slug"]
    list_filter = [FamousForMenu, NationalityField, LifeMenu]
    search_fields = ["search_text"]
    search_help_text = _("Words of the name, in any order; accents do not matter.")
    inlines = [KnownWorkInline]
    actions = ["merge"]
    readonly_fields = ["curated"]
    fieldsets = [
        (None, {"fields": ["name", "slug", ("birth_year", "death_year"), "nationality", "note", "reason"]}),
        (_("More about them"), {"fields": ["biography", "portrait", "wikipedia_title"]}),
        (_("At WikiArt"), {"fields": ["wikiart_slug", "wikiart_id", "curated"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).with_counts()

    def get_search_results(self, request, queryset, search_term):
        return holding(queryset, search_term), False

    def get_urls(self):
        merge = self.admin_site.admin_view(self.merge_view)
        return [path("<int:pk>/merge/", merge, name="gallery_artist_merge"), *super().get_urls()]

    @admin.display(description=_("works on display"), ordering="artwork_count")
    def artwork_count(self, artist):
        return works_of(artist, artist.artwork_count)

    @admin.display(description=_("life"), ordering="birth_year")
    def life(self, artist):
        return artist.life

    @admin.display(description=_("Set by hand"))
    def curated(self, artist):
        return ", ".join(name.replace("_", " ") for name in artist.curated_fields) or _("Nothing yet.")

    def rows_that_follow(self, artist):
        return list(artist.famous_for.all()) if artist.pk else []

    def save_row(self, artist, form):
        """A new slug leaves the old address behind."""
        if form.initial.get("slug") and "slug" in form.changed_data:
            ArtistRedirect.objects.update_or_create(
                old_slug=form.initial["slug"], defaults={"artist": artist, "name": ""}
            )
        ArtistRedirect.objects.filter(old_slug=artist.slug, artist=artist.pk).delete()
        artist.save()

    @admin.action(description=_("Merge two into one …"), permissions=["change"])
    def merge(self, request, artists):
        chosen = list(artists.order_by("pk")[:3])
        if len(chosen) != 2:
            self.message_user(request, _("Choose exactly two artists to merge."), messages.WARNING)
            return None
        target, source = sorted(chosen, key=lambda artist: -artist.artwork_count)
        return redirect(_merge_address(target, source))

    def merge_view(self, request, pk: int):
        """Choose the other one, look at what becomes of both, and merge."""
        target = self.get_queryset(request).filter(pk=pk).first()
        if target is None:
            raise Http404(gettext("There is no such artist."))
        if not self.has_change_permission(request, target) or not self.has_delete_permission(request):
            raise PermissionDenied
        choice = ArtistChoice(self.admin_site, request.GET if "artist" in request.GET else None)
        source = choice.cleaned_data["artist"] if choice.is_bound and choice.is_valid() else None
        if source == target:
            messages.warning(request, _("That is the same artist. Choose another one."))
            source = None
        if request.method == "POST" and source is not None:
            return self._merged(request, Merge(source, target))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Merge into %s") % target,
            "opts": self.opts,
            "target": target,
            "source": source,
            "choice": choice,
            "media": self.media + choice.media,
            "merge": _Preview(Merge(source, target)) if source else None,
            "swapped": _merge_address(source, target) if source else "",
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/gallery/artist/merge.html", context)

    def _merged(self, request, merge: Merge):
        names = gettext("%(source)s is now %(target)s.") % {"source": merge.source, "target": merge.target}
        batch = merge.carry_out(user=request.user, reason=request.POST.get("reason", "")[:300])
        tell_how_to_undo(request, names, batch)
        return redirect("admin:gallery_artist_change", merge.target.pk)


class _Preview:
    """What a merge would do, for the page."""

    def __init__(self, merge: Merge) -> None:
        """Ask the database for all that is shown."""
        source, target = merge.source, merge.target
        taken = merge.facts_taken()
        self.facts = [
            {
                "label": Artist._meta.get_field(name).verbose_name,
                "source": getattr(source, name),
                "target": getattr(target, name),
                "stays": getattr(source, name) if name in taken else getattr(target, name),
            }
            for name in ("name", "slug", *FACTS)
            if getattr(source, name) or getattr(target, name)
        ]
        self.work_count = source.artworks.count()
        self.works = source.artworks.with_labels()[:WORKS_SHOWN]
        self.target_works = target.artworks.with_labels()[:WORKS_SHOWN]
        self.styles = [style.label for style in merge.styles()]
        self.known_works = merge.known_works_taken()
        self.twin_count = merge.twins().count()


def _merge_address(target: Artist, source: Artist) -> str:
    return f"{reverse('admin:gallery_artist_merge', args=[target.pk])}?artist={source.pk}"
