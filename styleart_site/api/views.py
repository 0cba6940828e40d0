"""What the API says of the site and of one's account, and how it guards uploads."""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import mixins, serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response

from classifier import api as classifier
from classifier.files import private_file
from classifier.models import Prediction
from classifier.quota import uploads_left
from gallery.api import Public, absolute
from gallery.problems import InvalidParameters, Problem
from gallery.rest import Resource, Text, Whole, unknown_parameters
from ml import inference
from styleart_site.leaving import erase_account
from styleart_site.models import AccessToken, Export
from styleart_site.tasks import send_export
from styleart_site.usage import storage_bytes

from .idempotency import once
from .pagination import PAGE_SIZE_MAX
from .throttling import RequestThrottle, count_upload

TOKEN_DAYS = 90
MOST_TOKEN_DAYS = 365


class Predictions(classifier.PredictionList):
    """Uploads that are counted, and done once however often they are sent."""

    def get_throttles(self):
        """What is sent takes nothing from the other requests of a minute."""
        return [RequestThrottle("sent")] if self.request.method == "POST" else super().get_throttles()

    def receive(self, request) -> HttpResponse:
        return once(request, partial(self._receive_counted, request))

    def _receive_counted(self, request) -> Response:
        count_upload(request)
        return super().receive(request)


# The site


class LimitsSerializer(serializers.Serializer):
    """What may be sent. What it says is what is enforced."""

    max_bytes = serializers.IntegerField(help_text="Of one picture.")
    max_pixels = serializers.IntegerField(
        help_text="Width times height of any picture, where nothing else is said here."
    )
    max_jpeg_pixels = serializers.IntegerField(
        help_text="Of a JPEG with all of its colours in one scan, as cameras write it; a progressive one has several."
    )
    max_pixels_by_format = serializers.DictField(
        child=serializers.IntegerField(), help_text="`max_pixels` of each format."
    )
    max_transparent_pixels = serializers.IntegerField(
        help_text="Of colours with transparency, palettes aside, and of LAB, where the format allows more."
    )
    min_side_px = serializers.IntegerField()
    max_side_px = serializers.IntegerField()
    formats = serializers.ListField(child=serializers.CharField())
    uploads_per_minute = serializers.IntegerField()
    uploads_per_day = serializers.IntegerField()
    requests_per_minute = serializers.IntegerField(help_text="Signed in.")
    requests_per_minute_anonymous = serializers.IntegerField()
    page_size_max = serializers.IntegerField()


@extend_schema(tags=["Site"])
class Limits(Public):
    serializer_class = LimitsSerializer

    @extend_schema(operation_id="getLimits", summary="What may be sent")
    def get(self, request):
        limits = {
            "max_bytes": settings.UPLOAD_MAX_BYTES,
            "max_pixels": inference.MAX_PIXELS,
            "max_jpeg_pixels": inference.MAX_JPEG_PIXELS,
            "max_pixels_by_format": {
                kind: inference.MAX_PIXELS_OF_KIND.get(kind, inference.MAX_PIXELS) for kind in inference.KINDS
            },
            "max_transparent_pixels": inference.MAX_TWICE_PIXELS,
            "min_side_px": inference.MIN_SIDE_PX,
            "max_side_px": inference.MAX_SIDE_PX,
            "formats": list(inference.KINDS),
            "uploads_per_minute": settings.API_UPLOADS_PER_MINUTE,
            "uploads_per_day": settings.API_UPLOADS_PER_DAY,
            "requests_per_minute": settings.API_REQUESTS_PER_MINUTE,
            "requests_per_minute_anonymous": settings.API_REQUESTS_PER_MINUTE_ANONYMOUS,
            "page_size_max": PAGE_SIZE_MAX,
        }
        return Response(limits)


# The account


class MeSerializer(serializers.Serializer):
    email = serializers.EmailField()
    joined_at = serializers.DateTimeField()
    prediction_count = serializers.IntegerField()
    storage_bytes = serializers.IntegerField(help_text="On our disks: pictures and what was made from them.")
    uploads_left_today = serializers.IntegerField()


@extend_schema(tags=["Account"])
class Me(Resource):
    serializer_class = MeSerializer

    @extend_schema(operation_id="getMe", summary="Your account")
    def get(self, request):
        return Response(self._facts())

    @extend_schema(operation_id="deleteMe", summary="Delete your account", responses={204: None})
    def delete(self, request):
        """The account, its rows and its files are erased, its tokens and sessions end. There is no way back.

        Of a history of more than 300 predictions the worker erases the rest within minutes; nobody can reach it.
        """
        self.check_if_match(self._facts)
        erase_account(request.user)
        return Response(status=204)

    def _facts(self) -> dict:
        user = self.request.user
        return MeSerializer(
            {
                "email": user.email,
                "joined_at": user.date_joined,
                "prediction_count": Prediction.objects.visible_to(user).count(),
                "storage_bytes": storage_bytes(user),
                "uploads_left_today": uploads_left(user),
            }
        ).data


class ExportSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="Ask here with the same credentials: the ZIP, once it is packed.")
    status = serializers.ChoiceField(choices=Export.Status.values)


@extend_schema(tags=["Account"])
class Exports(Resource):
    serializer_class = ExportSerializer

    def answer(self, export: Export) -> Response:
        url = absolute(self.get_serializer(), "api:export-detail", export.pk)
        response = Response({"url": url, "status": export.status}, status=202)
        response.headers["Location"] = url
        response.headers["Retry-After"] = "2"
        return response

    @extend_schema(
        operation_id="startExport",
        summary="Pack everything",
        request=None,
        responses={202: ExportSerializer},
    )
    def post(self, request):
        """A ZIP with your pictures as you sent them, and all else as JSON and CSV. One is packed at a time."""
        export = Export.objects.start(request.user)
        send_export(export.pk)
        return self.answer(export)


class ZipRenderer(BaseRenderer):
    """Stands for the file when client and server agree on a media type; the view answers with the file itself."""

    format = "zip"
    media_type = "application/zip"


class ExportDetail(Exports):
    http_method_names = ["get", "head", "options"]
    renderer_classes = [JSONRenderer, ZipRenderer]

    @extend_schema(
        operation_id="getExport",
        summary="Fetch what was packed",
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            (202, "application/json"): ExportSerializer,
        },
    )
    def get(self, request, pk: UUID):
        """202 while it is being packed: ask again. Then the ZIP, for as long as exports are kept."""
        export = get_object_or_404(Export.objects.available_to(request.user), pk=pk)
        if export.is_unfinished:
            return self.answer(export)
        if not export.is_done:
            raise Problem("export_failed", export.failure)
        name = f"styleart-{export.created_at:%Y-%m-%d}.zip"
        send = partial(private_file, export.path, "application/zip", name=name, is_download=True, keep_s=0)
        try:
            return self.tagged_file(export.path, send)
        except FileNotFoundError as error:
            raise Problem("not_found", _("The file is gone. Start another export.")) from error


class TokenSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewTokenSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    token = serializers.CharField(help_text="Shown this once; we keep only a hash of it.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class TokenRequestSerializer(serializers.Serializer):
    name = Text(max_length=100, help_text="What it is for.")
    expires_in_days = Whole(min_value=1, max_value=MOST_TOKEN_DAYS, default=TOKEN_DAYS)


class Tokens(Resource):
    """The caller's own personal access tokens."""

    queryset = AccessToken.objects.all()

    def get_queryset(self):
        return self.request.user.access_tokens.all()


@extend_schema(tags=["Account"])
class TokenList(mixins.ListModelMixin, Tokens):
    serializer_class = TokenSerializer
    ordering = ["-created_at", "-pk"]

    @extend_schema(operation_id="listTokens", summary="Your access tokens")
    def get(self, request):
        """The newest first, without their secrets."""
        return self.list(request)

    @extend_schema(
        operation_id="createToken",
        summary="A new access token",
        request=TokenRequestSerializer,
        responses={201: NewTokenSerializer},
    )
    def post(self, request):
        """For a script: `Authorization: Bearer <token>`. Keep it like a password."""
        wanted = TokenRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        days = wanted.validated_data["expires_in_days"]
        token, secret = AccessToken.objects.make(request.user, wanted.validated_data["name"], days=days)
        response = Response(NewTokenSerializer(_told(token, secret)).data, status=201)
        response.headers["Cache-Control"] = "no-store"
        return response


def _told(token: AccessToken, secret: str) -> dict:
    told = {name: getattr(token, name) for name in ("id", "name", "created_at", "expires_at")}
    return told | {"token": secret}


@extend_schema(tags=["Account"])
class TokenDetail(Tokens):
    serializer_class = TokenSerializer

    @extend_schema(operation_id="revokeToken", summary="Revoke an access token", responses={204: None})
    @transaction.atomic
    def delete(self, request, pk: int):
        """Whatever used it is locked out from now on."""
        token = self.get_object()
        self.check_if_match(lambda: self.get_serializer(token).data)
        token.delete()
        return Response(status=204)


# The document


class Schema(Public, SpectacularAPIView):
    """The OpenAPI document, as JSON or, where `Accept` asks for it, as YAML."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]

    def dispatch(self, request, *args, **kwargs):
        """In English, whoever asks: programs are made from it."""
        with translation.override(settings.LANGUAGE_CODE):
            return super().dispatch(request, *args, **kwargs)


class Docs(SpectacularSwaggerSplitView):
    """The document to read and to try; all that it loads is ours."""

    permission_classes = []
    template_name = "api/docs.html"
    url_name = "api:schema"

    def initial(self, request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        if wrong := unknown_parameters(request, ["script"]):  # by which the page asks for its own script
            raise InvalidParameters(wrong)
