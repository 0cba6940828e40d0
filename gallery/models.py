"""The catalogue: styles, artists, artworks."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import MD5, Cast, Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, HnswIndex, L2Distance, VectorField

from ml import inference

from . import palette, pictures, stored
from .said import (
    TEXTS,
    StyleWords,
    artist_note,
    fingerprint,
    nationality,
    study_title,
    study_titles,
    style_name,
)
from .tallies import ArtistStyle, StyleYear, sum_for

EMBEDDING_LENGTH = 256
LARGE_PX = 2560
PREVIEW_PX = 1280
THUMBNAIL_PX = 480
VERSION_DIGITS = 10  # of a picture's hash, in the addresses of its copies
TO_KNOW = 8  # artists of a style where no curator named any
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "AVIF": ".avif", "GIF": ".gif", "TIFF": ".tif"}
WIKIART = "https://www.wikiart.org/en"
# Letters that Unicode does not take apart (migration 0009 folded what was there before).
PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def searchable(text: str) -> str:
    """Fold case and accents, so that "Cezanne" finds "Cézanne"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN_LETTERS))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def matching(text: str, *, field: str = "search_text") -> Q:
    """Rows whose folded `field` holds every word of `text`, in any order."""
    return Q(*[Q(**{f"{field}__contains": word}) for word in searchable(text).split()])


class StyleQuerySet(models.QuerySet):
    def of_the_house(self):
        """The 18 styles StyleArt is about, in the order of art history."""
        return self.filter(position__isnull=False).order_by("position")

    def others(self):
        """WikiArt styles that the catalogue keeps beside the 18."""
        return self.filter(position__isnull=True).order_by("name")

    def with_counts(self):
        """Add `.artwork_count` and `.artist_count`, of published artworks."""
        artists = ArtistStyle.objects.filter(style=OuterRef("pk")).order_by().values("style")
        return self.annotate(
            artwork_count=sum_for(StyleYear.objects.all(), "style"),
            artist_count=Coalesce(Subquery(artists.annotate(count=Count("pk")).values("count")), 0),
        )

    def with_texts(self):
        """Bring along what `words` says in the language of the page: one query, none in English."""
        language = get_language()
        if language == settings.LANGUAGE_CODE:
            return self
        texts = StyleText.objects.filter(language=language)
        return self.prefetch_related(Prefetch("texts", texts, to_attr="texts_at_hand"))


class Style(models.Model):
    """A style of painting: one of the 18 of the house, or another one that WikiArt knows."""

    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(
        _("position"),
        null=True,
        blank=True,
        unique=True,
        help_text=_("Place in the order of art history; empty beside the 18."),
    )
    start_year = models.SmallIntegerField(_("first year"), null=True, blank=True)
    end_year = models.SmallIntegerField(
        _("last year"), null=True, blank=True, help_text=_("Empty when it is still practised.")
    )
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    look_for = ArrayField(
        models.CharField(max_length=120), verbose_name=_("look for"), default=list, blank=True
    )
    description = models.TextField(_("description"), blank=True)
    includes = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("includes"),
        default=list,
        blank=True,
        help_text=_("WikiArt styles counted under it."),
    )
    wikiart_slug = models.SlugField(_("name in WikiArt’s addresses"), max_length=100, blank=True)
    studies_painted = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="So far; a study that a curator deletes is not painted again."
    )
    came_from = models.ManyToManyField(
        "self", verbose_name=_("came from"), symmetrical=False, related_name="led_to", blank=True
    )
    famous_artists = models.ManyToManyField("Artist", through="FamousArtist", related_name="famous_for")

    objects = StyleQuerySet.as_manager()

    class Meta:
        verbose_name = _("style")
        verbose_name_plural = _("styles")
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                name="style_years_in_order",
                condition=Q(end_year__isnull=True) | Q(start_year__lte=models.F("end_year")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("gallery:style-detail", args=[self.slug])

    @property
    def wikiart_url(self) -> str:
        return f"{WIKIART}/paintings-by-style/{self.wikiart_slug}" if self.wikiart_slug else ""

    @property
    def years(self) -> str:
        """ "1867–1886", "since 1965", or nothing when unknown."""
        if self.start_year is None:
            return ""
        if self.end_year:
            return f"{self.start_year}–{self.end_year}"
        return gettext("since %(year)s") % {"year": self.start_year}

    @property
    def label(self) -> str:
        """Its name in the language of the page; `name` is what the model and programs know it by."""
        return style_name(self.name)

    @property
    def words(self) -> StyleWords:
        """Its texts in the language of the page. A query, but in English and after `with_texts`."""
        return self.words_in(get_language())

    def words_in(self, language: str | None) -> StyleWords:
        """Its texts in a language; field by field in English where nobody has translated it."""
        if not language or language == settings.LANGUAGE_CODE:
            return StyleWords.english(self)
        at_hand = getattr(self, "texts_at_hand", None)
        texts = self.texts.filter(language=language) if at_hand is None else at_hand
        return StyleWords.translated(self, next(iter(texts), None))

    @property
    def english_fingerprint(self) -> str:
        """Tells apart one state of the English texts from another."""
        return fingerprint(self.summary, self.look_for, self.description)

    @property
    def hue(self) -> str:
        """CSS class of the style's colour; the same in plot, timeline and chips."""
        return f"hue-{self.position}" if self.position else "hue-other"


class StyleText(models.Model):
    """The texts of a style in another language. What is empty is shown in English."""

    style = models.ForeignKey(Style, models.CASCADE, verbose_name=_("style"), related_name="texts")
    language = models.CharField(_("language"), max_length=10, help_text="Code of the language, such as fr.")
    summary = models.CharField(_("summary"), max_length=400, blank=True)
    look_for = ArrayField(
        models.CharField(max_length=160), verbose_name=_("look for"), default=list, blank=True
    )
    description = models.TextField(_("description"), blank=True)
    made_from = models.CharField(
        max_length=32, blank=True, editable=False, help_text="Fingerprint of the English it was made from."
    )
    loaded = models.CharField(
        max_length=32, blank=True, editable=False, help_text="Fingerprint of this text as the sample has it."
    )

    class Meta:
        ordering = ["style", "language"]
        constraints = [
            models.UniqueConstraint(name="style_text_once_per_language", fields=["style", "language"]),
            models.CheckConstraint(name="style_text_is_not_english", condition=~Q(language="en")),
        ]

    def __str__(self) -> str:
        return f"{self.style}, {self.language}"

    @property
    def has_words(self) -> bool:
        return any(getattr(self, field) for field in TEXTS)

    @property
    def is_stale(self) -> bool:
        """Whether the English was changed since, so that it may say something else by now."""
        return self.has_words and self.made_from != self.style.english_fingerprint

    @property
    def is_as_loaded(self) -> bool:
        """Whether no curator has changed what the sample said."""
        return self.loaded == self.fingerprint

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.summary, self.look_for, self.description)


