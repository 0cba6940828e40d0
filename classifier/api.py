"""Predictions for programs: the same rows, rules and words as on the pages."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.api import SimilarArtworks, SimilarQuery, StyleName, absolute, similar_answer
from gallery.models import Style
from gallery.problems import Problem
from gallery.rest import Choice, Flag, Moment, Query, Resource, StyleSlug, Text, Whole, Words
from gallery.said import style_name
from ml import inference

from . import heatmap, plot, urls  # noqa: F401 - the urls of the pages register "plot_kind" and "picture_size"
from .files import private_file
from .forms import PredictionForm
from .models import NOTE_LENGTH, NoAnswerYet, NotShareable, Prediction, Sender
from .tasks import send
from .waiting import waiting_for

MOST_WAIT_S = 10
MOST_SHARE_DAYS = 365
OWN_PROBLEMS = {"image_too_large", "too_many_pixels"}  # all else is wrong with the picture
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})\"?", re.IGNORECASE)


# What is told


class ImageSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="A JPEG of at most 1280 px; ask with the same credentials.")
    thumbnail_url = serializers.URLField(help_text="A JPEG of at most 480 px.")
    width = serializers.IntegerField(help_text="Pixels, upright, of what the answer is about.")
    height = serializers.IntegerField(help_text="Pixels, upright, of what the answer is about.")
    crop = serializers.CharField(
        allow_null=True,
        help_text="left,top,width,height in pixels of what was sent, upright; null for all of it.",
    )
    turns = serializers.IntegerField(
        min_value=0, max_value=3, help_text="Quarter turns to the right, after that."
    )


class ProbabilitySerializer(serializers.Serializer):
    style = serializers.SlugField()
    name = serializers.CharField()
    probability = serializers.FloatField(min_value=0, max_value=1)


class VersionSerializer(serializers.Serializer):
    version = serializers.CharField()


class FailureSerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class PredictionSerializer(serializers.Serializer):
    """One picture somebody sent, and what the model says of it."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Prediction.Status.values)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    title = serializers.CharField()
    note = serializers.CharField()
    is_favourite = serializers.BooleanField()
    image = serializers.SerializerMethodField()
    style = serializers.SerializerMethodField()
    confidence = serializers.SerializerMethodField()
    certainty = serializers.SerializerMethodField()
    probabilities = serializers.SerializerMethodField()
    model = serializers.SerializerMethodField()
    plot_url = serializers.SerializerMethodField()
    heatmap_url = serializers.SerializerMethodField()
    feedback_style = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    @extend_schema_field(ImageSerializer)
    def get_image(self, prediction: Prediction) -> dict:
        cut = prediction.cut
        return {
            "url": absolute(self, "api:prediction-picture", prediction.pk, "preview"),
            "thumbnail_url": absolute(self, "api:prediction-picture", prediction.pk, "thumbnail"),
            "width": prediction.width,
            "height": prediction.height,
            "crop": f"{cut.left},{cut.top},{cut.width},{cut.height}" if cut else None,
            "turns": cut.turns if cut else 0,
        }

    @extend_schema_field(StyleName(allow_null=True))
    def get_style(self, prediction: Prediction) -> dict | None:
        if not prediction.is_done:
            return None
        name, _ = prediction.probabilities[0]
        return {"slug": self._slug(name), "name": name}

    def get_confidence(self, prediction: Prediction) -> float | None:
        return prediction.confidence if prediction.is_done else None

    @extend_schema_field({"type": ["string", "null"], "enum": [*Prediction.Certainty.values, None]})
    def get_certainty(self, prediction: Prediction) -> str | None:
        return prediction.certainty if prediction.is_done else None

    @extend_schema_field(ProbabilitySerializer(many=True, allow_null=True))
    def get_probabilities(self, prediction: Prediction) -> list[dict] | None:
        """Every style the model knows, highest first."""
        if not prediction.is_done:
            return None
        return [
            {"style": self._slug(name), "name": name, "probability": probability}
            for name, probability in prediction.probabilities
        ]

    @extend_schema_field(VersionSerializer(allow_null=True))
    def get_model(self, prediction: Prediction) -> dict | None:
        return {"version": prediction.model_version} if prediction.is_done else None

    def get_plot_url(self, prediction: Prediction) -> str | None:
        return absolute(self, "api:prediction-plot", prediction.pk, "svg") if prediction.is_done else None

    def get_heatmap_url(self, prediction: Prediction) -> str | None:
        """Null, too, where neither the model that answered nor the one in use draws maps."""
        return absolute(self, "api:prediction-heatmap", prediction.pk) if prediction.has_maps else None

    def get_feedback_style(self, prediction: Prediction) -> str | None:
        """What the owner says it is."""
        return prediction.feedback_style.slug if prediction.feedback_style else None

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, prediction: Prediction) -> dict | None:
        if not prediction.is_failed:
            return None
        return {"code": prediction.error_code, "detail": prediction.failure}

    def _slug(self, name: str) -> str:
        return self.context["resource"].style_slugs.get(name) or slugify(name)


