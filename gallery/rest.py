"""What every resource of the API has in common: strict parameters, strict JSON, entity tags."""

import contextlib
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import get_supported_language_variant, gettext, gettext_lazy
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework import generics, mixins, serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from .models import Style
from .problems import InvalidParameters, Problem

SAFE = ("GET", "HEAD")
WHOLE = re.compile(r"-?[0-9]{1,9}")
DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Query(serializers.Serializer):
    """The parameters that a resource takes; their values are text."""


def _is_query(field: serializers.Field) -> bool:
    return isinstance(field.root, Query)


class Text(serializers.CharField):
    """A string, and nothing else taken for one."""

    def __init__(self, **kwargs) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class Words(Text):
    """Words to look for. Signs that no database takes count as spaces."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data.replace("\0", " ") if isinstance(data, str) else data)


class _Bounded:
    """A number with two bounds: whatever is wrong, both are named."""

    def check_bounds(self, number: float) -> float:
        if number < self.min_value:
            self.fail("min_value")
        if number > self.max_value:
            self.fail("max_value")
        return number

    def fail(self, key: str, **facts) -> None:
        super().fail(key, least=self.min_value, most=self.max_value, **facts)


class Whole(_Bounded, serializers.IntegerField):
    """A whole number between its bounds, and nothing else taken for one."""

    default_error_messages = dict.fromkeys(
        ("invalid", "min_value", "max_value"),
        gettext_lazy("This is a whole number from {least} to {most}."),
    )

    def to_internal_value(self, data: Any) -> int:
        if _is_query(self):
            is_whole = WHOLE.fullmatch(data)
        else:
            is_whole = not isinstance(data, bool) and (
                isinstance(data, int) or (isinstance(data, float) and data.is_integer())
            )
        if not is_whole:
            self.fail("invalid")
        return self.check_bounds(int(data))


class Decimal(_Bounded, serializers.FloatField):
    """A finite number between its bounds, from an address."""

    default_error_messages = dict.fromkeys(
        ("invalid", "min_value", "max_value"), gettext_lazy("This is a number from {least} to {most}.")
    )

    def to_internal_value(self, data: str) -> float:
        if not DECIMAL.fullmatch(data):
            self.fail("invalid")
        return self.check_bounds(float(data))


class Choice(serializers.ChoiceField):
    """One of a few words; the answer to another one names them."""

    default_error_messages = {"invalid_choice": gettext_lazy("There is no such choice. There are: {words}.")}

    def fail(self, key: str, **facts) -> None:
        super().fail(key, words=", ".join(self.choices), **facts)


class Flag(serializers.BooleanField):
    """true or false, and nothing else taken for one."""

    default_error_messages = {"invalid": gettext_lazy("This is either true or false.")}
    WORDS = {"true": True, "false": False}

    def to_internal_value(self, data: Any) -> bool:
        value = self.WORDS.get(data) if _is_query(self) else data
        if not isinstance(value, bool):
            self.fail("invalid")
        return value


class Moment(serializers.DateTimeField):
    """A time that says its zone, as RFC 3339 has it."""

    default_error_messages = {
        "invalid": gettext_lazy("Write a time with its zone, such as 2026-11-22T09:30:00Z.")
    }

    def to_internal_value(self, data: str) -> datetime:
        try:
            moment = datetime.fromisoformat(data.upper()) if RFC_3339.fullmatch(data) else None
        except ValueError:  # a 31st of February
            moment = None
        if moment is None:
            self.fail("invalid")
        try:
            return moment.astimezone(UTC)  # PostgreSQL knows no zones beyond 16 hours
        except OverflowError:  # the first and the last day there is
            return (datetime.min if moment.year == 1 else datetime.max).replace(tzinfo=UTC)


class StyleSlug(serializers.SlugRelatedField):
    """A style by its slug; the answer to another one names those there are."""

    default_error_messages = {"does_not_exist": gettext_lazy("There is no such style. There are: {slugs}.")}

    def __init__(self, **kwargs) -> None:
        super().__init__(slug_field="slug", **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Style | None:
        if data == "" and not self.allow_null:  # which would count as null
            return self.to_internal_value(data)
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Style:
        if (
            isinstance(data, str)
            and data.isascii()
            and (style := self.get_queryset().filter(slug=data.replace("\0", ""))).exists()
        ):
            return style.get()
        self.fail("does_not_exist", slugs=", ".join(self.get_queryset().values_list("slug", flat=True)))


class Resource(generics.GenericAPIView):
    """A view of the API. `query_class` names the parameters of its reads; writes take none.

    `asked` has the checked parameters that were given.
    """

    query_class: type[Query] = Query
    asked: dict[str, Any]

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        self.asked = self._read_query(request) if request.method.lower() in self._taken_methods else {}

    @property
    def _taken_methods(self) -> list[str]:
        return [name for name in self.http_method_names if hasattr(self, name)]

    def _read_query(self, request: Request) -> dict[str, Any]:
        """The parameters, checked. Raises InvalidParameters, which names the ones allowed."""
        is_read = request.method in SAFE
        query = (self.query_class if is_read else Query)(data=request.query_params.dict())
        of_pages = self.paginator.query_parameters if is_read and self.is_list else ()
        allowed = [*query.fields, *of_pages]
        wrong = unknown_parameters(request, allowed)
        wrong |= {
            name: [serializers.ErrorDetail(gettext("Give this parameter once."), "repeated")]
            for name, values in request.query_params.lists()
            if len(values) > 1 and name in allowed
        }
        if not query.is_valid():
            wrong |= query.errors
        if wrong:
            raise InvalidParameters(wrong)
        return dict(query.validated_data)

    @property
    def is_list(self) -> bool:
        return isinstance(self, mixins.ListModelMixin)

    # Entity tags

    def check_if_match(self, read: Callable[[], Any]) -> None:
        """Refuse a write that names another state than that which `read` tells, as a GET would now."""
        header = self.request.headers.get("If-Match")
        if header is None:
            return
        # What lost its quotation marks on the way still asks for protection.
        wanted = _without_weakness(parse_etags(header)) or [f'"{header.strip().removeprefix("W/")}"']
        if "*" not in wanted and etag_of(read()) not in wanted:
            raise Problem(
                "precondition_failed",
                gettext("This has changed since you read it. Read it again, then decide."),
            )

    def is_known(self, tag: str) -> bool:
        """Whether the client says that it has the answer of this tag already."""
        known = _without_weakness(parse_etags(self.request.headers.get("If-None-Match", "")))
        return "*" in known or tag in known

    def finalize_response(self, request: Request, response: HttpResponse, *args, **kwargs) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", self.caching)
        if response.status_code == 200 and isinstance(response, Response) and request.method != "DELETE":
            response.headers["ETag"] = etag_of(response.data)
            if request.method in SAFE and self.is_known(response.headers["ETag"]):
                response = not_modified(response)
        for name, value in getattr(request, "rate_limit", {}).items():
            response.headers[name] = value
        return response

    def tagged_file(self, path: Path, answer: Callable[[], HttpResponse]) -> HttpResponse:
        """The answer that sends a file, with an entity tag; 304 where that is known. Raises FileNotFoundError."""
        tag = f'"{path.stem}-{path.stat().st_mtime_ns:x}"'
        is_known = self.is_known(tag)
        response = HttpResponse() if is_known else answer()
        response.headers["ETag"] = tag
        return not_modified(response) if is_known else response

    @property
    def caching(self) -> str:
        """The public part of the API may be kept by anybody, as long as they ask whether it still holds."""
        return "public, no-cache" if AllowAny in self.permission_classes else "private, no-cache"

    @cached_property
    def style_slugs(self) -> dict[str, str]:
        """Names of the styles to their slugs. One query."""
        return dict(Style.objects.values_list("name", "slug"))

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"resource": self}


def unknown_parameters(request: Request, allowed: list[str]) -> dict[str, list[serializers.ErrorDetail]]:
    """What is wrong with each parameter that is not allowed: the sentence names those that are."""
    return {name: _unknown(allowed) for name in request.query_params if name not in allowed}


def _unknown(allowed: list[str]) -> list[serializers.ErrorDetail]:
    if allowed:
        sentence = gettext("There is no such parameter. Allowed are: %(names)s.") % {
            "names": ", ".join(allowed)
        }
    else:
        sentence = gettext("There is no such parameter. No parameter is allowed here.")
    return [serializers.ErrorDetail(sentence, "unknown")]


def accepted_language(request: Request) -> str:
    """The language of ours that `Accept-Language` likes best, else English.

    Nothing else decides, no cookie and no account: whoever keeps answers needs to look at one header only.
    """
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        with contextlib.suppress(LookupError):
            return get_supported_language_variant(code)
    return settings.LANGUAGE_CODE


def etag_of(data: Any) -> str:
    """The entity tag of an answer in JSON: the same data, the same tag."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


def _without_weakness(tags: list[str]) -> list[str]:
    """Compressing an answer makes its tag a weak one; ours tell the content, so they say as much."""
    return [tag.removeprefix("W/") for tag in tags]


def not_modified(response: HttpResponse) -> HttpResponseNotModified:
    """The short form of an answer that the client has already."""
    answer = HttpResponseNotModified()
    for name in ("ETag", "Cache-Control", "Content-Language", "Vary"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer
