"""The catalogue for programs: styles, artists, artworks, and the model in use. Everybody may read it."""

from django.conf import settings
from django.db.models import Prefetch, Q
from django.shortcuts import redirect
from django.urls import path, reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from ml import inference

from .forms import MAX_YEAR, ArtistFilter, ArtworkFilter
from .models import Artist, ArtistRedirect, ArtistStyle, Artwork, FamousArtist, Style
from .rest import Decimal, Flag, Query, Resource, StyleSlug, Whole, Words, accepted_language
from .similar import similar_to

SAMPLE_SIZE = 12
MOST_SIMILAR = 60
ACCEPT_LANGUAGE = OpenApiParameter(
    "Accept-Language",
    location=OpenApiParameter.HEADER,
    description="For `description`: en, fr or de. `Content-Language` says what it is in.",
)


# What is told


class StyleName(serializers.Serializer):
    slug = serializers.SlugField()
    name = serializers.CharField()


class ArtistName(serializers.Serializer):
    slug = serializers.SlugField()
    name = serializers.CharField()


def absolute(serializer: serializers.Serializer, name: str, *args: object) -> str:
    """The whole address of a page or picture."""
    return serializer.context["request"].build_absolute_uri(reverse(name, args=args))


class ArtworkSerializer(serializers.Serializer):
    """A work of the catalogue. `image_url` and `thumbnail_url` are null where the picture may not be shown."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = ArtistName(allow_null=True)
    style = StyleName()
    wikiart_style = serializers.CharField()
    year = serializers.IntegerField(allow_null=True)
    genre = serializers.CharField()
    width = serializers.IntegerField(allow_null=True, help_text="Pixels.")
    height = serializers.IntegerField(allow_null=True, help_text="Pixels.")
    is_public_domain = serializers.BooleanField(source="is_free")
    image_url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()
    wikiart_url = serializers.CharField(help_text="Empty where WikiArt has no page of it.")

    def get_image_url(self, work: Artwork) -> str | None:
        return self._picture_url(work, "preview")

    def get_thumbnail_url(self, work: Artwork) -> str | None:
        return self._picture_url(work, "thumbnail")

    def _picture_url(self, work: Artwork, size: str) -> str | None:
        return absolute(self, "gallery:artwork-picture", work.pk, size) if work.shows_picture else None


class SimilarArtworkSerializer(ArtworkSerializer):
    similarity = serializers.FloatField(min_value=-1, max_value=1)


class SimilarArtworks(serializers.Serializer):
    """The works most alike, nearest first."""

    results = SimilarArtworkSerializer(many=True)


class ArtistSerializer(serializers.Serializer):
    slug = serializers.SlugField()
    name = serializers.CharField()
    birth_year = serializers.IntegerField(allow_null=True)
    death_year = serializers.IntegerField(allow_null=True)
    nationality = serializers.CharField()
    styles = serializers.SerializerMethodField()
    artwork_count = serializers.IntegerField()
    wikiart_url = serializers.CharField()
    wikipedia_url = serializers.CharField()
    image_url = serializers.SerializerMethodField()

    @extend_schema_field(StyleName(many=True))
    def get_styles(self, artist: Artist) -> list[dict]:
        """What they are known for, then what else the catalogue has of them."""
        styles = [*artist.famous_for.all(), *(row.style for row in artist.styles_of_works.all())]
        return [{"slug": slug, "name": name} for slug, name in {s.slug: s.name for s in styles}.items()]

    def get_image_url(self, artist: Artist) -> str | None:
        return absolute(self, "gallery:artist-portrait", artist.slug) if artist.shows_portrait else None


class StyleSerializer(serializers.Serializer):
    slug = serializers.SlugField()
    name = serializers.CharField()
    start_year = serializers.IntegerField(allow_null=True)
    end_year = serializers.IntegerField(allow_null=True, help_text="Null when it is still practised.")
    artwork_count = serializers.IntegerField()
    artist_count = serializers.IntegerField()


class _WithSamples(serializers.Serializer):
    sample_artworks = serializers.SerializerMethodField()

    @extend_schema_field(ArtworkSerializer(many=True))
    def get_sample_artworks(self, row: Style | Artist) -> list[dict]:
        works = row.artworks.published().with_picture().with_labels().mixed()[:SAMPLE_SIZE]
        return ArtworkSerializer(works, many=True, context=self.context).data


class StyleDetailSerializer(StyleSerializer, _WithSamples):
    description = serializers.CharField(help_text="In the language of `Accept-Language`, or in English.")
    wikiart_url = serializers.CharField()
    includes = serializers.ListField(
        child=serializers.CharField(), help_text="WikiArt styles counted under it."
    )
    famous_artists = serializers.SerializerMethodField()

    @extend_schema_field(ArtistSerializer(many=True))
    def get_famous_artists(self, style: Style) -> list[dict]:
        """The artists to know, most famous first."""
        ranked = [famous.artist.pk for famous in FamousArtist.objects.to_know(style)]
        artists = with_styles(Artist.objects.with_counts()).in_bulk(ranked)
        return ArtistSerializer([artists[pk] for pk in ranked], many=True, context=self.context).data


class ArtistDetailSerializer(ArtistSerializer, _WithSamples):
    biography = serializers.CharField()


class Metrics(serializers.Serializer):
    """How the model did on paintings it had never seen; from 0 to 1."""

    top1 = serializers.FloatField(allow_null=True, help_text="Its first answer is right.")
    top3 = serializers.FloatField(allow_null=True, help_text="The right style is among its first three.")
    macro_f1 = serializers.FloatField(allow_null=True)
    macro_auc = serializers.FloatField(allow_null=True)
    ece = serializers.FloatField(allow_null=True, help_text="How far stated probabilities are off.")


class ModelSerializer(serializers.Serializer):
    """The model in use."""

    version = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    input_size = serializers.IntegerField(help_text="Pixels of each side.")
    trained_at = serializers.DateTimeField(allow_null=True)
    metrics = Metrics()
    data = serializers.DictField(help_text="What it learned from, as the model's own card says it.")


# What may be asked


class StyleQueryField(StyleSlug):
    """Any style of the catalogue, the 18 of the house or another one."""

    def __init__(self) -> None:
        super().__init__(queryset=Style.objects.order_by("position", "name"), required=False)


class YearsQuery(Query):
    year_from = Whole(min_value=1, max_value=MAX_YEAR, required=False)
    year_to = Whole(min_value=1, max_value=MAX_YEAR, required=False)
    public_domain = Flag(required=False, help_text="Only works that are, or are not, free to use.")


class ArtworkQuery(YearsQuery):
    q = Words(max_length=100, required=False, allow_blank=True, help_text="Words of title or artist.")
    style = StyleQueryField()
    artist = serializers.SlugField(max_length=150, required=False)
    genre = Words(max_length=200, required=False, allow_blank=True)


class SimilarQuery(YearsQuery):
    style = StyleQueryField()
    artist = serializers.SlugField(max_length=150, required=False)
    min_similarity = Decimal(min_value=-1, max_value=1, required=False)
    limit = Whole(min_value=1, max_value=MOST_SIMILAR, default=12)


class ArtistQuery(Query):
    q = Words(max_length=100, required=False, allow_blank=True, help_text="Words of the name.")
    style = StyleSlug(queryset=Style.objects.of_the_house(), required=False)
    nationality = Words(max_length=100, required=False, allow_blank=True)


# The resources


class Public(Resource):
    """For everybody, signed in or not."""

    permission_classes = [AllowAny]


def plainly(resource: Resource) -> dict[str, str]:
    """What was asked for, as the forms of the pages read it."""
    return resource.request.query_params.dict() | {"q": resource.asked.get("q", "")}


def with_styles(artists):
    """Bring along what an artist object tells."""
    of_works = ArtistStyle.objects.select_related("style").order_by("-artwork_count", "style")
    return artists.prefetch_related("famous_for", Prefetch("styles_of_works", of_works))


@extend_schema(tags=["Catalogue"])
class StyleList(mixins.ListModelMixin, Public):
    """In the order of art history."""

    queryset = Style.objects.all()
    serializer_class = StyleSerializer
    ordering = ["position"]

    def get_queryset(self):
        return Style.objects.of_the_house().with_counts()

    @extend_schema(operation_id="listStyles", summary="The 18 styles")
    def get(self, request):
        return self.list(request)


@extend_schema(tags=["Catalogue"])
class StyleDetail(Public):
    """With its text, the artists to know, and some works."""

    queryset = Style.objects.all()
    serializer_class = StyleDetailSerializer
    lookup_field = "slug"

    def get_queryset(self):
        return Style.objects.with_counts()

    @extend_schema(operation_id="getStyle", summary="One style", parameters=[ACCEPT_LANGUAGE])
    def get(self, request, slug: str):
        style, language = self.get_object(), accepted_language(request)
        words = style.words_in(language)
        told = self.get_serializer(style).data | {"description": words.description}
        spoken = settings.LANGUAGE_CODE if "description" in words.lang else language
        return Response(told, headers={"Content-Language": spoken, "Vary": "Accept-Language"})


@extend_schema(tags=["Catalogue"])
class ArtistList(mixins.ListModelMixin, Public):
    """By name. `style` asks for those known for it or with works of it."""

    queryset = Artist.objects.all()
    serializer_class = ArtistSerializer
    query_class = ArtistQuery
    ordering = ["search_text", "pk"]

    def get_queryset(self):
        artists = ArtistFilter(plainly(self)).narrow(with_styles(Artist.objects.with_counts()))
        if nationality := self.asked.get("nationality", "").strip():
            artists = artists.filter(nationality__iexact=nationality)
        return artists

    @extend_schema(operation_id="listArtists", summary="Artists")
    def get(self, request):
        return self.list(request)


@extend_schema(tags=["Catalogue"])
class ArtistDetail(mixins.RetrieveModelMixin, Public):
    """With the biography and some works. An address of the past leads to the artist (301)."""

    queryset = Artist.objects.all()
    serializer_class = ArtistDetailSerializer
    lookup_field = "slug"

    def get_queryset(self):
        return with_styles(Artist.objects.with_counts())

    @extend_schema(operation_id="getArtist", summary="One artist")
    def get(self, request, slug: str):
        moved = ArtistRedirect.objects.select_related("artist").filter(old_slug=slug).first()
        if moved and not Artist.objects.filter(slug=slug).exists():
            return redirect("api:artist-detail", moved.artist.slug, permanent=True)
        return self.retrieve(request)


class Works(Public):
    """Published works; for curators all of them."""

    queryset = Artwork.objects.all()

    def get_queryset(self):
        return Artwork.objects.visible_to(self.request.user).with_labels()


@extend_schema(tags=["Catalogue"])
class ArtworkList(mixins.ListModelMixin, Works):
    """The newest in the catalogue first."""

    serializer_class = ArtworkSerializer
    query_class = ArtworkQuery
    ordering = ["-pk"]

    def get_queryset(self):
        works = ArtworkFilter(plainly(self)).narrow(super().get_queryset())
        if genre := self.asked.get("genre", "").strip():
            works = works.filter(genre__iexact=genre)
        if "public_domain" in self.asked:
            is_free = Q(rights__in=Artwork.FREE_RIGHTS)
            works = works.filter(is_free if self.asked["public_domain"] else ~is_free)
        return works

    @extend_schema(operation_id="listArtworks", summary="Artworks")
    def get(self, request):
        return self.list(request)


@extend_schema(tags=["Catalogue"])
class ArtworkDetail(mixins.RetrieveModelMixin, Works):
    serializer_class = ArtworkSerializer

    @extend_schema(operation_id="getArtwork", summary="One artwork")
    def get(self, request, pk: int):
        return self.retrieve(request)


def similar_answer(resource: Resource, embedding, **kwargs) -> Response:
    """The works most like an embedding, as asked for; none for an artist nobody knows. `kwargs` as for `similar_to`."""
    wanted = resource.asked.copy()
    if slug := wanted.pop("artist", None):
        wanted["artist"] = Artist.objects.filter(slug=slug).first()
        if wanted["artist"] is None:
            return Response({"results": []})
    works = similar_to(embedding, **wanted, **kwargs) if embedding is not None else []
    context = resource.get_serializer_context()
    return Response({"results": SimilarArtworkSerializer(works, many=True, context=context).data})


@extend_schema(tags=["Catalogue"])
class ArtworkSimilar(Works):
    """Nearest first, never the work itself. Empty while the model has not looked at it yet."""

    serializer_class = SimilarArtworks
    query_class = SimilarQuery

    @extend_schema(operation_id="listSimilarArtworks", summary="Works like this one")
    def get(self, request, pk: int):
        work = self.get_object()
        return similar_answer(self, work.embedding, exclude=work)


@extend_schema(tags=["Catalogue"])
class Model(Public):
    serializer_class = ModelSerializer

    @extend_schema(operation_id="getModel", summary="The model in use")
    def get(self, request):
        card = inference.model_card()
        measured = card.get("metrics", {}).get("test", {})
        answer = {
            "version": card["version"],
            "labels": card["labels"],
            "input_size": card["input"]["size_px"],
            "trained_at": card.get("trained_at"),
            "metrics": {name: measured.get(name) for name in Metrics().fields},
            "data": card.get("data", {}),
        }
        return Response(answer)


urlpatterns = [
    path("styles/", StyleList.as_view(), name="style-list"),
    path("styles/<slug:slug>/", StyleDetail.as_view(), name="style-detail"),
    path("artists/", ArtistList.as_view(), name="artist-list"),
    path("artists/<slug:slug>/", ArtistDetail.as_view(), name="artist-detail"),
    path("artworks/", ArtworkList.as_view(), name="artwork-list"),
    path("artworks/<int:pk>/", ArtworkDetail.as_view(), name="artwork-detail"),
    path("artworks/<int:pk>/similar/", ArtworkSimilar.as_view(), name="artwork-similar"),
    path("model/", Model.as_view(), name="model"),
]
