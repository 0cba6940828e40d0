from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.paginator import Paginator
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from ml import inference

from . import colour_search, palette, pictures, search
from .chronology import Chronology, LifeLine
from .duplicates import kept_instead_of
from .figures import Card
from .forms import ArtistFilter, ArtworkFilter
from .models import (
    LARGE_PX,
    PREVIEW_PX,
    THUMBNAIL_PX,
    Artist,
    ArtistRedirect,
    ArtistStyle,
    Artwork,
    FamousArtist,
    Style,
)
from .pages import count_up_to, page_of
from .sending import send_file
from .similar import similar_to
from .training_data import TrainingData

PAGE_SIZE = 24
WALL_SIZE = 12  # on top of a style's page; the others follow at its end
MORE_ARTISTS = 6
MORE_WORKS = 8  # by the same artist, beside a work
SEARCHED_ARTISTS = 8
SUGGESTIONS = 5
UNDATED = 9999  # where works without a year stand: behind all others
# How long pictures are kept. Shared caches ask again each day, since a picture may be taken off display.
FOR_EVER = "public, max-age=31536000, s-maxage=86400, immutable"
A_DAY = "public, max-age=86400"
FOR_ONE_READER = "private, no-cache"


@require_safe
def style_list(request):
    styles, samples = Style.objects.of_the_house().with_counts().with_texts(), _sample_of_each_style()
    for style in styles:
        style.sample = samples.get(style.pk)
    context = {
        "styles": styles,
        "other_styles": Style.objects.others().with_counts().filter(artwork_count__gt=0),
        "learned": set(inference.model_card()["labels"]),
    }
    return render(request, "gallery/style_list.html", context)


def _sample_of_each_style() -> dict[int, Artwork]:
    """Style id to one work with a picture. Two queries."""
    works = Artwork.objects.published().with_picture().filter(style=OuterRef("pk")).mixed()
    samples = Style.objects.of_the_house().annotate(sample=Subquery(works.values("pk")[:1]))
    found = Artwork.objects.with_labels().in_bulk(
        [pk for pk in samples.values_list("sample", flat=True) if pk]
    )
    return {work.style_id: work for work in found.values()}


@require_safe
def style_detail(request, slug: str):
    styles = Style.objects.with_counts().prefetch_related(
        Prefetch("came_from", Style.objects.with_texts()), Prefetch("led_to", Style.objects.with_texts())
    )
    style = get_object_or_404(styles, slug=slug)
    works = style.artworks.published().with_picture().with_labels().with_mix()
    page = page_of(works, request.GET, order=["mix", "pk"], size=WALL_SIZE + PAGE_SIZE)
    wall, rest = (works.mixed()[:WALL_SIZE], page.rows) if page.before else _divided(page.rows, WALL_SIZE)
    context = {
        "style": style,
        "words": style.words,
        "works": wall,
        "more_works": rest,
        "page": page,
        "famous_artists": FamousArtist.objects.to_know(style),
        "chronology": Chronology(_with_neighbours(style)),
        "timeline": Style.objects.of_the_house(),
        "is_learned": style.name in inference.model_card()["labels"],
    }
    return render(request, "gallery/style_detail.html", context)


def _divided(rows: Sequence, size: int) -> tuple[Sequence, Sequence]:
    return rows[:size], rows[size:]


def _with_neighbours(style: Style) -> list[Style]:
    """A style between those it came from and those it led to, in the order of art history."""
    styles = {other.pk: other for other in [*style.came_from.all(), style, *style.led_to.all()]}
    return sorted(styles.values(), key=lambda one: (one.position is None, one.position or 0))


@require_safe
def chronology(request):
    """When each style was painted, as the works here tell it."""
    drawn = Chronology(Style.objects.of_the_house())
    return render(request, "gallery/chronology.html", {"chronology": drawn})


@require_safe
def artist_list(request):
    wanted = ArtistFilter(request.GET)
    artists = wanted.narrow(Artist.objects.with_counts()).prefetch_related("famous_for")
    page = page_of(artists, request.GET, order=["search_text", "pk"], size=2 * PAGE_SIZE)
    context = {"filter": wanted, "page": page, "count": wanted.count(artists)}
    return render(request, "gallery/artist_list.html", context)


@require_safe
def artist_detail(request, slug: str):
    artists = Artist.objects.with_counts().prefetch_related("known_works", "famous_for")
    artist = artists.filter(slug=slug).first()
    if artist is None:
        moved = get_object_or_404(ArtistRedirect.objects.select_related("artist"), old_slug=slug)
        response = redirect(moved.artist, permanent=True)
        response.headers["Cache-Control"] = (
            "no-cache"  # a merge can be undone; browsers would never ask again
        )
        return response
    works = artist.artworks.published().with_labels().annotate(when=Coalesce("year", UNDATED))
    styles = (
        ArtistStyle.objects.filter(artist=artist).select_related("style").order_by("-artwork_count", "style")
    )
    context = {
        "artist": artist,
        "styles": styles,
        "life": LifeLine(artist),
        "others": _others_of_the_style(artist),
        "page": page_of(works, request.GET, order=["when", "pk"], size=PAGE_SIZE),
    }
    return render(request, "gallery/artist_detail.html", context)


def _others_of_the_style(artist: Artist) -> list[FamousArtist]:
    """Artists to know beside one, of the first style that this one is known for. Two queries."""
    style = artist.famous_for.first()
    if style is None:
        return []
    others = FamousArtist.objects.filter(style=style).exclude(artist=artist)
    return list(others.select_related("artist", "style").order_by("rank")[:MORE_ARTISTS])