def curated_fields() -> ArrayField:
    """Names of the fields that a curator set by hand: no import changes these again."""
    return ArrayField(models.CharField(max_length=40), default=list, blank=True, editable=False)


def portrait_path(artist: "Artist", filename: str) -> str:
    """Where the portrait of an artist lies: under the artist's slug."""
    return f"portraits/{artist.slug}{PurePosixPath(filename).suffix.lower()}"


class ArtistQuerySet(models.QuerySet):
    def with_counts(self):
        """Add `.artwork_count`, of published artworks."""
        return self.annotate(artwork_count=sum_for(ArtistStyle.objects.all(), "artist"))


class Artist(models.Model):
    """A painter, with the facts for a label."""

    slug = models.SlugField(_("slug"), max_length=150, unique=True)
    name = models.CharField(_("name"), max_length=200)
    birth_year = models.SmallIntegerField(_("birth year"), null=True, blank=True)
    death_year = models.SmallIntegerField(_("death year"), null=True, blank=True)
    nationality = models.CharField(_("nationality"), max_length=100, blank=True)
    note = models.CharField(
        _("note"), max_length=300, blank=True, help_text=_("One sentence that makes one want to know more.")
    )
    wikiart_slug = models.CharField(
        _("name in WikiArt’s addresses"), max_length=200, null=True, blank=True, unique=True
    )
    wikiart_id = models.CharField(_("id at WikiArt"), max_length=40, null=True, blank=True, unique=True)
    wikipedia_title = models.CharField(_("title at Wikipedia"), max_length=200, blank=True)
    biography = models.TextField(_("biography"), blank=True)
    portrait = models.FileField(_("portrait"), upload_to=portrait_path, max_length=300, blank=True)
    curated_fields = curated_fields()
    search_text = models.CharField(max_length=250, editable=False)

    objects = ArtistQuerySet.as_manager()

    class Meta:
        verbose_name = _("artist")
        verbose_name_plural = _("artists")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="artist_dies_after_birth",
                condition=Q(birth_year__isnull=True)
                | Q(death_year__isnull=True)
                | Q(death_year__gte=models.F("birth_year")),
            )
        ]
        indexes = [models.Index(fields=["search_text", "id"], name="artist_by_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        """Keep the text that search looks at."""
        self.search_text = searchable(self.name)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_text"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("gallery:artist-detail", args=[self.slug])

    @property
    def wikiart_url(self) -> str:
        return f"{WIKIART}/{self.wikiart_slug}" if self.wikiart_slug else ""

    @property
    def wikipedia_url(self) -> str:
        return f"https://en.wikipedia.org/wiki/{self.wikipedia_title}" if self.wikipedia_title else ""

    @property
    def local_note(self) -> str:
        """The note in the language of the page; in English where nobody has translated it."""
        return artist_note(self.note)

    @property
    def local_nationality(self) -> str:
        """The nationality in the language of the page."""
        return nationality(self.nationality)

    @property
    def life(self) -> str:
        """ "1840–1926", "born 1945", or nothing when unknown."""
        if self.birth_year and self.death_year:
            return f"{self.birth_year}–{self.death_year}"
        if self.birth_year:
            return gettext("born %(year)s") % {"year": self.birth_year}
        return gettext("died %(year)s") % {"year": self.death_year} if self.death_year else ""

    @property
    def shows_portrait(self) -> bool:
        """Whether there is a portrait that may be shown on this copy: old enough, or all pictures are shown."""
        dead_before = timezone.localdate().year - settings.PUBLIC_DOMAIN_YEARS
        is_old = self.death_year is not None and self.death_year < dead_before
        return bool(self.portrait) and (is_old or settings.SHOW_PROTECTED_PICTURES)

    def portrait_thumbnail(self) -> Path:
        """A JPEG of at most 480 px, made from the portrait when it is first asked for.

        Raises UnreadableImage, and FileNotFoundError when the portrait's file is missing.
        """
        place = self.portrait_place()
        if place is None:
            raise FileNotFoundError(self.portrait.name)
        return pictures.keep(place, self._portrait_jpeg)

    def portrait_place(self) -> Path | None:
        """Where the thumbnail of this very portrait is kept; None when its file is missing."""
        try:
            written = self.portrait.storage.get_modified_time(self.portrait.name)
        except FileNotFoundError:
            return None
        folder = Path(settings.MEDIA_ROOT) / "derived" / "portraits"
        return folder / f"{self.pk}-{written:%Y%m%d%H%M%S%f}.jpg"

    def _portrait_jpeg(self) -> bytes:
        with self.portrait.open("rb") as file:
            return pictures.copy(file.read(), THUMBNAIL_PX)

    @property
    def initials(self) -> str:
        """ "CM" for Claude Monet: shown where there is no portrait."""
        words = [word for word in self.name.split() if word[0].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class FamousArtistQuerySet(models.QuerySet):
    def to_know(self, style: Style) -> list["FamousArtist"]:
        """The artists to know for a style: as curators ordered them, else those with most works here.

        With their known works and how many works are here (`.artwork_count`); four queries at most.
        """
        ranked = self.filter(style=style).select_related("artist").order_by("rank")
        found = list(ranked) or [
            FamousArtist(style=style, artist=row.artist, rank=rank)
            for rank, row in enumerate(self._with_most_works(style), start=1)
        ]
        artists = [famous.artist for famous in found]
        models.prefetch_related_objects(artists, "known_works")
        here = Artist.objects.with_counts().in_bulk([artist.pk for artist in artists])
        for artist in artists:
            artist.artwork_count = here[artist.pk].artwork_count
        return found

    def _with_most_works(self, style: Style) -> models.QuerySet["ArtistStyle"]:
        rows = ArtistStyle.objects.filter(style=style).select_related("artist")
        return rows.order_by("-artwork_count", "artist")[:TO_KNOW]


class FamousArtist(models.Model):
    """An artist to know for a style, most famous first."""

    style = models.ForeignKey(Style, models.CASCADE, verbose_name=_("style"))
    artist = models.ForeignKey(Artist, models.CASCADE, verbose_name=_("artist"))
    rank = models.PositiveSmallIntegerField(_("rank"))

    objects = FamousArtistQuerySet.as_manager()

    class Meta:
        verbose_name = _("famous artist")
        verbose_name_plural = _("famous artists")
        ordering = ["style", "rank"]
        constraints = [models.UniqueConstraint(fields=["style", "artist"], name="famous_once_per_style")]

    def __str__(self) -> str:
        return f"{self.artist}, {self.style}"


class KnownWork(models.Model):
    """A well-known work of an artist, as a fact; the catalogue need not have a picture of it."""

    artist = models.ForeignKey(Artist, models.CASCADE, verbose_name=_("artist"), related_name="known_works")
    title = models.CharField(_("title"), max_length=250)
    year = models.SmallIntegerField(_("year"))

    class Meta:
        verbose_name = _("known work")
        verbose_name_plural = _("known works")
        ordering = ["artist", "year", "title"]
        constraints = [models.UniqueConstraint(fields=["artist", "title"], name="known_work_once")]

    def __str__(self) -> str:
        return f"{self.title}, {self.year}"


def picture_path(artwork: "Artwork", filename: str) -> str:
    """Where the picture of an artwork lies: under its content's hash."""
    return f"catalogue/{artwork.sha256[:2]}/{artwork.sha256}{PurePosixPath(filename).suffix}"


HANGS = Q(is_published=True) & ~Q(picture="")


class ArtworkQuerySet(models.QuerySet):
    def published(self):
        return self.filter(is_published=True)

    def visible_to(self, user):
        """Published works; for curators all of them."""
        return self.all() if user.has_perm("gallery.view_artwork") else self.published()

    def with_labels(self):
        """Bring style and artist along: a label names both."""
        return self.select_related("style", "artist")

    def mixed(self):
        """In an order that has nothing to do with artists or imports, and stays the same."""
        return self.with_mix().order_by("mix", "pk")

    def with_mix(self):
        """With `.mix`, a text that has nothing to do with artists or imports; an index is in its order."""
        return self.annotate(mix=MD5(Cast("pk", models.TextField())))

    def with_picture(self):
        """Works whose picture may be shown here."""
        works = self.exclude(picture="")
        if settings.SHOW_PROTECTED_PICTURES:
            return works
        return works.filter(rights__in=Artwork.FREE_RIGHTS)

    def without_embedding(self, model_version: str):
        """Works whose picture this model has not described yet."""
        described = Embedding.objects.filter(artwork=OuterRef("pk"), model_version=model_version)
        return self.exclude(picture="").filter(~Exists(described))

    def not_looked_at(self, model_version: str):
        """Works without this model's opinion of their style; the picture's hash comes with the opinion."""
        opinions = Opinion.objects.filter(artwork=OuterRef("pk"), model_version=model_version)
        return self.exclude(picture="").filter(~Exists(opinions))

    def without_palette(self):
        """Works whose picture's main colours are not known yet."""
        colours = PaletteColour.objects.filter(artwork=OuterRef("pk"))
        return self.exclude(picture="").filter(~Exists(colours))

    def without_placeholder(self):
        """Works whose pictures have nothing to stand in while they load."""
        return self.exclude(picture="").filter(placeholder="")

    def forget_looks(self) -> None:
        """Delete what was told from their pictures, for they have others now."""
        pks = list(self.values_list("pk", flat=True))
        self.update(placeholder="")
        for model in (Embedding, Opinion, PictureHash, PaletteColour):
            model.objects.filter(artwork__in=pks).delete()
        DuplicatePair.objects.touching(pks).delete()

    def suspected_duplicates(self):
        """Works that look the same as another one on display, and nobody has decided yet."""
        pairs = DuplicatePair.objects.open().order_by()
        return self.filter(pk__in=pairs.values("first").union(pairs.values("second")))

    def refresh_search_text(self) -> None:
        """Fold titles and artists again, after changes that passed `save` by."""
        stale = []
        for work in self.select_related("artist").only("title", "rights", "artist__name", "search_text"):
            if work.search_text != (text := work.text_to_search()):
                work.search_text = text
                stale.append(work)
        Artwork.objects.bulk_update(stale, ["search_text"], batch_size=500)


class Artwork(models.Model):
    """A work of the catalogue: a painting by an artist, or a study painted by our own code."""

    class Rights(models.TextChoices):
        PUBLIC_DOMAIN = "public_domain", _("Public domain")
        PROTECTED = "protected", _("Protected by copyright")
        UNKNOWN = "unknown", pgettext_lazy("rights", "Not known")
        GENERATED = "generated", _("Generated by StyleArt")

    FREE_RIGHTS = [Rights.PUBLIC_DOMAIN, Rights.GENERATED]

    title = models.CharField(_("title"), max_length=500)
    artist = models.ForeignKey(
        Artist, models.PROTECT, verbose_name=_("artist"), null=True, blank=True, related_name="artworks"
    )
    style = models.ForeignKey(Style, models.PROTECT, verbose_name=_("style"), related_name="artworks")
    wikiart_style = models.CharField(
        _("WikiArt style"), max_length=200, blank=True, help_text=_("The style's name at WikiArt.")
    )
    year = models.SmallIntegerField(_("year"), null=True, blank=True)
    genre = models.CharField(_("genre"), max_length=200, blank=True)
    materials = models.CharField(
        _("materials"), max_length=300, blank=True, help_text=_("Such as oil, canvas.")
    )
    width_cm = models.FloatField(_("width in cm"), null=True, blank=True, help_text=_("Of the work itself."))
    height_cm = models.FloatField(
        _("height in cm"), null=True, blank=True, help_text=_("Of the work itself.")
    )
    place = models.CharField(_("place"), max_length=200, blank=True, help_text=_("Where it was made."))
    collection = models.CharField(_("collection"), max_length=300, blank=True, help_text=_("Where it hangs."))
    period = models.CharField(_("period"), max_length=200, blank=True, help_text=_("Of the artist's life."))
    series = models.CharField(_("series"), max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=100), verbose_name=_("tags"), default=list, blank=True)
    description = models.TextField(_("description"), blank=True)
    curated_fields = curated_fields()
    rights = models.CharField(_("rights"), max_length=20, choices=Rights, default=Rights.UNKNOWN)
    is_free_at_wikiart = models.BooleanField(
        _("public domain, says WikiArt"),
        default=False,
        editable=False,
        help_text="Counts more than the dates.",
    )
    is_published = models.BooleanField(_("on display"), default=True)
    wikiart_id = models.CharField(_("id at WikiArt"), max_length=40, null=True, blank=True, unique=True)
    wikiart_slug = models.CharField(_("name in WikiArt’s addresses"), max_length=300, blank=True)
    source_url = models.URLField(
        _("source URL"), max_length=500, blank=True, help_text=_("Where the picture comes from.")
    )
    source_key = models.CharField(
        _("source key"),
        max_length=500,
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text=_("Where an import found it."),
    )
    picture = models.FileField(_("picture"), upload_to=picture_path, max_length=300, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True, help_text=_("Pixels, as shown."))
    height = models.PositiveIntegerField(_("height"), null=True, blank=True, help_text=_("Pixels, as shown."))
    sha256 = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    placeholder = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="See pictures.placeholder.",
    )
    search_text = models.CharField(max_length=800, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArtworkQuerySet.as_manager()
    _measured: pictures.Measured | None = None  # of a picture that was kept since the last save

    class Meta:
        verbose_name = _("artwork")
        verbose_name_plural = _("artworks")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["style", "-id"], name="artwork_style_newest"),
            models.Index(fields=["artist", "year"], name="artwork_artist_year"),
            models.Index(fields=["-id"], condition=Q(is_published=True), name="artwork_newest"),
            models.Index(fields=["rights", "-id"], name="artwork_rights_newest"),
            models.Index(fields=["year"], name="artwork_year"),
            models.Index(fields=["style", "year"], name="artwork_style_year"),
            # For `mixed`: the works that may hang on a wall.
            models.Index(
                "style", MD5(Cast("id", models.TextField())), condition=HANGS, name="artwork_style_mixed"
            ),
            models.Index(MD5(Cast("id", models.TextField())), condition=HANGS, name="artwork_mixed"),
            models.Index(
                fields=["id"],
                condition=Q(placeholder="") & ~Q(picture=""),
                name="artwork_without_placeholder",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="wikiart_slug_once_per_artist",
                fields=["artist", "wikiart_slug"],
                condition=~Q(wikiart_slug=""),
            ),
            models.CheckConstraint(
                name="picture_knows_its_size",
                condition=Q(picture="") | Q(width__gt=0, height__gt=0, sha256__gt=""),
            ),
            models.CheckConstraint(
                name="size_in_cm_is_positive",
                condition=(Q(width_cm__isnull=True) | Q(width_cm__gt=0))
                & (Q(height_cm__isnull=True) | Q(height_cm__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs) -> None:
        """Keep the text that search looks at, title and artist, and what a new picture looks like."""
        self.search_text = self.text_to_search()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_text", "updated_at"}
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._save_looks(is_new=is_new)

    def get_absolute_url(self) -> str:
        return reverse("gallery:artwork-detail", args=[self.pk])

    def text_to_search(self) -> str:
        """What `search_text` should say; for whoever passes `save` by."""
        told = [self.title, self.artist.name if self.artist else ""]
        if self.is_study:  # each language shows these by a title of its own
            told += study_titles(self.title)
        return searchable(" ".join(told))[:800]

    def _save_looks(self, *, is_new: bool) -> None:
        if self._measured is None:
            return
        if not is_new:
            Artwork.objects.filter(pk=self.pk).forget_looks()
        looks = self._measured
        self.placeholder = looks.placeholder
        Artwork.objects.filter(pk=self.pk).update(placeholder=looks.placeholder)
        self.embeddings.create(embedding=looks.embedding, model_version=looks.model_version)
        self.opinions.create(model_version=looks.model_version, **looks.opinion._asdict())
        PictureHash.objects.create(artwork=self, **PictureHash.fields_of(looks.picture_hash))
        PaletteColour.objects.keep(self, looks.colours)
        self._measured = None

    def take_picture(self, data: bytes) -> None:
        """Check a picture, keep its file, size, hash and embedding; the row is not saved yet.

        Raises UnreadableImage when the bytes cannot be used; nothing is kept then.
        """
        self.keep_picture(data, pictures.measure(data))

    def keep_picture(self, data: bytes, measured: pictures.Measured) -> None:
        """Keep a picture that was measured already, perhaps by another process; the row is not saved yet."""
        storage, name = self._place_for(measured, len(data))
        self.picture.name = name if storage.exists(name) else storage.save(name, ContentFile(data))

    def keep_file(self, path: Path, measured: pictures.Measured) -> None:
        """Keep a measured picture whose file lies on the disk of the media folder; the row is not saved yet.

        It is there whole or not at all, and `path` stays until the caller removes it.
        """
        storage, name = self._place_for(measured, path.stat().st_size)
        stored.keep(storage, name, path)
        self.picture.name = name

    def _place_for(self, measured: pictures.Measured, length: int) -> tuple[Storage, str]:
        """Note what was measured; gives where the picture goes, cleared of what is not it."""
        self.sha256 = measured.sha256
        self.width, self.height = measured.facts.width, measured.facts.height
        self._measured = measured
        storage, name = self.picture.storage, picture_path(self, "picture" + SUFFIXES[measured.facts.kind])
        if storage.exists(name) and storage.size(name) != length:
            storage.delete(name)  # whoever wrote it was killed halfway
        return storage, name

    @property
    def embedding(self) -> list[float] | None:
        """What the model in use sees in it; None while it has not looked yet. One query."""
        found = self.embeddings.filter(model_version=inference.model_version())
        return found.values_list("embedding", flat=True).first()

    def copy(self, size_px: int, kind: str = "jpg") -> Path:
        """A copy of at most so many pixels, made from the picture when it is first asked for, and kept.

        Raises UnreadableImage or FileNotFoundError.
        """
        folder = Path(settings.MEDIA_ROOT) / "derived" / "catalogue" / self.sha256[:2]
        return pictures.keep(folder / f"{self.sha256}-{size_px}.{kind}", self._copy, size_px, kind)

    def _copy(self, size_px: int, kind: str) -> bytes:
        with self.picture.open("rb") as file:
            return pictures.copy(file.read(), size_px, kind)

    @property
    def copies(self) -> pictures.Copies:
        """Where the copies of its picture are, for pages. Another picture has other addresses."""
        address = f"{self.get_absolute_url()}{{size_px}}-{self.picture_version}.{{kind}}"
        return pictures.Copies(address, self.width, self.height, self.placeholder)

    @property
    def picture_version(self) -> str:
        return self.sha256[:VERSION_DIGITS]

    @property
    def is_study(self) -> bool:
        """Whether our own code painted it; said wherever it is shown."""
        return self.rights == self.Rights.GENERATED

    @property
    def is_free(self) -> bool:
        return self.rights in self.FREE_RIGHTS

    @property
    def shows_picture(self) -> bool:
        """Whether there is a picture, and it may be shown on this copy."""
        return bool(self.picture) and (self.is_free or settings.SHOW_PROTECTED_PICTURES)

    @property
    def wikiart_url(self) -> str:
        """The work's page at WikiArt; the artist's where the work's is not known; empty for studies."""
        if self.artist is None or not self.artist.wikiart_slug:
            return ""
        return (
            f"{self.artist.wikiart_url}/{self.wikiart_slug}" if self.wikiart_slug else self.artist.wikiart_url
        )

    @property
    def alt(self) -> str:
        """What a screen reader says for the picture."""
        if self.is_study:
            said = gettext("%(title)s, generated study in the manner of %(style)s")
            return said % {"title": self.shown_title, "style": self.style.label}
        if self.artist is None:
            return self.shown_title
        return gettext("%(title)s by %(artist)s") % {"title": self.shown_title, "artist": self.artist.name}

    @property
    def shown_title(self) -> str:
        """The title, or that it is not known; of a study in the language of the page."""
        return (study_title(self.title) if self.is_study else self.title) or gettext("Title not known")


class Embedding(models.Model):
    """What a picture of the catalogue looks like to one version of the model.

    While a new model takes over, a work has two: the old one serves until every work has the new one.
    Each version has HNSW indexes of its own, made by `gallery.embeddings.make_index`.
    """

    artwork = models.ForeignKey(Artwork, models.CASCADE, related_name="embeddings", db_index=False)
    model_version = models.CharField(max_length=100)
    embedding = HalfVectorField(dimensions=EMBEDDING_LENGTH)
    # The work's own, for an index may only ask the columns of its table. PostgreSQL itself copies them, with
    # triggers (migration 0016), whoever writes; nobody else may.
    style = models.ForeignKey(
        Style,
        models.DO_NOTHING,
        null=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    year = models.SmallIntegerField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="embedding_once_per_model", fields=["artwork", "model_version"]),
            models.CheckConstraint(name="embedding_names_its_model", condition=Q(model_version__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.artwork}, as {self.model_version} sees it"


# What curators judge: labels, duplicates, missing files


def suggestion_path(suggestion: "LabelSuggestion", filename: str) -> str:
    """Where the picture of a suggestion lies: under a name that tells nothing."""
    name = uuid4().hex
    return f"suggestions/{name[:2]}/{name}.jpg"


class LabelSuggestionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status=LabelSuggestion.Status.OPEN)

    def decided(self):
        """The last decision first."""
        return self.exclude(status=LabelSuggestion.Status.OPEN).order_by("-decided_at", "-pk")

    def to_review(self):
        """What can be looked at: skipped ones last; people's before the model's; the surer the earlier."""
        seen = self.open().filter(Q(artwork__isnull=False) | ~Q(picture=""))
        return seen.order_by(
            F("skipped_at").asc(nulls_first=True),
            "is_by_model",
            F("confidence").desc(nulls_last=True),
            "pk",
        )


class LabelSuggestion(models.Model):
    """Somebody, or the model, says that a picture is rather of another style.

    Of whom it comes only `source_key` tells, to whoever made it: "model:…" or a key of another app.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("to be decided")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")

    source_key = models.CharField(_("source key"), max_length=200, unique=True, editable=False)
    is_by_model = models.BooleanField(default=False, editable=False)
    artwork = models.ForeignKey(
        Artwork, models.CASCADE, null=True, blank=True, related_name="label_suggestions"
    )
    proposed = models.ForeignKey(Style, models.CASCADE, related_name="+")
    predicted = models.ForeignKey(Style, models.SET_NULL, null=True, blank=True, related_name="+")
    confidence = models.FloatField(null=True, blank=True, help_text="Of the prediction, 0 to 1.")
    picture = models.FileField(_("picture"), upload_to=suggestion_path, max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    decided_style = models.ForeignKey(Style, models.SET_NULL, null=True, blank=True, related_name="+")
    style_before = models.ForeignKey(Style, models.SET_NULL, null=True, blank=True, related_name="+")
    batch = models.UUIDField(null=True, editable=False, help_text="Of the change log, where a work changed.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    skipped_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LabelSuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("label to review")
        verbose_name_plural = _("labels to review")
        indexes = [
            models.Index(
                fields=["is_by_model", "-confidence"],
                name="label_suggestion_open",
                condition=Q(status="open"),
            ),
            models.Index(fields=["status", "-decided_at"], name="label_suggestion_decided"),
        ]
        constraints = [
            models.CheckConstraint(
                name="suggestion_confidence_0_to_1",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
            models.CheckConstraint(
                name="decided_suggestion_says_when",
                condition=Q(status="open") | Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.proposed}?"

    @property
    def name(self) -> str:
        return self.artwork.title if self.artwork else gettext("A visitor’s picture")

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class ArtistRedirect(models.Model):
    """Another name of an artist: an address of the past, or an artist who was merged into this one.

    Old links are led to the artist, and an import that brings the other name finds them.
    """

    old_slug = models.SlugField(max_length=150, unique=True)
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="redirects")
    name = models.CharField(max_length=200, blank=True)
    wikiart_slug = models.CharField(max_length=200, blank=True, db_index=True)
    wikiart_id = models.CharField(max_length=40, blank=True, db_index=True)

    class Meta:
        ordering = ["old_slug"]

    def __str__(self) -> str:
        return f"{self.old_slug} → {self.artist}"


class ChangeQuerySet(models.QuerySet):
    def of(self, row: models.Model):
        """What happened to one row, newest first."""
        return self.filter(model=row._meta.model_name, object_id=row.pk)

    def standing(self):
        """Changes that were not undone, and that undo nothing themselves."""
        return self.filter(undone_in__isnull=True).exclude(kind=Change.Kind.UNDO)


class Change(models.Model):
    """What one step of a person's work did to one row of the catalogue; written by `gallery.changes`.

    `before` and `after` hold the fields that changed; `before` is null for a row that was added, `after`
    for one that was deleted, and the other holds all of it then. Rows of one step share their `batch`.
    """

    class Kind(models.TextChoices):
        ADD = "add", _("Added")
        EDIT = "edit", _("Edited")
        DELETE = "delete", _("Deleted")
        BULK = "bulk", _("Edited together")
        MERGE = "merge", _("Merged")
        REVIEW = "review", _("Label reviewed")
        IMPORT = "import", _("Brought in from a file")
        UNDO = "undo", _("Undone")

    batch = models.UUIDField(db_index=True)
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("when"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("who"), related_name="+"
    )
    model = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    name = models.CharField(_("name"), max_length=500, help_text="What the row was called then.")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(_("why"), max_length=300, blank=True)
    undone_in = models.UUIDField(null=True, help_text="The batch that undid it.")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["model", "object_id", "-id"], name="changes_of_a_row")]
        constraints = [
            models.CheckConstraint(
                name="change_changes_something",
                condition=Q(before__isnull=False) | Q(after__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"

    @property
    def is_standing(self) -> bool:
        return self.undone_in is None and self.kind != self.Kind.UNDO

    @property
    def fields(self) -> list[str]:
        """Names of the fields that changed."""
        return [name for name in (self.after or self.before) if name != "curated_fields"]


class Opinion(models.Model):
    """What style one version of the model sees in a picture of the catalogue."""

    artwork = models.ForeignKey(Artwork, models.CASCADE, related_name="opinions", db_index=False)
    model_version = models.CharField(max_length=100)
    label = models.CharField(max_length=100, help_text="The style's name, as the model says it.")
    probability = models.FloatField(help_text="0 to 1.")
    certainty = models.CharField(max_length=20, help_text="One of ml.inference.CERTAINTIES.")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="opinion_once_per_model", fields=["artwork", "model_version"]),
            models.CheckConstraint(
                name="opinion_probability_0_to_1", condition=Q(probability__gte=0, probability__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artwork}: {self.label}, says {self.model_version}"


class PictureHash(models.Model):
    """64 bits that nearly the same pictures share, and whether they were compared with all others."""

    artwork = models.OneToOneField(Artwork, models.CASCADE, primary_key=True, related_name="picture_hash")
    bits = models.BigIntegerField(help_text="Of ml.hashes.difference_hash, as a signed number.")
    bands = ArrayField(models.IntegerField(), help_text="Its four quarters, each with its number above.")
    compared_with = models.CharField(max_length=100, blank=True, help_text="By the eyes of this model.")

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="picture_hash_bands")]

    def __str__(self) -> str:
        return f"{self.bits & (2**64 - 1):016x}"

    @staticmethod
    def fields_of(picture_hash: int) -> dict[str, object]:
        """The columns for a hash from 0 to 2^64 - 1. Hashes within three bits share one of the bands."""
        quarters = [picture_hash >> 16 * band & 0xFFFF for band in range(4)]
        return {
            "bits": picture_hash - 2**64 if picture_hash >= 2**63 else picture_hash,
            "bands": [band << 16 | quarter for band, quarter in enumerate(quarters)],
        }


class PaletteColourQuerySet(models.QuerySet):
    def keep(self, work: Artwork, colours: Sequence[palette.Colour]) -> None:
        """Save the palette of a work, unless it has one."""
        rows = [
            PaletteColour(artwork=work, place=place, rgb=colour.rgb, lab=list(colour.lab), share=colour.share)
            for place, colour in enumerate(colours)
        ]
        self.bulk_create(rows, ignore_conflicts=True)

    def near(self, lab: Sequence[float]):
        """Colours of works on display, the nearest first, with `.distance` in CIELAB; works and labels along."""
        shown = Artwork.objects.published().with_picture()
        large = self.filter(share__gte=PaletteColour.LEAST_FOUND, artwork__in=shown)
        near = large.annotate(distance=L2Distance("lab", list(lab))).order_by("distance")
        return near.select_related("artwork__style", "artwork__artist")


class PaletteColour(models.Model):
    """One of the main colours of a picture, the largest share first."""

    LEAST_FOUND = 0.04  # a smaller share is not what one looks for a colour for

    artwork = models.ForeignKey(Artwork, models.CASCADE, related_name="palette", db_index=False)
    place = models.PositiveSmallIntegerField()
    rgb = models.CharField(max_length=6)
    lab = VectorField(dimensions=3)
    share = models.FloatField(help_text="Of the picture, 0 to 1.")

    objects = PaletteColourQuerySet.as_manager()

    class Meta:
        ordering = ["artwork", "place"]
        constraints = [
            models.UniqueConstraint(name="palette_place_once", fields=["artwork", "place"]),
            models.CheckConstraint(name="palette_share_0_to_1", condition=Q(share__gte=0, share__lte=1)),
        ]
        indexes = [
            HnswIndex(
                name="palette_lab",
                fields=["lab"],
                opclasses=["vector_l2_ops"],
                m=8,
                ef_construction=32,
                condition=Q(share__gte=0.04),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.rgb} in {self.artwork}"

    @property
    def name(self) -> str:
        return palette.name_of(self.lab)

    @property
    def percent(self) -> str:
        return f"{self.share:.0%}".rstrip("%")


class DuplicateDecision(models.Model):
    """What a curator made of works that look the same: one is kept, or they are not the same."""

    kept = models.ForeignKey(Artwork, models.CASCADE, null=True, blank=True, related_name="+")
    batch = models.UUIDField(null=True, editable=False, help_text="Of the change log.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"“{self.kept}” is kept" if self.kept else "Not the same"


class DuplicatePairQuerySet(models.QuerySet):
    def open(self):
        """Pairs of works on display that nobody has decided yet."""
        return self.filter(decision=None, first__is_published=True, second__is_published=True)

    def among(self, works):
        """Pairs of which both are among these works (or their ids)."""
        return self.filter(first__in=works, second__in=works)

    def touching(self, works):
        """Pairs of which at least one is among these works (or their ids)."""
        return self.filter(Q(first__in=works) | Q(second__in=works))


class DuplicatePair(models.Model):
    """Two works whose pictures are nearly the same. `group` is the lowest id of all that hang together."""

    first = models.ForeignKey(Artwork, models.CASCADE, related_name="+")
    second = models.ForeignKey(Artwork, models.CASCADE, related_name="+")
    differing_bits = models.PositiveSmallIntegerField(help_text="Of the 64 of their hashes.")
    distance = models.FloatField(help_text="Of their embeddings: 0 to 2, cosine.")
    group = models.BigIntegerField(db_index=True)
    decision = models.ForeignKey(
        DuplicateDecision, models.SET_NULL, null=True, blank=True, related_name="pairs"
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspected duplicate")
        verbose_name_plural = _("suspected duplicates")
        constraints = [
            models.UniqueConstraint(name="duplicate_pair_once", fields=["first", "second"]),
            models.CheckConstraint(name="duplicate_pair_in_order", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class HiddenDuplicate(models.Model):
    """A work that was taken off display because another one shows the same."""

    artwork = models.OneToOneField(Artwork, models.CASCADE, primary_key=True, related_name="hidden_for")
    kept = models.ForeignKey(Artwork, models.CASCADE, related_name="hidden_duplicates")
    decision = models.ForeignKey(DuplicateDecision, models.CASCADE, related_name="hidden")

    class Meta:
        constraints = [models.CheckConstraint(name="duplicate_of_another", condition=~Q(artwork=F("kept")))]

    def __str__(self) -> str:
        return f"{self.artwork}, kept as {self.kept}"


class FileCheck(models.Model):
    """One look through the files of the catalogue, folder by folder: do rows and files belong together?"""

    begun_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    folders_done = models.PositiveSmallIntegerField(default=0, help_text="Of 256.")
    dangling_count = models.PositiveIntegerField(default=0)
    dangling = models.JSONField(default=list, help_text="Names of files that no work needs; the first ones.")

    class Meta:
        verbose_name = _("data quality")
        verbose_name_plural = _("data quality")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Files, {self.begun_at:%Y-%m-%d %H:%M}"


class MissingFile(models.Model):
    """A work whose picture's file is not there, or empty; found by a FileCheck."""

    artwork = models.OneToOneField(Artwork, models.CASCADE, primary_key=True, related_name="missing_file")
    noticed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"The picture of {self.artwork} is missing"
