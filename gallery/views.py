from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from ml import inference

from .figures import Card
from .forms import ArtistFilter, ArtworkFilter
from .models import Artist, ArtistRedirect, Artwork, FamousArtist, Style
from .similar import nearest
from .training_data import TrainingData

PAGE_SIZE = 24
WALL_SIZE = 18


@require_safe
def style_list(request):
    styles, samples = Style.objects.of_the_house().with_counts(), _sample_of_each_style()
    for style in styles:
        style.sample = samples.get(style.pk)
    context = {
        "styles": styles,
        "other_styles": Style.objects.others().with_counts().filter(artwork_count__gt=0),
        "learned": set(inference.model_card()["labels"]),
    }
    return render(request, "gallery/style_list.html", context)


def _sample_of_each_style() -> dict[int, Artwork]:
    """Style id to one work with a picture. One query."""
    works = Artwork.objects.published().with_picture().with_labels()
    return {work.style_id: work for work in works.order_by("style_id", "pk").distinct("style_id")}


@require_safe
def style_detail(request, slug: str):
    styles = Style.objects.with_counts().prefetch_related("came_from", "led_to")
    style = get_object_or_404(styles, slug=slug)
    works = style.artworks.published().with_picture().with_labels().mixed()
    famous = FamousArtist.objects.filter(style=style).select_related("artist").order_by("rank")
    context = {
        "style": style,
        "works": works[:WALL_SIZE],
        "famous_artists": famous.prefetch_related("artist__known_works"),
        "timeline": Style.objects.of_the_house(),
        "is_learned": style.name in inference.model_card()["labels"],
    }
    return render(request, "gallery/style_detail.html", context)


@require_safe
def artist_list(request):
    wanted = ArtistFilter(request.GET)
    artists = wanted.narrow(Artist.objects.with_counts()).order_by("name").prefetch_related("famous_for")
    page = Paginator(artists, PAGE_SIZE * 2).get_page(request.GET.get("page"))
    return render(request, "gallery/artist_list.html", {"filter": wanted, "page": page})


@require_safe
def artist_detail(request, slug: str):
    artists = Artist.objects.prefetch_related("known_works", "famous_for")
    artist = artists.filter(slug=slug).first()
    if artist is None:
        moved = get_object_or_404(ArtistRedirect.objects.select_related("artist"), old_slug=slug)
        return redirect(moved.artist, permanent=True)
    works = artist.artworks.published().with_labels().order_by("year", "title")
    page = Paginator(works, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "gallery/artist_detail.html", {"artist": artist, "page": page})


@require_safe
def artwork_list(request):
    wanted = ArtworkFilter(request.GET)
    works = wanted.narrow(Artwork.objects.published().with_labels())
    page = Paginator(works, PAGE_SIZE).get_page(request.GET.get("page"))
    template = "gallery/_artwork_wall.html" if request.htmx else "gallery/artwork_list.html"
    return render(request, template, {"filter": wanted, "page": page})


@require_safe
def artwork_detail(request, pk: int):
    work = get_object_or_404(Artwork.objects.visible_to(request.user).with_labels(), pk=pk)
    similar = Artwork.objects.none()
    if (embedding := work.embedding) is not None:
        similar = nearest(embedding, inference.model_version(), without=work)
    return render(request, "gallery/artwork_detail.html", {"work": work, "similar_works": similar})


@require_safe
def artwork_picture(request, pk: int, size: str):
    """The picture of a published work, re-encoded by us, in one of two sizes."""
    work = get_object_or_404(Artwork.objects.visible_to(request.user), pk=pk)
    if not work.shows_picture:
        raise Http404("This picture is not shown here.")
    try:
        path = work.preview() if size == "preview" else work.thumbnail()
    except (inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no picture to show.") from error
    response = FileResponse(path.open("rb"), content_type="image/jpeg")
    response.headers["Cache-Control"] = "public, max-age=86400" if work.is_published else "private"
    return response


@require_safe
def model(request):
    """The card of the model in use, for people."""
    return render(request, "gallery/model.html", {"card": Card(inference.model_card())})


@require_safe
def data(request):
    """The data that the model in use learned from; those of another model are not shown."""
    described = inference.data_card()
    fingerprint = inference.model_card().get("data", {}).get("fingerprint", "")
    fits = described is not None and described["fingerprint"] == fingerprint
    context = {
        "data": TrainingData(described) if fits else None,
        "is_outdated": described is not None and not fits,
        "fingerprint": fingerprint,
    }
    return render(request, "gallery/data.html", context)