@require_safe
def artist_portrait(request, slug: str):
    """The portrait of an artist, re-encoded by us, where it may be shown."""
    artist = get_object_or_404(Artist, slug=slug)
    if not artist.shows_portrait:
        raise Http404("This portrait is not shown here.")
    return _picture(artist.portrait_thumbnail, "image/jpeg")


@require_safe
def artwork_list(request):
    wanted = ArtworkFilter(request.GET)
    works = wanted.narrow(Artwork.objects.published())
    context = {
        "filter": wanted,
        "page": page_of(works.with_labels(), request.GET, order=wanted.order, size=PAGE_SIZE),
        "count": wanted.count(works),
        "artist": Artist.objects.filter(slug=wanted.wanted.get("artist", "")).first(),
    }
    return render(request, "gallery/artwork_list.html", context)


@require_safe
def artwork_detail(request, pk: int):
    work = Artwork.objects.visible_to(request.user).with_labels().filter(pk=pk).first()
    if work is None:
        return _redirect_to_kept(pk)
    embedding = work.embedding
    context = {
        "work": work,
        "similar_works": similar_to(embedding, exclude=work) if embedding is not None else [],
        "more_works": _more_by_the_artist(work),
    }
    return render(request, "gallery/artwork_detail.html", context)


def _redirect_to_kept(pk: int) -> HttpResponse:
    """Lead from a hidden duplicate to the work that shows the same; not for good, it may be taken back."""
    kept = kept_instead_of(pk)
    if kept is None:
        raise Http404("There is no such work on display.")
    return redirect(kept)


def _more_by_the_artist(work: Artwork) -> QuerySet:
    if work.artist is None:
        return Artwork.objects.none()
    others = work.artist.artworks.published().with_picture().exclude(pk=work.pk)
    return others.with_labels().mixed()[:MORE_WORKS]


@require_safe
def artwork_picture(request, pk: int, size: str):
    """The picture of a work as a JPEG, re-encoded by us, in one of three sizes; the address stays for ever."""
    work = _shown(request, pk)
    size_px = {"large": LARGE_PX, "preview": PREVIEW_PX, "thumbnail": THUMBNAIL_PX}[size]
    return _copy(request, work, size_px, "jpg", kept=A_DAY)


@require_safe
def artwork_copy(request, pk: int, size_px: int, version: str, kind: str):
    """One copy of the picture of a work: the address of another picture, so browsers never ask twice."""
    work = _shown(request, pk)
    if version != work.picture_version:
        response = redirect(work.copies.at(size_px, kind))
        response.headers["Cache-Control"] = "no-cache"
        return response
    return _copy(request, work, size_px, kind, kept=FOR_EVER)


def _shown(request: HttpRequest, pk: int) -> Artwork:
    """A work whose picture this reader may see. Who asks matters for hidden works only: caches like that."""
    work = get_object_or_404(Artwork, pk=pk)
    if not work.is_published and not request.user.has_perm("gallery.view_artwork"):
        raise Http404("There is no such work on display.")
    if not work.shows_picture:
        raise Http404("This picture is not shown here.")
    return work


def _copy(request: HttpRequest, work: Artwork, size_px: int, kind: str, *, kept: str) -> HttpResponse:
    etag = f'"{work.picture_version}-{size_px}-{kind}"'
    response = get_conditional_response(request, etag=etag)  # 304, without a look at the file
    if response is None:
        media_type = pictures.ENCODINGS[kind].media_type
        response = _picture(lambda: work.copy(size_px, kind), media_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = kept if work.is_published and work.is_free else FOR_ONE_READER
    return response


def _picture(make: Callable[[], Path], media_type: str) -> HttpResponse:
    """A file that is made when it is first asked for; 404 where there is nothing to make it of."""
    try:
        response = send_file(make(), media_type)
    except (inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no picture to show.") from error
    response.headers["Cache-Control"] = A_DAY
    return response


@require_safe
def colour_detail(request, rgb: str):
    """Works with a main colour, the nearest and largest first."""
    context = {
        "rgb": rgb,
        "name": palette.name_of(palette.lab_of(rgb)),
        "page": Paginator(colour_search.works_with(rgb), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "gallery/colour_detail.html", context)


@require_safe
def search_page(request):
    """Works, artists and styles for some words. Only the first page of works has artists and styles, too."""
    text = _asked(request)
    if not search.words(text):
        return render(request, "gallery/search.html", {"text": text})
    works = search.ranked(Artwork.objects.published(), text).with_labels()
    page = page_of(works, request.GET, order=["-score", "-pk"], size=PAGE_SIZE)
    context = {"text": text, "page": page}
    if not page.before:
        found = search.holding(Artwork.objects.published(), text)
        context |= {
            "styles": search.styles_for(text),
            "artists": search.artists_for(text, count=SEARCHED_ARTISTS),
            "count": count_up_to(found, search.MAX_RANKED),
        }
    return render(request, "gallery/search.html", context)


@require_safe
def search_suggestions(request):
    """What the words so far may become, as a fragment for htmx."""
    text = _asked(request)
    context = {"text": text}
    if search.words(text):
        works = search.ranked(Artwork.objects.published(), text).with_labels()
        context |= {
            "styles": search.styles_for(text)[:SUGGESTIONS],
            "artists": search.artists_for(text, count=SUGGESTIONS),
            "works": works.order_by("-score", "-pk")[:SUGGESTIONS],
        }
    return render(request, "gallery/_suggestions.html", context)


def _asked(request: HttpRequest) -> str:
    """The words that are looked for, as one line of at most 100 letters."""
    return " ".join(request.GET.get("q", "").replace("\0", " ").split())[:100]


@require_safe
def robots(request):
    """What search engines may read: the catalogue, not people's pictures."""
    context = {"sitemap": request.build_absolute_uri(reverse("gallery:sitemap-index"))}
    return render(request, "gallery/robots.txt", context, content_type="text/plain")


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
