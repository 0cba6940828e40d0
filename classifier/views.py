from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gallery import pictures, wall
from gallery.models import FamousArtist, Style
from gallery.similar import nearest
from ml import inference

from . import plot
from .forms import HistoryFilter, PredictionForm
from .models import Prediction, Sender
from .tasks import send
from .visitors import new_sender, pictures_left, sender_of

PAGE_SIZE = 24


def _mine(request: HttpRequest, pk: UUID) -> Prediction:
    """The caller's own prediction, in the trash or not; anybody else's is a 404."""
    return get_object_or_404(Prediction.objects.of(sender_of(request)).select_related("style"), pk=pk)


def _alive(request: HttpRequest, pk: UUID) -> Prediction:
    prediction = _mine(request, pk)
    if prediction.trashed_at is not None:
        raise Http404("This picture is in the trash.")
    return prediction


@require_safe
def home(request):
    sender = sender_of(request)
    return render(request, "classifier/home.html", _room(PredictionForm(sender=sender), sender))


def _room(form: PredictionForm, sender: Sender) -> dict:
    """All that the home page shows: the form, what is left of the day's pictures, and what hangs around."""
    return {
        "form": form,
        "pictures_left": pictures_left(sender),
        "works": wall.of_the_day(),
        "studies": wall.studies_of_the_day(),
    }


@never_cache
def prediction_create(request):
    if request.method != "POST":
        return redirect("home")
    sender = new_sender(request)
    form = PredictionForm(request.POST, request.FILES, sender=sender)
    if form.is_valid():
        prediction, is_waiting = form.save()
        if is_waiting:
            send(prediction.pk)
        return redirect(prediction)
    return render(request, "classifier/home.html", _room(form, sender), status=422)


def _answer(prediction: Prediction) -> dict:
    """All that the result fragment shows."""
    context = {"prediction": prediction}
    if prediction.is_unfinished:
        context["count_before"] = prediction.count_before()
    if prediction.is_done:
        prediction.embed_again()
        context |= {
            "bars": prediction.bars(),
            "similar_works": nearest(prediction.embedding, prediction.embedding_model),
            "unlearned_styles": Style.objects.of_the_house().exclude(
                name__in=[name for name, _ in prediction.probabilities]
            ),
        }
    if prediction.is_done and prediction.style:
        famous = FamousArtist.objects.filter(style=prediction.style).select_related("artist")
        context["famous_artists"] = famous.prefetch_related("artist__known_works").order_by("rank")
        context["timeline"] = Style.objects.of_the_house()
    return context


@never_cache
@require_safe
def prediction_detail(request, pk: UUID):
    return render(request, "classifier/prediction_detail.html", _answer(_alive(request, pk)))


@never_cache
@require_safe
def prediction_result(request, pk: UUID):
    """The result as a fragment for htmx; the page includes the same file."""
    prediction = _alive(request, pk)
    if not request.htmx:
        return redirect(prediction)
    return render(request, "classifier/_result.html", _answer(prediction))


@require_safe
def prediction_picture(request, pk: UUID, size: str):
    """A picture for its owner's eyes: re-encoded by us, never the original."""
    prediction = _mine(request, pk)
    try:
        path = prediction.preview() if size == "preview" else prediction.thumbnail()
    except (inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no picture to show.") from error
    return _private_file(path, "image/jpeg")


@require_safe
def prediction_plot(request, pk: UUID, kind: str):
    """The style plot as a file, drawn when it is asked for and kept."""
    prediction = _alive(request, pk)
    if not prediction.is_done:
        raise Http404("There is no answer to draw yet.")
    name = f"plot-{prediction.model_version}.{kind}"
    path = pictures.keep(prediction.derived_folder / name, plot.draw, prediction.bars(), kind)
    response = _private_file(path, {"svg": "image/svg+xml", "png": "image/png"}[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="styleart-plot.{kind}"'
    return response


def _private_file(path: Path, content_type: str) -> HttpResponse:
    response = FileResponse(path.open("rb"), content_type=content_type)
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@never_cache
@require_safe
def prediction_list(request):
    sender = sender_of(request)
    wanted = HistoryFilter(request.GET)
    mine = Prediction.objects.visible_to(sender).select_related("style")
    page = Paginator(wanted.narrow(mine), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"filter": wanted, "page": page, "has_any": page.paginator.count > 0 or mine.exists()}
    return render(request, "classifier/prediction_list.html", context)


@require_POST
def prediction_retry(request, pk: UUID):
    prediction = _alive(request, pk)
    if prediction.queue_again():
        send(prediction.pk)
    return redirect(prediction)


@require_POST
def prediction_delete(request, pk: UUID):
    prediction = _alive(request, pk)
    prediction.trash()
    messages.info(
        request, f"“{prediction}” is in the trash for {settings.TRASH_DAYS} days.", extra_tags=f"undo {pk}"
    )
    return redirect("classifier:prediction-list")


@require_POST
def prediction_restore(request, pk: UUID):
    prediction = _mine(request, pk)
    prediction.restore()
    messages.success(request, f"“{prediction}” is back.")
    return redirect("classifier:prediction-list")
