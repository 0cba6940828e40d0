"""StyleArt as an app on a phone or a desktop: manifest, service worker, offline page, sharing a photo to it."""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ml import inference

from .languages import is_ours

WALL = "#f7f5f1"  # as in site.css
SCRIPT = Path(settings.BASE_DIR) / "static" / "worker.js"
# What an offline page needs. All else is kept when it is first asked for.
KEPT_AT_ONCE = [
    "site.css",
    "site.js",
    "polling.js",
    "installed.js",
    "offline.js",
    "favicon.svg",
    "django_htmx/htmx-4.min.js",
]
OFFLINE_SOURCES = ["offline.html", "base.html"]


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """What a browser needs to install the site, in the language of the page that asks."""
    described = {
        "id": "/",
        "name": "StyleArt",
        "short_name": "StyleArt",
        "description": gettext("Show a painting and learn its style."),
        "lang": translation.get_language(),
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": WALL,
        "theme_color": WALL,
        "categories": ["education", "entertainment", "photo"],
        "icons": [
            _icon("favicon.svg", "any", "image/svg+xml", "any"),
            _icon("icon-192.png", "192x192", "image/png", "any"),
            _icon("icon-512.png", "512x512", "image/png", "any"),
            _icon("icon-maskable-512.png", "512x512", "image/png", "maskable"),
        ],
        "shortcuts": [
            {"name": gettext("Send a picture"), "url": reverse("home")},
            {"name": gettext("Your pictures"), "url": reverse("classifier:prediction-list")},
            {"name": gettext("Styles"), "url": reverse("gallery:style-list")},
        ],
        "share_target": {
            "action": reverse("share"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"title": "title", "files": [{"name": "image", "accept": _accepted()}]},
        },
    }
    return HttpResponse(json.dumps(described, ensure_ascii=False), content_type="application/manifest+json")


def _icon(name: str, sizes: str, media_type: str, purpose: str) -> dict[str, str]:
    return {"src": static(name), "sizes": sizes, "type": media_type, "purpose": purpose}


def _accepted() -> list[str]:
    return [f"image/{kind.lower()}" for kind in inference.KINDS]


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: static/worker.js with what it has to know. Here, at the root, it may see every page."""
    code = SCRIPT.read_text()
    known = {
        "version": _version(code),
        "files": [static(name) for name in KEPT_AT_ONCE],
        "static": settings.STATIC_URL,
        "offline": {code: reverse("offline", args=[code]) for code, _ in settings.LANGUAGES},
        "share": reverse("share"),
        "home": reverse("home"),
        "leaving": [reverse("account_logout"), reverse("account:delete")],
    }
    return HttpResponse(f"const site = {json.dumps(known)};\n{code}", content_type="text/javascript")


@cache
def _version(code: str) -> str:
    """Another one whenever the worker, a file that it keeps at once, or the offline page is another one."""
    templates = [Path(get_template(name).origin.name).read_text() for name in OFFLINE_SOURCES]
    names = [static(name) for name in KEPT_AT_ONCE]
    return hashlib.sha256("\n".join([code, *templates, *names]).encode()).hexdigest()[:12]


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest, language: str) -> HttpResponse:
    """What is shown without a connection: nobody's page, so that any device may keep it."""
    if not is_ours(language):
        raise Http404("The site does not speak this language.")
    with translation.override(language):
        page = get_template("offline.html").render()
    return HttpResponse(page, headers={"Content-Language": language})


@csrf_exempt  # a share comes from the system, without a token: so this keeps nothing and sends nothing
def share(request: HttpRequest) -> HttpResponse:
    """Where a shared photo arrives when no service worker has taken it: say so, and offer the form."""
    if request.method == "POST":
        messages.info(
            request,
            gettext(
                "The shared picture did not come along, because this browser was not ready for it yet. "
                "It is now: choose the picture here, or share it once more."
            ),
        )
    return redirect("home")