class ShareSerializer(serializers.Serializer):
    url = serializers.URLField()
    expires_at = serializers.DateTimeField(allow_null=True)


# What may be asked and sent


class HistoryQuery(Query):
    status = Choice(choices=Prediction.Status.values, required=False)
    style = StyleSlug(queryset=Style.objects.of_the_house(), required=False)
    q = Words(max_length=100, required=False, allow_blank=True, help_text="Words of title and note.")
    created_after = Moment(required=False, help_text="At this moment or later.")
    created_before = Moment(required=False, help_text="Before this moment.")
    is_favourite = Flag(required=False)


class HeatmapQuery(Query):
    style = StyleSlug(
        queryset=Style.objects.of_the_house(), required=False, help_text="The top one where none is named."
    )


class UploadSerializer(serializers.Serializer):
    """Sent as multipart/form-data."""

    image = serializers.FileField(help_text="JPEG, PNG, WebP, AVIF, GIF or TIFF.")
    title = Text(max_length=200, required=False, allow_blank=True)
    crop = serializers.RegexField(
        r"^[0-9]{1,6},[0-9]{1,6},[0-9]{1,6},[0-9]{1,6}$",
        required=False,
        allow_blank=True,
        help_text="What the answer shall be about: left,top,width,height in pixels of the upright picture. The"
        " picture is kept whole.",
    )
    turns = serializers.IntegerField(
        min_value=0, max_value=3, required=False, help_text="Quarter turns to the right, after cutting."
    )


class ChangeSerializer(serializers.Serializer):
    """What its owner may say of a prediction. What is not named stays as it is."""

    title = Text(max_length=200, required=False, allow_blank=True)
    note = Text(max_length=NOTE_LENGTH, required=False, allow_blank=True)
    is_favourite = Flag(required=False)
    feedback_style = StyleSlug(
        queryset=Style.objects.of_the_house(),
        required=False,
        allow_null=True,
        help_text="The style it is; the answer's own one means “right”, null takes it back.",
    )


class ShareRequestSerializer(serializers.Serializer):
    expires_in_days = Whole(
        min_value=1, max_value=MOST_SHARE_DAYS, required=False, allow_null=True,
        help_text="Open until revoked where it is not given.",
    )  # fmt: skip


# The resources


class Predictions(Resource):
    """The caller's own predictions; anybody else's are not found."""

    queryset = Prediction.objects.all()
    serializer_class = PredictionSerializer

    def get_queryset(self):
        mine = Prediction.objects.visible_to(self.request.user)
        return mine.select_related("feedback_style", "share")

    def locked(self, pk: UUID) -> Prediction:
        """The prediction, held until the transaction ends; refused where `If-Match` names another state."""
        mine = Prediction.objects.visible_to(self.request.user).select_for_update(of=("self",))
        prediction = get_object_or_404(mine.select_related("feedback_style"), pk=pk)
        context = self.get_serializer_context()
        self.check_if_match(lambda: PredictionSerializer(prediction, context=context).data)
        return prediction

    def done(self) -> Prediction:
        """The prediction, which has to have an answer."""
        prediction = self.get_object()
        if not prediction.is_done:
            raise _no_answer_yet()
        return prediction


