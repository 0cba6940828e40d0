"""Works: look at them, find them, change one or many of them."""

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.postgres.aggregates import StringAgg
from django.db import IntegrityError, models
from django.db.models import Count, Q
from django.db.models.functions import MD5, Cast
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..changes import edit_many
from ..models import Artist, Artwork, Style
from ..said import style_name
from ..search import holding
from ..tables import ArtworkTable
from . import filters
from .curated import CuratedAdmin, tell_how_to_undo
from .forms import ArtworkForm, TogetherForm
from .review import DuplicateMenu, FileMenu
from .tables import TableAdmin

SAMPLE = 24  # works shown on the preview of a change


@admin.register(Artwork)
class ArtworkAdmin(TableAdmin, CuratedAdmin):
    resource_classes = [ArtworkTable]
    form = ArtworkForm
    list_display = ["small_picture", "label", "style_label", "year", "rights", "is_published"]
    list_display_links = ["label"]
    list_filter = [
        filters.StyleMenu,
        filters.WikiArtStyleField,
        filters.ArtistMenu,
        filters.RightsMenu,
        filters.DisplayMenu,
        filters.SourceMenu,
        filters.PictureMenu,
        filters.EmbeddingMenu,
        filters.YearMenu,
        DuplicateMenu,
        FileMenu,
    ]
    list_select_related = ["artist", "style"]
    search_fields = ["search_text"]
    search_help_text = _("Words of title and artist, in any order; accents do not matter.")
    autocomplete_fields = ["artist"]
    readonly_fields = ["large_picture", "size", "curated", "source_key", "sha256"]
    fieldsets = [
        (_("Picture"), {"fields": ["large_picture", "size", "new_picture"], "classes": ["beside"]}),
        (
            _("Label"),
            {"fields": ["title", "artist", "style", "year", "rights", "is_published", "reason"]},
        ),
        (
            _("The work itself"),
            {
                "fields": [
                    "genre", "materials", ("width_cm", "height_cm"), "place", "collection", "period", "series",
                    "tags", "description",
                ],
            },
        ),
        (
            _("Where it comes from"),
            {
                "fields": [
                    "wikiart_style", "wikiart_id", "wikiart_slug", "source_url", "source_key", "sha256", "curated"
                ],
            },
        ),
    ]  # fmt: skip
    actions = ["change_together", "put_on_display", "take_off_display"]

    @property
    def media(self):
        """The bar above the list asks for artists, too."""
        return super().media + AutocompleteSelect(Artwork._meta.get_field("artist"), self.admin_site).media

    def get_search_results(self, request, queryset, search_term):
        return holding(queryset, search_term), False

    def get_deleted_objects(self, objs, request):
        """A work stays while another one is hidden as its duplicate, for that one's address leads to it."""
        *told, protected = super().get_deleted_objects(objs, request)
        pks = [work.pk for work in objs]
        hidden = Artwork.objects.filter(is_published=False, hidden_for__kept__in=pks).exclude(pk__in=pks)
        return *told, [*protected, *map(_named, hidden)]

    def save_row(self, work, form):
        if form.cleaned_data.get("new_picture"):
            work.keep_picture(form.cleaned_data["new_picture"], form.measured)
        work.save()

    @admin.display(description=_("picture"))
    def small_picture(self, work):
        return _picture(work, "thumbnail", "admin-thumbnail")

    @admin.display(description=_("picture"))
    def large_picture(self, work):
        return _picture(work, "preview", "admin-preview")

    @admin.display(description=_("work"))
    def label(self, work):
        nobody = gettext("Generated study") if work.is_study else gettext("Artist not known")
        artist = work.artist.name if work.artist else nobody
        return format_html(
            '<span class="label-artist">{}</span> <cite>{}</cite>', artist, work.title or gettext("No title")
        )

    @admin.display(description=_("style"), ordering=models.F("style"))
    def style_label(self, work):
        return format_html('<i class="dot {}" aria-hidden="true"></i>{}', work.style.hue, work.style.label)

    @admin.display(description=_("size"))
    def size(self, work):
        if not work.width:
            return "–"
        return gettext("%(width)d × %(height)d pixels") % {"width": work.width, "height": work.height}

    @admin.display(description=_("Set by hand"))
    def curated(self, work):
        names = ", ".join(name.replace("_", " ") for name in work.curated_fields)
        return gettext("%s. No import changes these.") % names if names else gettext("Nothing yet.")

    @admin.action(description=_("Change together …"), permissions=["change"])
    def change_together(self, request, works):
        return self._together(request, works, "change_together", {})

    @admin.action(description=_("Put on display …"), permissions=["change"])
    def put_on_display(self, request, works):
        return self._together(request, works, "put_on_display", {"is_published": "True"})

    @admin.action(description=_("Take off display …"), permissions=["change"])
    def take_off_display(self, request, works):
        return self._together(request, works, "take_off_display", {"is_published": "False"})

    def _together(self, request, works, action: str, preset: dict[str, str]):
        """From the form to the preview to the change: each step sends all of the form along."""
        step = request.POST.get("step", "preview" if preset else "choose")
        data = request.POST if "step" in request.POST else preset or None
        form = TogetherForm(self.admin_site, data)
        if step == "choose" or not form.is_valid():
            if step == "choose" and data is not None:
                form = TogetherForm(self.admin_site, initial=data.dict() if hasattr(data, "dict") else data)
            return self._page(request, "admin/gallery/artwork/together.html", works, action, form)
        preview = _Preview(works, form)
        if step == "apply" and request.POST.get("expected") == preview.expected:
            self._change(request, works, form)
            return None
        if step == "apply":
            messages.warning(
                request, gettext("The works that fit are others by now. Look again before you go on.")
            )
        return self._page(request, "admin/gallery/artwork/preview.html", works, action, form, preview=preview)

    def _change(self, request, works, form: TogetherForm) -> None:
        batch = uuid4()
        reason = form.cleaned_data["reason"]
        try:
            count = edit_many(works, form.values(), user=request.user, reason=reason, batch=batch)
        except IntegrityError:  # the only one possible: (artist, wikiart_slug)
            messages.error(
                request,
                gettext(
                    "Two works of this artist would have the same page at WikiArt. Nothing was changed: "
                    "look for duplicates among them, or change them one by one."
                ),
            )
            return
        if count:
            words = ngettext("%d work changed.", "%d works changed.", count) % count
            tell_how_to_undo(request, words, batch)
        else:
            self.message_user(
                request, gettext("They were like that already: nothing changed."), messages.INFO
            )

    def _page(self, request, template: str, works, action: str, form: TogetherForm, **context: Any):
        context |= {
            **self.admin_site.each_context(request),
            "title": gettext("Change together"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "action": action,
            "checkbox": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "work_count": works.count(),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, template, context)


class _Preview:
    """What a change of many works would do."""

    def __init__(self, works: models.QuerySet[Artwork], form: TogetherForm) -> None:
        """Ask the database for all that is shown; a handful of queries, however many works."""
        values = form.values()
        works = works.order_by()
        differs = Q(*[~Q(**{name: value}) for name, value in values.items()], _connector=Q.OR)
        changing = Artwork.objects.filter(pk__in=works.filter(differs).values("pk"))
        pks = StringAgg(Cast("pk", models.TextField()), ",", order_by="pk")
        found = changing.aggregate(count=Count("pk"), which=MD5(pks))
        self.count = found["count"]
        self.expected = str(found["which"])  # sent back when it is confirmed: it is these that change
        self.rows = [
            {"label": label, "after": word, "before": self._before(changing, name)}
            for name, label, word in form.spoken()
        ]
        self.works = changing.with_labels().order_by("-pk")[:SAMPLE]
        self.more = max(0, self.count - SAMPLE)

    def _before(self, works, name: str) -> list[tuple[str, int]]:
        """What is there now, and how often; the most frequent first."""
        counts = list(works.values_list(name).annotate(count=Count("pk")).order_by("-count")[:10])
        if name in ("style", "artist"):
            model = Style if name == "style" else Artist
            names = dict(model.objects.filter(pk__in=[pk for pk, _count in counts]).values_list("pk", "name"))
            if name == "style":
                names = {pk: style_name(english) for pk, english in names.items()}
            return [(names.get(pk, gettext("Nobody named")), count) for pk, count in counts]
        if name == "rights":
            return [(Artwork.Rights(value).label, count) for value, count in counts]
        return [(gettext("On display") if value else gettext("In store"), count) for value, count in counts]


def works_of(artist: Artist, count: int) -> str:
    """The number of works, leading to the list of them."""
    address = reverse("admin:gallery_artwork_changelist")
    return format_html('<a href="{}?artist={}">{}</a>', address, artist.pk, count)


def _named(work: Artwork) -> str:
    """What it is and is called, leading to its form."""
    address = reverse("admin:gallery_artwork_change", args=[work.pk])
    return format_html('{}: <a href="{}">{}</a>', capfirst(Artwork._meta.verbose_name), address, work)


def _picture(work: Artwork, size: str, css_class: str) -> str:
    """A picture that opens large, in a dialog or by itself."""
    if not work.shows_picture:
        return format_html(
            '<span class="no-picture">{}</span>',
            gettext("Not shown") if work.picture else gettext("No picture"),
        )
    small, large = (reverse("gallery:artwork-picture", args=[work.pk, one]) for one in (size, "preview"))
    return format_html(
        '<a href="{}" data-zoom="{}"><img src="{}" alt="{}" class="{}" loading="lazy" width="{}" height="{}"></a>',
        large, work.alt, small, work.alt, css_class, work.width, work.height,
    )  # fmt: skip
