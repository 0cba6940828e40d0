from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import slugify
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import pictures, wall
from gallery.models import FamousArtist, Style
from gallery.palette import Colour
from gallery.words import picture_problem
from ml import inference

from . import exporting, heatmap, plot, sharing
from .alike import Alike
from .comparison import Comparison
from .files import KEEP_S, private_file
from .forms import (
    AboutForm,
    CompareForm,
    CropForm,
    FeedbackForm,
    HistoryFilter,
    PredictionForm,
    SelectionForm,
    ShareForm,
)
from .history import BY_TRASHING, page_of
from .models import PREVIEW_PX, THUMBNAIL_PX, Prediction, Sender, ShareLink
from .quota import pictures_left
from .statistics import Statistics
from .tasks import erase_soon, send
from .visitors import new_sender, sender_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERASED_AT_ONCE = 100
MOST_CUTS = 6  # so many other cuts of the same picture a page names
EXPORTS = {
    "csv": (exporting.to_csv, "text/csv; charset=utf-8"),
    "json": (exporting.to_json, "application/json"),
}


def _mine(request: HttpRequest, pk: UUID) -> Prediction:
    """The caller's own prediction, in the trash or not; anybody else's is a 404."""
    mine = Prediction.objects.of(sender_of(request)).select_related("style", "feedback_style", "share")
    return get_object_or_404(mine, pk=pk)


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
        "example": wall.example_of_the_day(),
    }


@never_cache
def prediction_create(request):
    """Take one picture. A script that sends several gets a line about each; everybody else the next page."""
    if request.method != "POST":
        return redirect("home")
    sender = new_sender(request)
    form = PredictionForm(request.POST, request.FILES, sender=sender)
    if form.is_valid():
        prediction, is_waiting = form.save()
        if is_waiting:
            send(prediction.pk)
        if request.htmx:
            return render(request, "classifier/_sent.html", {"prediction": prediction}, status=201)
        return redirect(prediction)
    if request.htmx:
        return render(request, "classifier/_upload_errors.html", {"form": form}, status=422)
    return render(request, "classifier/home.html", _room(form, sender), status=422)


@never_cache
@require_safe
def prediction_sent(request, pk: UUID):
    """One of several that were sent: where it stands, as a fragment for htmx."""
    prediction = _alive(request, pk)
    if not request.htmx:
        return redirect(prediction)
    prediction.note_watching()
    return render(request, "classifier/_sent.html", {"prediction": prediction})


def _answer(prediction: Prediction, wanted: Mapping[str, str] | None = None) -> dict:
    """All that the result fragment shows; `wanted` narrows the paintings that look alike."""
    context = _parts(prediction)
    if not prediction.is_unfinished:
        context["other_cuts"] = prediction.other_cuts()[:MOST_CUTS]
    if prediction.is_unfinished:
        context["count_before"] = prediction.count_before()
    if prediction.is_done:
        bars = prediction.bars()
        context |= {
            "bars": bars,
            "explained": heatmap.explained(prediction, bars),
            "colours": _colours(prediction),
            "other_answers": prediction.other_answers(),
            "alike": Alike(prediction, wanted or {}),
            "unlearned_styles": Style.objects.of_the_house().exclude(
                name__in=[name for name, _ in prediction.probabilities]
            ),
        }
    if prediction.is_done and prediction.style:
        context["famous_artists"] = FamousArtist.objects.to_know(prediction.style)
        context["timeline"] = Style.objects.of_the_house()
    return context


def _colours(prediction: Prediction) -> list[Colour]:
    try:
        return prediction.palette()
    except (inference.UnreadableImage, OSError, MemoryError):
        return []  # the answer stands without them


@never_cache
@require_safe
def prediction_detail(request, pk: UUID):
    prediction = _alive(request, pk)
    prediction.note_watching()
    return render(request, "classifier/prediction_detail.html", _answer(prediction, request.GET))


@never_cache
@require_safe
def prediction_similar(request, pk: UUID):
    """The paintings that look alike as a fragment for htmx; everybody else gets the page."""
    prediction = _alive(request, pk)
    if not request.htmx or not prediction.is_done:
        return redirect(f"{prediction.get_absolute_url()}?{request.GET.urlencode()}#similar")
    context = {"prediction": prediction, "alike": Alike(prediction, request.GET)}
    return render(request, "classifier/_similar_works.html", context)


@never_cache
@require_safe
def prediction_result(request, pk: UUID):
    """The result as a fragment for htmx; the page includes the same file."""
    prediction = _alive(request, pk)
    if not request.htmx:
        return redirect(prediction)
    prediction.note_watching()
    return render(request, "classifier/_result.html", _answer(prediction))