def _no_answer_yet() -> Problem:
    return Problem("no_answer_yet", gettext("There is no answer yet. Ask again when the status is done."))


@extend_schema(tags=["Predictions"])
class PredictionList(mixins.ListModelMixin, Predictions):
    parser_classes = [MultiPartParser]
    query_class = HistoryQuery
    ordering = ["-created_at", "-pk"]

    def get_queryset(self):
        rows, asked = super().get_queryset().light(), self.asked
        same = {name: asked[name] for name in ("status", "style", "is_favourite") if name in asked}
        rows = rows.filter(**same).search(asked.get("q", ""))
        if "created_after" in asked:
            rows = rows.filter(created_at__gte=asked["created_after"])
        if "created_before" in asked:
            rows = rows.filter(created_at__lt=asked["created_before"])
        return rows

    @extend_schema(operation_id="listPredictions", summary="Your history")
    def get(self, request):
        """The newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="createPrediction",
        summary="Send a picture",
        request={"multipart/form-data": UploadSerializer},
        responses={200: PredictionSerializer, 201: PredictionSerializer, 202: PredictionSerializer},
    )
    def post(self, request):
        """Answers 202 until the worker has looked at it: ask at `Location` again.

        With `Prefer: wait=5` the answer comes when it is finished, if that is sooner: 201.
        The same picture sent again, cut the same way, under the same model, is the prediction that is there: 200,
        with `Retry-After` while it is not finished.
        """
        return self.receive(request)

    def receive(self, request: Request) -> HttpResponse:
        """Check, keep and queue what was sent. The site counts these and repeats answers."""
        form = PredictionForm(request.data, request.FILES, sender=Sender(user=request.user))
        if not form.is_valid():
            raise _refusal(form)
        prediction, is_to_send = form.save()
        seconds = _wait_s(request)
        with waiting_for(prediction, seconds) as waiter:
            if is_to_send:
                send(prediction.pk)
            is_finished = waiter.is_finished()
        status = 200 if not is_to_send else 201 if is_finished else 202
        response = Response(self.get_serializer(prediction).data, status=status)
        response.headers["Location"] = absolute(self.get_serializer(), "api:prediction-detail", prediction.pk)
        if not is_finished:
            response.headers["Retry-After"] = "1"
        if seconds:
            response.headers["Preference-Applied"] = f"wait={seconds}"
        return response


def _refusal(form: PredictionForm) -> Exception:
    """What is wrong with an upload, with the codes that the API promises."""
    errors = {
        "non_field_errors" if field == "__all__" else field: [
            ErrorDetail(str(error.messages[0]), error.code) for error in found
        ]
        for field, found in form.errors.as_data().items()
    }
    used_up = form.errors.as_data().get("__all__", [])
    if used_up and used_up[0].code == "quota_exceeded":
        wait_s = used_up[0].params["retry_after"]
        return Problem("quota_exceeded", str(used_up[0].messages[0]), **{"Retry-After": str(wait_s)})
    first = next(iter(errors.get("image", [])), None)
    if first is None or first.code in {"required", "missing", "invalid"}:
        return ValidationError(errors)
    code = first.code if first.code in OWN_PROBLEMS else "invalid_image"
    return Problem(code, str(first), errors=[{"field": "image", "code": first.code, "detail": str(first)}])


def _wait_s(request: Request) -> int:
    """For how many seconds the caller likes to wait, at most 10; 0 without such a wish."""
    wish = WAIT.search(request.headers.get("Prefer", ""))
    return min(int(wish[1]), MOST_WAIT_S) if wish else 0


@extend_schema(tags=["Predictions"])
class PredictionDetail(Predictions):
    @extend_schema(operation_id="getPrediction", summary="One prediction")
    def get(self, request, pk: UUID):
        """Ask again, with the `ETag` if you like, until the status is `done` or `failed`."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        operation_id="changePrediction",
        summary="Title, note, favourite, feedback",
        request=ChangeSerializer,
        responses=PredictionSerializer,
    )
    @transaction.atomic
    def patch(self, request, pk: UUID):
        """What is not named stays as it is. `feedback_style` needs an answer to judge (409 before)."""
        prediction = self.locked(pk)
        change = ChangeSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        wanted = dict(change.validated_data)
        if "feedback_style" in wanted:
            _judge(prediction, wanted.pop("feedback_style"))
        for name, value in wanted.items():
            setattr(prediction, name, value)
        if wanted:
            prediction.save(update_fields=list(wanted))
        return Response(self.get_serializer(prediction).data)

    @extend_schema(operation_id="deletePrediction", summary="Erase a prediction", responses={204: None})
    @transaction.atomic
    def delete(self, request, pk: UUID):
        """Row and files are gone for everyone at once; nothing goes into the trash."""
        self.locked(pk).erase()
        return Response(status=204)


