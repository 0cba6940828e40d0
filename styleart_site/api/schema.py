"""The OpenAPI document: what the code says, and what holds for every call."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

import gallery

from . import examples
from .problems import CODES, CONTENT_TYPE

DESCRIPTION = """Tells the style of a painting, and shows paintings like it.

- **Who asks**: scripts send `Authorization: Bearer <token>` (see `createToken`); apps sign in at
  `/_allauth/app/v1/auth/login` and send `X-Session-Token`; the catalogue is for everybody.
- **Waiting**: `createPrediction` answers 202 at once; ask its `Location` again until `status` is `done`.
- **Entity tags**: reads carry `ETag` and answer 304 to `If-None-Match`; writes answer 412 to an `If-Match`
  that names an old state.
- **Lists** come in pages: follow `next` until it is null.
- **Problems** are `application/problem+json` (RFC 9457); rely on `code`.
- **Limits**: `RateLimit-*` headers say where you are, `Retry-After` when to come again.
"""
TAGS = {
    "Predictions": "Your own pictures, and what the model says of them.",
    "Pictures": "What can be drawn of a prediction.",
    "Catalogue": "Styles, artists, artworks and the model in use; for everybody.",
    "Account": "You, your tokens, and all that is yours in one file.",
    "Site": "What may be sent.",
}
METHODS = ("get", "post", "patch", "delete")
PROBLEM = {
    "type": "object",
    "description": "What is wrong, as RFC 9457 has it.",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "enum": sorted(CODES)},
        "detail": {"type": "string", "description": "A sentence that says what to do."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
    },
}
FIELD_PROBLEM = {
    "type": "object",
    "required": ["field", "code", "detail"],
    "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
}
HEADERS = {
    "ETag": ("Names this very state; for If-None-Match and If-Match.", {"type": "string"}),
    "Location": ("Where to ask again.", {"type": "string", "format": "uri"}),
    "Retry-After": ("Seconds to wait.", {"type": "integer", "minimum": 1}),
    "RateLimit-Limit": ("Requests allowed in the stretch of time.", {"type": "integer", "minimum": 0}),
    "RateLimit-Remaining": ("Requests left in it.", {"type": "integer", "minimum": 0}),
    "RateLimit-Reset": ("Seconds until counting begins anew.", {"type": "integer", "minimum": 1}),
}
RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
UPLOAD_HEADERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Yours to choose: within 24 hours the same key gives the first answer again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    },
    {
        "name": "Prefer",
        "in": "header",
        "description": "`wait=N`: answer when it is finished, after N seconds at the latest (at most 10).",
        "schema": {"type": "string"},
    },
]
# The statuses of problems that an operation may answer beside those of every call.
CONFLICTS = {
    "changePrediction",
    "retryPrediction",
    "sharePrediction",
    "listSimilarToPrediction",
    "getPredictionPlot",
    "getPredictionHeatmap",
    "createPrediction",
    "getExport",
}
GUARDED = {
    "changePrediction",
    "deletePrediction",
    "retryPrediction",
    "sharePrediction",
    "unsharePrediction",
    "revokeToken",
    "deleteMe",
}
OF_ONE_PREDICTION = [
    "getPrediction",
    "changePrediction",
    "retryPrediction",
    "listSimilarToPrediction",
    "sharePrediction",
    "unsharePrediction",
    "getPredictionPlot",
    "getPredictionHeatmap",
    "getPredictionPicture",
    "deletePrediction",
]
# Where an answer leads: operation to what one may do with the part of the answer that the pointer names.
LINKS = {
    "createPrediction": ("id", "/id", OF_ONE_PREDICTION),
    "listPredictions": ("id", "/results/0/id", OF_ONE_PREDICTION),
    "createToken": ("id", "/id", ["revokeToken"]),
    "listStyles": ("slug", "/results/0/slug", ["getStyle"]),
    "listArtists": ("slug", "/results/0/slug", ["getArtist"]),
    "listArtworks": ("id", "/results/0/id", ["getArtwork", "listSimilarArtworks"]),
}


class Schema(AutoSchema):
    """Adds the parameters that a resource takes."""

    def get_override_parameters(self) -> list:
        query = getattr(self.view, "query_class", None)
        return [query] if query is not None and self.method == "GET" and query().fields else []


# How our own classes read in the document


class BearerTokenScheme(OpenApiAuthenticationExtension):
    target_class = "styleart_site.api.authentication.BearerToken"
    name = "accessToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal access token, for scripts. See `createToken`.",
        }


class AppSessionScheme(OpenApiAuthenticationExtension):
    target_class = "styleart_site.api.authentication.AppSession"
    name = "appSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Session-Token",
            "description": "For apps: `meta.session_token` of signing in at /_allauth/app/v1/auth/login.",
        }


class PageSessionScheme(OpenApiAuthenticationExtension):
    target_class = "styleart_site.api.authentication.PageSession"
    name = "pageSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "styleart_8000",
            "description": "For the site's own pages; the number is the port of the copy. Writes need "
            "`X-CSRFToken`, too.",
        }


class TextField(OpenApiSerializerFieldExtension):
    target_class = "gallery.rest.Text"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict:
        field: serializers.CharField = self.target
        schema: dict[str, Any] = {"type": "string", "maxLength": field.max_length, "pattern": r"^[^\u0000]*$"}
        return schema if field.allow_blank else schema | {"minLength": 1}


class WordsField(OpenApiSerializerFieldExtension):
    target_class = "gallery.rest.Words"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict:
        return {"type": "string", "maxLength": self.target.max_length}


class StyleField(OpenApiSerializerFieldExtension):
    target_class = "gallery.rest.StyleSlug"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict:
        slugs = _style_slugs()
        return {"type": "string", "enum": [*slugs, None] if self.target.allow_null else slugs}


def _style_slugs() -> list:
    """The 18 styles in the order of art history, as the files of the sample name them: "07-impressionism.toml"."""
    folder = Path(gallery.__file__).parent / "sample" / "styles"
    return [path.stem.partition("-")[2] for path in sorted(folder.glob("*.toml"))]


# What holds for every call


def complete(result: dict, generator: Any, request: Any, public: bool) -> dict:
    """Add to the generated document: problems, headers, links and examples."""
    result["info"]["description"] = DESCRIPTION
    result["tags"] = [{"name": name, "description": sentence} for name, sentence in TAGS.items()]
    components = result["components"]
    _allow_blank_once(components["schemas"])
    components["schemas"] |= {"Problem": PROBLEM, "FieldProblem": FIELD_PROBLEM}
    components["headers"] = {
        name.replace("-", ""): {"description": sentence, "schema": schema}
        for name, (sentence, schema) in HEADERS.items()
    }
    components["responses"] = {f"Problem{status}": _problem(status) for status in _statuses()}
    for path, item in result["paths"].items():
        for method in METHODS:
            if method in item:
                _complete(item[method], path, method)
    return result


def _allow_blank_once(schemas: dict) -> None:
    """Our pattern allows the empty text already; the generator adds it as an alternative, so that both fit."""
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if field.get("oneOf", [None])[-1] == {"type": "string", "maxLength": 0}:
                field |= field.pop("oneOf")[0]


def _statuses() -> list[int]:
    return sorted({status for status, _title in CODES.values()})


def _problem(status: int) -> dict:
    """The answers of one status, with an example of each code."""
    codes = [code for code, (its_status, _title) in CODES.items() if its_status == status]
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {code: {"value": examples.problem(code)} for code in codes},
    }
    names = ["Retry-After"] if status in {429, 503, 507} else []
    names += RATE_HEADERS if status == 429 else []
    return {
        "description": "; ".join(str(CODES[code][1]) for code in codes) + ".",
        "headers": {name: _header(name) for name in names},
        "content": {CONTENT_TYPE: content},
    }


def _header(name: str) -> dict:
    return {"$ref": f"#/components/headers/{name.replace('-', '')}"}


def _complete(operation: dict, path: str, method: str) -> None:
    name = operation["operationId"]
    if name == "createPrediction":
        operation.setdefault("parameters", []).extend(deepcopy(UPLOAD_HEADERS))
    _add_headers(operation, method)
    for status in _problems_of(operation, path, method):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    if method == "get":
        operation["responses"]["304"] = {"description": "What you have, as If-None-Match says, still holds."}
    if name == "getArtist":
        operation["responses"]["301"] = {
            "description": "The artist has another address now.",
            "headers": {"Location": _header("Location")},
        }
    _add_links(operation)
    _add_examples(operation)
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _problems_of(operation: dict, path: str, method: str) -> list[int]:
    name = operation["operationId"]
    statuses = [400, 401, 406, 429, 500, 503]
    statuses += [507] if name == "createPrediction" or "Pictures" in operation["tags"] else []
    statuses += [403] if method != "get" else []
    statuses += [404] if "{" in path else []
    statuses += [409] if name in CONFLICTS else []
    statuses += [412] if name in GUARDED else []
    statuses += [411, 413, 415] if "requestBody" in operation else []
    return sorted(statuses + ([422] if name == "createPrediction" else []))


def _add_headers(operation: dict, method: str) -> None:
    for status, response in operation["responses"].items():
        names = [*RATE_HEADERS]
        if status == "200" and method in ("get", "patch"):
            names.append("ETag")
        if operation["operationId"] == "createPrediction" or status == "202":
            names.append("Location")
        if status == "202" or (status == "200" and operation["operationId"] == "createPrediction"):
            names.append("Retry-After")
        response["headers"] = {name: _header(name) for name in names}


def _add_links(operation: dict) -> None:
    parameter, pointer, targets = LINKS.get(operation["operationId"], ("", "", []))
    links = {
        target: {"operationId": target, "parameters": {parameter: f"$response.body#{pointer}"}}
        for target in targets
    }
    for status, response in operation["responses"].items():
        if links and status.startswith("2"):
            response["links"] = links


def _add_examples(operation: dict) -> None:
    name = operation["operationId"]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type == "application/json":
            content["example"] = examples.REQUESTS[name]
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json")
        if content is not None and status.startswith("2"):
            content["example"] = examples.answer(name, status)