@require_safe
def prediction_picture(request, pk: UUID, size: str):
    """A picture for its owner's eyes, from the trash too: re-encoded by us, never the original."""
    return _copy(request, _mine(request, pk), PREVIEW_PX if size == "preview" else THUMBNAIL_PX, "jpg")


@require_safe
def prediction_copy(request, pk: UUID, size_px: int, kind: str):
    """The same in the size and kind that suits the screen and the browser."""
    return _copy(request, _mine(request, pk), size_px, kind)


def _copy(
    request: HttpRequest,
    prediction: Prediction,
    size_px: int,
    kind: str,
    *,
    name: str = "",
    keep_s: int = KEEP_S,
) -> HttpResponse:
    # A picture that was sent never changes. Not by its id: shared pages tell nobody's.
    part = prediction.edit.replace(",", ".")
    etag = f'"{prediction.sha256[:16]}-{part}-{size_px}-{kind}"'
    response = get_conditional_response(request, etag=etag)
    if response is not None:
        response.headers["Cache-Control"] = f"private, max-age={keep_s}"
        return response
    try:
        response = private_file(
            prediction.copy(size_px, kind),
            pictures.ENCODINGS[kind].media_type,
            name=f"{name or f'styleart-{prediction.pk}-{size_px}'}.{kind}",
            keep_s=keep_s,
        )
    except (inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no picture to show.") from error
    response.headers["ETag"] = etag
    return response


@require_safe
def prediction_plot(request, pk: UUID, kind: str):
    """The style plot as a file, drawn when it is first asked for in a language, and kept."""
    prediction = _alive(request, pk)
    if not prediction.is_done:
        raise Http404("There is no answer to draw yet.")
    content_type = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    return private_file(
        plot.keep(prediction, kind), content_type, name=f"styleart-plot.{kind}", is_download=True
    )


@require_safe
def prediction_heatmap(request, pk: UUID, kind: str, style: str):
    """Which parts speak for a style: a map over the grey picture, or alone as a layer; drawn once and kept."""
    prediction = _alive(request, pk)
    name = next((name for name, _ in prediction.probabilities if slugify(name) == style), None)
    if name is None:
        raise Http404("The answer knows no such style.")
    make = heatmap.drawing if kind == "heatmap" else heatmap.layer
    try:
        path = make(prediction, name)
        return private_file(path, "image/png", name=f"styleart-{kind}-{style}.png")
    except (heatmap.NoHeatmap, inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no map to show.") from error


@never_cache
@require_safe
def prediction_list(request):
    wanted = HistoryFilter(request.GET)
    mine = Prediction.objects.visible_to(sender_of(request))
    narrowed = wanted.narrow(mine)
    rows = narrowed.light().select_related("style")
    count = narrowed.count()
    context = {
        "filter": wanted,
        "page": page_of(rows, wanted.order, cursor=request.GET.get("cursor", "")),
        "count": count,
        "has_any": count > 0 or mine.exists(),
        "has_trash": Prediction.objects.in_trash_of(sender_of(request)).exists(),
        "actions": SelectionForm.ACTIONS,
    }
    return render(request, "classifier/prediction_list.html", context)


@require_POST
def prediction_selection(request):
    """Do one thing with several predictions."""
    form = SelectionForm(request.POST, viewer=sender_of(request))
    if not form.is_valid():
        messages.error(request, form.error)
        return _back(request)
    selected, action = form.cleaned_data["selected"], form.cleaned_data["action"]
    if action in EXPORTS:
        return _export(selected, action)
    if action == "compare":
        first, second = selected
        pair = urlencode({"first": first.pk, "second": second.pk})
        return redirect(f"{reverse('classifier:prediction-compare')}?{pair}")
    if action == "delete":
        count, moment = len(selected), Prediction.objects.filter(pk__in=[p.pk for p in selected]).trash()
        _say_trashed(request, count, moment)
    else:
        selected.update(is_favourite=action == "favourite")
    return _back(request)


def _export(predictions, kind: str) -> HttpResponse:
    write, content_type = EXPORTS[kind]
    response = HttpResponse(write(predictions), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="styleart-pictures.{kind}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _say_trashed(request: HttpRequest, count: int, moment: datetime) -> None:
    said = ngettext(
        "One picture is in the trash for %(days)s days.",
        "%(count)s pictures are in the trash for %(days)s days.",
        count,
    )
    messages.info(
        request,
        said % {"count": count, "days": settings.TRASH_DAYS},
        extra_tags=f"undo-all {(moment - EPOCH) // timedelta(microseconds=1)}",
    )


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of this site that the form names, else to the history."""
    where = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(where, allowed_hosts=None) and where.startswith("/")
    return redirect(where if is_ours else "classifier:prediction-list")


@require_POST
def prediction_undo(request, microseconds: int):
    """Bring back all that went into the trash at one moment."""
    moment = EPOCH + timedelta(microseconds=microseconds)
    restored = Prediction.objects.in_trash_of(sender_of(request)).filter(trashed_at=moment).restore()
    if restored:
        said = ngettext("One picture is back.", "%(count)s pictures are back.", restored)
        messages.success(request, said % {"count": intcomma(restored)})
    return redirect("classifier:prediction-list")


@require_POST
def prediction_retry(request, pk: UUID):
    prediction = _alive(request, pk)
    if prediction.queue_again():
        send(prediction.pk)
    return redirect(prediction)


@require_POST
def prediction_ask_again(request, pk: UUID):
    """Ask the model in use about a picture that an older one answered."""
    prediction = _alive(request, pk)
    if not prediction.can_ask_again:
        return redirect(prediction)
    try:
        newer, is_waiting = prediction.ask_again()
    except FileNotFoundError:
        messages.error(
            request, gettext("The file of this picture is gone from our store. Please send it once more.")
        )
        return redirect(prediction)
    if is_waiting:
        send(newer.pk)
    return redirect(newer)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prediction_crop(request, pk: UUID):
    """Cut the kept original anew: what comes of it is a prediction of its own, and needs no new upload."""
    prediction = _alive(request, pk)
    try:
        form = CropForm(request.POST or None, prediction=prediction, sender=sender_of(request))
    except FileNotFoundError:
        messages.error(
            request, gettext("The file of this picture is gone from our store. Please send it once more.")
        )
        return redirect(prediction)
    except inference.UnreadableImage as error:
        messages.error(request, picture_problem(error))
        return redirect(prediction)
    if request.method == "POST" and form.is_valid():
        cut, is_waiting = form.save()
        if is_waiting:
            send(cut.pk)
        return redirect(cut)
    context = {"form": form, "prediction": prediction, "whole": form.whole.facts}
    return render(request, "classifier/prediction_crop.html", context, status=422 if form.errors else 200)


@require_safe
def prediction_whole(request, pk: UUID):
    """All of the original, for cutting it anew: for its owner's eyes, re-encoded by us."""
    prediction = _alive(request, pk)
    try:
        return private_file(prediction.whole(), "image/jpeg", name=f"styleart-{pk}-whole.jpg")
    except (inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no picture to show.") from error


# Two answers beside each other


@never_cache
@require_safe
def prediction_compare(request):
    """Two of one's own answers beside each other; where one is missing it is asked for."""
    form = CompareForm(request.GET, viewer=sender_of(request))
    chosen = form.chosen
    context = {"form": form, "comparison": Comparison(*chosen) if len(chosen) == 2 else None}
    return render(request, "classifier/prediction_compare.html", context)


# What its sender says of it: fragments for htmx, and the page for everybody else


@require_POST
def prediction_edit(request, pk: UUID):
    prediction = _alive(request, pk)
    form = AboutForm(request.POST, instance=prediction)
    if form.is_valid():
        form.save()
    return _part(request, prediction, "classifier/_about.html", about_form=form)


@require_POST
def prediction_favourite(request, pk: UUID):
    """Make it a favourite, or no favourite any more."""
    prediction = _alive(request, pk)
    prediction.is_favourite = request.POST.get("is_favourite") == "yes"
    prediction.save(update_fields=["is_favourite"])
    return _part(request, prediction, "classifier/_favourite.html")


@require_POST
def prediction_feedback(request, pk: UUID):
    prediction = _alive(request, pk)
    form = FeedbackForm(request.POST)
    if not prediction.is_done:
        return redirect(prediction)
    if form.is_valid():
        form.save(prediction)
    return _part(request, prediction, "classifier/_feedback.html", feedback_form=form)


@require_POST
def prediction_withdraw_feedback(request, pk: UUID):
    prediction = _alive(request, pk)
    prediction.withdraw_feedback()
    return _part(request, prediction, "classifier/_feedback.html")


@require_POST
def prediction_share(request, pk: UUID):
    prediction = _alive(request, pk)
    form = ShareForm(request.POST)
    if form.is_valid() and prediction.can_be_shared:
        form.save(prediction)
    return _part(request, prediction, "classifier/_share.html")


@require_POST
def prediction_unshare(request, pk: UUID):
    prediction = _alive(request, pk)
    prediction.unshare()
    return _part(request, prediction, "classifier/_share.html")


def _part(request: HttpRequest, prediction: Prediction, template: str, **forms: Form) -> HttpResponse:
    """The part of the page that changed, for htmx; without scripts the page, with what was wrong if anything."""
    wrong = {name: form for name, form in forms.items() if form.errors}
    if request.htmx:
        return render(request, template, _parts(prediction) | wrong)
    if wrong:
        context = _answer(prediction) | wrong
        return render(request, "classifier/prediction_detail.html", context, status=422)
    return _back(request) if request.POST.get("next") else redirect(prediction)


def _parts(prediction: Prediction) -> dict:
    """What the parts of the page need that can be changed there."""
    return {
        "prediction": prediction,
        "about_form": AboutForm(instance=prediction),
        "feedback_form": FeedbackForm(),
        "share_form": ShareForm(),
    }


# The trash


@never_cache
@require_safe
def trash(request):
    trashed = Prediction.objects.in_trash_of(sender_of(request))
    rows = trashed.light().select_related("style")
    page = page_of(rows, BY_TRASHING, cursor=request.GET.get("cursor", ""))
    context = {"page": page, "count": trashed.count(), "trash_days": settings.TRASH_DAYS}
    return render(request, "classifier/trash.html", context)


@require_POST
def trash_empty(request):
    """Erase all of one's trash for good: the first ones now, what is more than that by the worker."""
    count = Prediction.objects.in_trash_of(sender_of(request)).expire()
    if Prediction.objects.of(sender_of(request)).expired().erase(limit=ERASED_AT_ONCE) < count:
        erase_soon()
    if count:
        said = ngettext("One picture is gone for good.", "%(count)s pictures are gone for good.", count)
        messages.success(request, said % {"count": intcomma(count)})
    return redirect("classifier:trash")


@require_POST
def prediction_delete(request, pk: UUID):
    prediction = _alive(request, pk)
    prediction.trash()
    said = gettext("“%(picture)s” is in the trash for %(days)s days.")
    messages.info(
        request, said % {"picture": prediction, "days": settings.TRASH_DAYS}, extra_tags=f"undo {pk}"
    )
    return _back(request)


@require_POST
def prediction_restore(request, pk: UUID):
    prediction = get_object_or_404(Prediction.objects.in_trash_of(sender_of(request)), pk=pk)
    prediction.restore()
    messages.success(request, gettext("“%(picture)s” is back.") % {"picture": prediction})
    return redirect("classifier:prediction-list")


@require_POST
def prediction_erase(request, pk: UUID):
    """Erase one picture of the trash for good."""
    prediction = get_object_or_404(Prediction.objects.in_trash_of(sender_of(request)), pk=pk)
    name = str(prediction)
    prediction.erase()
    messages.success(request, gettext("“%(picture)s” is gone for good.") % {"picture": name})
    return redirect("classifier:trash")


@never_cache
@require_safe
def my_styles(request):
    return render(request, "classifier/my_styles.html", {"statistics": Statistics(sender_of(request))})


# Shared pages: whoever has the address may look


def _shared(token: str) -> Prediction:
    """The prediction behind an address; a 404 when it was revoked, has ended or never was."""
    links = ShareLink.objects.open().select_related("prediction__style")
    return get_object_or_404(links, token=token).prediction


def _unlisted(response: HttpResponse) -> HttpResponse:
    # The site's own Referrer-Policy keeps the address, which is the key, from other sites. A stricter one would
    # make browsers send "Origin: null" with the page's forms, which Django refuses.
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@never_cache
@require_safe
def share_detail(request, token: str):
    prediction = _shared(token)
    card_url = f"{reverse('classifier:share-card', args=[token])}?lang={get_language()}"
    context = {
        "prediction": prediction,
        "copies": prediction.copies_below(request.path),
        "bars": prediction.bars(),
        "url": request.build_absolute_uri(request.path),
        "card_url": request.build_absolute_uri(card_url),
        "card_size": sharing.SIZE_PX,
    }
    return _unlisted(render(request, "classifier/share_detail.html", context))


@require_safe
def share_picture(request, token: str):
    return share_copy(request, token, PREVIEW_PX, "jpg")


@require_safe
def share_copy(request, token: str, size_px: int, kind: str):
    """The picture for whoever has the address; asked for each time, since it may be revoked."""
    return _unlisted(_copy(request, _shared(token), size_px, kind, name="styleart", keep_s=0))


@require_safe
def share_card(request, token: str):
    """The picture that chats and networks show for a shared page, in the language that its address names.

    Not in that of whoever asks: a network keeps one for all.
    """
    language = request.GET.get("lang", "")
    try:
        with translation.override(
            language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        ):
            path = sharing.card(_shared(token))
        return _unlisted(private_file(path, "image/jpeg", name="styleart-card.jpg", keep_s=0))
    except (inference.UnreadableImage, FileNotFoundError) as error:
        raise Http404("There is no picture to show.") from error