def _judge(prediction: Prediction, style: Style | None) -> None:
    if style is None:
        prediction.withdraw_feedback()
        return
    try:
        prediction.give_feedback(style, shows_picture=prediction.feedback_shows_picture)
    except NoAnswerYet as error:
        raise _no_answer_yet() from error


@extend_schema(tags=["Predictions"])
class PredictionRetry(Predictions):
    @extend_schema(
        operation_id="retryPrediction",
        summary="Try a failed one again",
        request=None,
        responses={202: PredictionSerializer},
    )
    def post(self, request, pk: UUID):
        """Only for `failed` ones; others are left alone (409)."""
        with transaction.atomic():
            prediction = self.locked(pk)
            if not prediction.queue_again():
                raise Problem("not_failed", gettext("Only a prediction that failed can be tried again."))
            send(prediction.pk)
        prediction.refresh_from_db()
        response = Response(self.get_serializer(prediction).data, status=202)
        response.headers["Location"] = absolute(self.get_serializer(), "api:prediction-detail", pk)
        response.headers["Retry-After"] = "1"
        return response


@extend_schema(tags=["Predictions"])
class PredictionSimilar(Predictions):
    serializer_class = SimilarArtworks
    query_class = SimilarQuery

    @extend_schema(operation_id="listSimilarToPrediction", summary="Works like this picture")
    def get(self, request, pk: UUID):
        """Nearest first."""
        prediction = self.done()
        prediction.embed_again()
        return similar_answer(self, prediction.embedding, model_version=prediction.embedding_model)


@extend_schema(tags=["Predictions"])
class PredictionShare(Predictions):
    serializer_class = ShareSerializer

    @extend_schema(
        operation_id="sharePrediction",
        summary="Open a public page",
        request=ShareRequestSerializer,
        responses=ShareSerializer,
    )
    @transaction.atomic
    def post(self, request, pk: UUID):
        """Whoever has its address may look. A page that is open keeps its address and gets the new end."""
        prediction = self.locked(pk)
        wanted = ShareRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            share = prediction.share_with(wanted.validated_data.get("expires_in_days"))
        except NotShareable as error:
            raise _no_answer_yet() from error
        url = request.build_absolute_uri(share.get_absolute_url())
        return Response(ShareSerializer({"url": url, "expires_at": share.expires_at}).data)

    @extend_schema(operation_id="unsharePrediction", summary="Close the public page", responses={204: None})
    @transaction.atomic
    def delete(self, request, pk: UUID):
        """Its address leads nowhere from now on."""
        self.locked(pk).unshare()
        return Response(status=204)


