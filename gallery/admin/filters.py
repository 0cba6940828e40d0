"""The bar above a list: menus instead of long lists of links."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from ml import inference

from ..models import Artwork, Embedding, Style
from .forms import ArtistChoice


class Menu(admin.SimpleListFilter):
    """A filter that is a menu in the bar."""

    template = "admin/gallery/_filter_menu.html"

    def value(self):
        """What is chosen, or nothing; without NUL, which PostgreSQL refuses."""
        return (super().value() or "").replace("\0", "")


class YesNoMenu(Menu):
    """A filter with two sides."""

    yes, no = _("Yes"), _("No")

    def lookups(self, request, model_admin):
        return [("yes", self.yes), ("no", self.no)]

    def queryset(self, request, rows):
        if self.value() == "yes":
            return self.those_with(rows)
        return self.those_without(rows) if self.value() == "no" else rows


class StyleMenu(Menu):
    title, parameter_name = _("style"), "style"

    def lookups(self, request, model_admin):
        styles = [*Style.objects.of_the_house(), *Style.objects.others()]
        return [(str(style.pk), style.label) for style in styles]

    def queryset(self, request, works):
        return works.filter(style=self.value()) if self.value().isdecimal() else works


class WikiArtStyleField(Menu):
    """Words of the style's name at WikiArt: there are too many for a menu."""

    title, parameter_name = _("WikiArt style"), "wikiart_style"
    template = "admin/gallery/_filter_field.html"

    def lookups(self, request, model_admin):
        return []

    def has_output(self):
        return True

    def queryset(self, request, works):
        return works.filter(wikiart_style__icontains=self.value().strip()) if self.value() else works


class ArtistMenu(Menu):
    """An artist, found by typing."""

    title, parameter_name = _("artist"), "artist"
    template = "admin/gallery/_filter_artist.html"

    def lookups(self, request, model_admin):
        self.site = model_admin.admin_site
        return [("none", _("Nobody named"))]

    def queryset(self, request, works):
        if self.value() == "none":
            return works.filter(artist=None)
        return works.filter(artist=self.value()) if self.value().isdecimal() else works

    def menu(self) -> str:
        """The select element, with the chosen artist in it."""
        chosen = self.value() if self.value().isdecimal() else None
        return str(ArtistChoice(self.site, initial={"artist": chosen})["artist"])


class RightsMenu(Menu):
    title, parameter_name = _("rights"), "rights"

    def lookups(self, request, model_admin):
        return Artwork.Rights.choices

    def queryset(self, request, works):
        return works.filter(rights=self.value()) if self.value() in Artwork.Rights.values else works


class DisplayMenu(YesNoMenu):
    title, parameter_name = _("on display"), "display"
    yes, no = _("On display"), _("In store")

    def those_with(self, works):
        return works.filter(is_published=True)

    def those_without(self, works):
        return works.filter(is_published=False)


class SourceMenu(Menu):
    title, parameter_name = _("source"), "source"

    def lookups(self, request, model_admin):
        return [
            ("wikiart", "WikiArt"),
            ("folder", _("A folder")),
            ("study", _("Generated studies")),
            ("painted", _("All but the studies")),
            ("hand", _("Added by hand")),
        ]

    def queryset(self, request, works):
        wikiart = Q(wikiart_id__isnull=False) | ~Q(wikiart_slug="")
        study, imported = Q(rights=Artwork.Rights.GENERATED), Q(source_key__isnull=False)
        sources = {
            "wikiart": wikiart,
            "folder": imported & ~wikiart & ~study,
            "study": study,
            "painted": ~study,
            "hand": ~imported & ~wikiart & ~study,
        }
        return works.filter(sources[self.value()]) if self.value() in sources else works


class PictureMenu(YesNoMenu):
    title, parameter_name = _("picture"), "picture"
    yes, no = _("Has a picture"), _("Has none")

    def those_with(self, works):
        return works.exclude(picture="")

    def those_without(self, works):
        return works.filter(picture="")


class EmbeddingMenu(YesNoMenu):
    """Whether the model in use has looked at the picture, so that similar works are found."""

    title, parameter_name = _("embedding"), "embedding"
    yes, no = _("The model has seen it"), _("Not seen yet")

    def those_with(self, works):
        return works.filter(self._seen())

    def those_without(self, works):
        return works.filter(~self._seen())

    def _seen(self):
        return Exists(
            Embedding.objects.filter(artwork=OuterRef("pk"), model_version=inference.model_version())
        )


class YearMenu(YesNoMenu):
    title, parameter_name = _("year"), "year"
    yes, no = _("Has a year"), _("Has none")

    def those_with(self, works):
        return works.filter(year__isnull=False)

    def those_without(self, works):
        return works.filter(year__isnull=True)


class FamousForMenu(Menu):
    title, parameter_name = _("famous for"), "famous_for"

    def lookups(self, request, model_admin):
        return [(str(style.pk), style.label) for style in Style.objects.of_the_house()]

    def queryset(self, request, artists):
        return artists.filter(famous_for=self.value()) if self.value().isdecimal() else artists


class NationalityField(WikiArtStyleField):
    title, parameter_name = _("nationality"), "nationality"

    def queryset(self, request, artists):
        return artists.filter(nationality__icontains=self.value().strip()) if self.value() else artists


class LifeMenu(YesNoMenu):
    """Dates of an artist's life: the rights in the works follow from them."""

    title, parameter_name = _("dates"), "dates"
    yes, no = _("Has dates"), _("Has none")

    def those_with(self, artists):
        return artists.exclude(birth_year=None, death_year=None)

    def those_without(self, artists):
        return artists.filter(birth_year=None, death_year=None)