# Pictures


class PictureRenderer(BaseRenderer):
    """Stands for pictures when client and server agree on a media type; the view answers with the file itself."""

    format = "picture"
    media_type = "image/*"

    def render(self, data: Any, *args) -> bytes:
        return JSONRenderer().render(data, *args)


class Picture(Predictions):
    renderer_classes = [PictureRenderer, JSONRenderer]

    def picture(self, make: Callable[[], Path], content_type: str, name: str) -> HttpResponse:
        """A private file with an entity tag; a problem where there is nothing to make it of."""
        try:
            path = make()
            return self.tagged_file(path, lambda: private_file(path, content_type, name=name))
        except (inference.UnreadableImage, FileNotFoundError) as error:
            raise Problem("no_picture", gettext("There is no picture to show.")) from error


@extend_schema(tags=["Pictures"])
class PredictionPicture(Picture):
    @extend_schema(
        operation_id="getPredictionPicture",
        summary="The picture itself",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    )
    def get(self, request, pk: UUID, size: str):
        """Re-encoded by us, without metadata: `preview` of at most 1280 px, `thumbnail` of at most 480 px."""
        prediction = self.get_object()
        make = prediction.preview if size == "preview" else prediction.thumbnail
        return self.picture(make, "image/jpeg", f"styleart-{pk}-{size}.jpg")


@extend_schema(tags=["Pictures"])
class PredictionPlot(Picture):
    @extend_schema(
        operation_id="getPredictionPlot",
        summary="The style plot",
        responses={
            (200, "image/svg+xml"): OpenApiTypes.STR,
            (200, "image/png"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request, pk: UUID, kind: str):
        """Every style as a bar, highest first, as SVG or PNG."""
        prediction = self.done()
        content_type = {"svg": "image/svg+xml", "png": "image/png"}[kind]
        return self.picture(lambda: plot.keep(prediction, kind), content_type, f"styleart-plot.{kind}")


@extend_schema(tags=["Pictures"])
class PredictionHeatmap(Picture):
    query_class = HeatmapQuery

    @extend_schema(
        operation_id="getPredictionHeatmap",
        summary="Which parts speak for a style",
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request, pk: UUID):
        """The picture in grey, in its own proportions, at most 640 px: warm parts speak for the style, cool
        ones against it, as the model that answered sees it; where it drew no maps, as the one in use does.
        404 `no_heatmap` where neither has one for this style."""
        prediction = self.done()
        style = self.asked.get("style")
        name = style.name if style else prediction.probabilities[0][0]
        try:
            return self.picture(
                lambda: heatmap.drawing(prediction, name),
                "image/png",
                "styleart-heatmap.png",
            )
        except heatmap.NoHeatmap as error:
            sentence = gettext("No model has told which parts of this picture speak for %(style)s.")
            raise Problem("no_heatmap", sentence % {"style": style_name(name)}) from error


urlpatterns = [
    path("predictions/", PredictionList.as_view(), name="prediction-list"),
    path("predictions/<uuid:pk>/", PredictionDetail.as_view(), name="prediction-detail"),
    path("predictions/<uuid:pk>/retry/", PredictionRetry.as_view(), name="prediction-retry"),
    path("predictions/<uuid:pk>/similar/", PredictionSimilar.as_view(), name="prediction-similar"),
    path("predictions/<uuid:pk>/share/", PredictionShare.as_view(), name="prediction-share"),
    path(
        "predictions/<uuid:pk>/<picture_size:size>.jpg",
        PredictionPicture.as_view(),
        name="prediction-picture",
    ),
    path("predictions/<uuid:pk>/plot.<plot_kind:kind>", PredictionPlot.as_view(), name="prediction-plot"),
    path("predictions/<uuid:pk>/heatmap.png", PredictionHeatmap.as_view(), name="prediction-heatmap"),
]
