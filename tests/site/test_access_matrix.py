"""Who may do what: every address and method, for everybody. The table is the law, the addresses come from Django.

How to read an answer:

    in      the door opens: shown, done, redirected, or refused only because the form was empty
    login   asked to sign in (a redirect, or 401)
    403     known, but not allowed
    404     not there, for this one
    409     the door for apps only: nothing has begun that this would go on with

What a row does not name opens to nobody: the method is not allowed, or the door is closed anyway.
A new address without a row fails, and so does a row whose address is gone.
"""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from django.utils.text import slugify

from gallery import curators
from gallery.models import Artist
from ml import inference
from styleart_site.models import AccessToken, Export
from styleart_site.tasks import pack_export
from tests import pictures
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_house_styles,
    make_prediction,
    make_user,
    small_painting,
)

pytestmark = pytest.mark.django_db
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
API, APPS, ADMIN = "api/", ("_allauth/", "^_allauth/"), "admin/"
CALLERS = ["anonymous", "stranger", "owner", "curator", "superuser", "share link"]

#              anonymous  stranger  owner  curator  superuser  share link
EVERYBODY = "  in         in        in     in       in         in       "
SIGNED_IN = "  login      in        in     in       in         login    "
ALREADY_IN = " 405        in        in     in       in         405      "  # led on, as one needs not sign in
THE_OWNER = "  404        404       in     404      404        404      "  # nobody learns that it exists
OWN_THING = "  login      404       in     404      404        login    "  # where one has to sign in anyway
NOBODY = "     404        404       404    404      404        404      "
ITS_LINK = "   404        404       404    404      404        in       "
ASKED_AGAIN = "login      login     login  login    login      login    "
NOT_THERE = "  login      404       404    404      404        login    "  # no two factors, no drawing
CURATORS = "   login      login     login  in       in         login    "
SUPERUSER = "  login      login     login  403      in         login    "

WRITTEN_BY_NOBODY = "login login  login  403      403        login    "  # but by the machine itself

PRIVATE = [
    "auth/group",
    "styleart_site/user",
    "classifier/prediction",
    "account/emailaddress",
    "mfa/authenticator",
    "usersessions/usersession",
]
FORM = ["GET", "POST", "PUT"]  # Django's form views take a PUT for a POST
REST = ["PATCH", "DELETE"]
WRITES = ["POST", "PUT", "PATCH", "DELETE"]  # of which allauth refuses an empty form before the method


def row(answers: str) -> dict[str, str]:
    """The same answers whatever the method."""
    return dict.fromkeys(METHODS, answers)


def form(answers: str, rest: str = "") -> dict[str, str]:
    return dict.fromkeys(FORM, answers) | (dict.fromkeys(REST, rest) if rest else {})


TABLE = {
    "": {"GET": EVERYBODY},
    # The pages of predictions
    "predictions/": {"GET": EVERYBODY},  # one's own, whoever one is
    "predictions/new/": row(EVERYBODY),  # all but POST are led home
    "predictions/selection/": {"POST": EVERYBODY},
    "predictions/compare/": {"GET": EVERYBODY},  # shows one's own, and counts others as not given
    "predictions/styles/": {"GET": EVERYBODY},
    "predictions/trash/": {"GET": EVERYBODY},
    "predictions/trash/empty/": {"POST": EVERYBODY},
    "predictions/trash/undo/<microseconds:microseconds>/": {"POST": EVERYBODY},
    "predictions/<uuid:pk>/": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/result/": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/sent/": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/similar/": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/<picture_size:size>.jpg": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/<copy_px:size_px>.<copy_kind:kind>": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/plot.<plot_kind:kind>": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/<heatmap_kind:kind>/<slug:style>.png": {
        "GET": THE_OWNER if inference.draws_maps() else NOBODY
    },
    "predictions/<uuid:pk>/retry/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/again/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/crop/": {"GET": THE_OWNER, "POST": THE_OWNER},
    "predictions/<uuid:pk>/whole.jpg": {"GET": THE_OWNER},
    "predictions/<uuid:pk>/edit/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/favourite/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/feedback/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/feedback/withdraw/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/share/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/unshare/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/delete/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/restore/": {"POST": THE_OWNER},
    "predictions/<uuid:pk>/erase/": {"POST": THE_OWNER},
    "s/<token:token>/": {"GET": ITS_LINK},
    "s/<token:token>/picture.jpg": {"GET": ITS_LINK},
    "s/<token:token>/<copy_px:size_px>.<copy_kind:kind>": {"GET": ITS_LINK},
    "s/<token:token>/card.jpg": {"GET": ITS_LINK},
    # The catalogue
    "styles/": {"GET": EVERYBODY},
    "styles/<slug:slug>/": {"GET": EVERYBODY},
    "chronology/": {"GET": EVERYBODY},
    "artists/": {"GET": EVERYBODY},
    "artists/<slug:slug>/": {"GET": EVERYBODY},
    "artists/<slug:slug>/portrait.jpg": {"GET": EVERYBODY},
    "artworks/": {"GET": EVERYBODY},
    "artworks/<int:pk>/": {"GET": EVERYBODY},
    "artworks/<int:pk>/large.jpg": {"GET": EVERYBODY},
    "artworks/<int:pk>/<copy_px:size_px>-<picture_version:version>.<copy_kind:kind>": {"GET": EVERYBODY},
    "artworks/<int:pk>/<picture_size:size>.jpg": {"GET": EVERYBODY},
    "colours/<rgb:rgb>/": {"GET": EVERYBODY},
    "search/": {"GET": EVERYBODY},
    "search/suggestions/": {"GET": EVERYBODY},
    "model/": {"GET": EVERYBODY},
    "data/": {"GET": EVERYBODY},
    "robots.txt": {"GET": EVERYBODY},
    "sitemap.xml": row(EVERYBODY),
    "sitemap-<section>.xml": row(EVERYBODY),
    # The account. Where it asks for the password once more it leads there, which is "login", too.
    "account/": {"GET": SIGNED_IN},
    # A GET only leads to the page of the form: so one comes back from signing in.
    "account/tokens/": {"GET": EVERYBODY, "POST": SIGNED_IN},
    "account/tokens/<int:pk>/revoke/": {"GET": EVERYBODY, "POST": OWN_THING},
    "account/mails/": {"GET": EVERYBODY, "POST": SIGNED_IN},
    "account/sessions/<int:pk>/end/": {"GET": EVERYBODY, "POST": OWN_THING},
    "account/export/": {"GET": EVERYBODY, "POST": SIGNED_IN},
    "account/export/<uuid:pk>/": {"GET": OWN_THING},
    "account/export/<uuid:pk>/state/": {"GET": OWN_THING},
    "account/export/<uuid:pk>/styleart.zip": {"GET": OWN_THING},
    "account/delete/": row(SIGNED_IN),  # all but a POST with the word only show the page
    # allauth's pages: those before signing in lead somebody who is in already on
    "accounts/login/": form(EVERYBODY, ALREADY_IN),
    "accounts/signup/": form(EVERYBODY, ALREADY_IN),
    "accounts/logout/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "accounts/inactive/": {"GET": EVERYBODY},
    "accounts/reauthenticate/": form(SIGNED_IN),
    "accounts/email/": form(SIGNED_IN),
    "accounts/confirm-email/": row(ALREADY_IN) | {"GET": EVERYBODY},
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": {"GET": EVERYBODY},
    "accounts/password/change/": form(SIGNED_IN),
    "accounts/password/set/": row(SIGNED_IN),
    "accounts/password/reset/": form(EVERYBODY),
    "accounts/password/reset/done/": {"GET": EVERYBODY},
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": row(EVERYBODY),
    "accounts/password/reset/key/done/": {"GET": EVERYBODY},
    "accounts/login/code/confirm/": row(SIGNED_IN),
    "accounts/2fa/": {"GET": SIGNED_IN},
    "accounts/2fa/authenticate/": row(SIGNED_IN),
    "accounts/2fa/reauthenticate/": row(ASKED_AGAIN),
    "accounts/2fa/totp/activate/": form(SIGNED_IN),
    "accounts/2fa/totp/deactivate/": row(NOT_THERE),
    "accounts/2fa/recovery-codes/": {"GET": NOT_THERE},
    "accounts/2fa/recovery-codes/generate/": form(SIGNED_IN),
    "accounts/2fa/recovery-codes/download/": row(NOT_THERE),
    "accounts/sessions/": form(SIGNED_IN),
    # The API. 401 is "login".
    "api/v1/predictions/": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "api/v1/predictions/<uuid:pk>/": dict.fromkeys(["GET", "PATCH", "DELETE"], OWN_THING),
    "api/v1/predictions/<uuid:pk>/retry/": {"POST": OWN_THING},
    "api/v1/predictions/<uuid:pk>/similar/": {"GET": OWN_THING},
    "api/v1/predictions/<uuid:pk>/share/": {"POST": OWN_THING, "DELETE": OWN_THING},
    "api/v1/predictions/<uuid:pk>/<picture_size:size>.jpg": {"GET": OWN_THING},
    "api/v1/predictions/<uuid:pk>/plot.<plot_kind:kind>": {"GET": OWN_THING},
    "api/v1/predictions/<uuid:pk>/heatmap.png": {"GET": OWN_THING if inference.draws_maps() else NOT_THERE},
    "api/v1/styles/": {"GET": EVERYBODY},
    "api/v1/styles/<slug:slug>/": {"GET": EVERYBODY},
    "api/v1/artists/": {"GET": EVERYBODY},
    "api/v1/artists/<slug:slug>/": {"GET": EVERYBODY},
    "api/v1/artworks/": {"GET": EVERYBODY},
    "api/v1/artworks/<int:pk>/": {"GET": EVERYBODY},
    "api/v1/artworks/<int:pk>/similar/": {"GET": EVERYBODY},
    "api/v1/model/": {"GET": EVERYBODY},
    "api/v1/limits/": {"GET": EVERYBODY},
    "api/v1/me/": {"GET": SIGNED_IN, "DELETE": SIGNED_IN},
    "api/v1/me/export/": {"POST": SIGNED_IN},
    "api/v1/me/export/<uuid:pk>/": {"GET": OWN_THING},
    "api/v1/tokens/": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "api/v1/tokens/<int:pk>/": {"DELETE": OWN_THING},
    "api/v1/schema/": {"GET": EVERYBODY},
    "api/v1/docs/": {"GET": EVERYBODY},
    # The door for apps: knows no cookies, so everybody here is somebody without a session token
    "_allauth/app/v1/config": {"GET": EVERYBODY},
    "_allauth/app/v1/auth/login": dict.fromkeys(WRITES, EVERYBODY),
    "_allauth/app/v1/auth/signup": {"POST": EVERYBODY},
    "_allauth/app/v1/auth/password/request": dict.fromkeys(WRITES, EVERYBODY),
    "_allauth/app/v1/tokens/refresh": dict.fromkeys(WRITES, EVERYBODY),
    "_allauth/app/v1/*": {},
    "^_allauth/app/v1/(?:account|auth)/phone\\b": {},
    # The curators' room: the catalogue and its imports are the curators', people and their pictures are not
    "admin/": row(CURATORS),
    "admin/login/": form("login 403 403 in in login"),
    "admin/logout/": row(EVERYBODY),
    "admin/password_change/": form(CURATORS),
    "admin/password_change/done/": {"GET": CURATORS},
    "admin/jsi18n/": {"GET": CURATORS},
    "admin/autocomplete/": {"GET": "login login login 403 403 login"},  # without saying of what
    "admin/r/<path:content_type_id>/<path:object_id>/": row("login login login 404 404 login"),
    "admin/^(?P<app_label>auth|styleart_site|classifier|scraper|gallery|account|mfa|usersessions)/$": row(
        CURATORS
    ),
    "admin/(?P<url>.*)$": row("login login login 404 404 login"),
    **{f"admin/{model}/<path:object_id>/": row(CURATORS) for model in PRIVATE},  # only leads on to …/change/
    "admin/classifier/prediction/add/": row(WRITTEN_BY_NOBODY),
    "admin/scraper/importfailure/add/": row(WRITTEN_BY_NOBODY),
    "admin/scraper/importfailure/<path:object_id>/change/": row(CURATORS) | {"POST": WRITTEN_BY_NOBODY},
    "admin/gallery/change/add/": row(WRITTEN_BY_NOBODY),
    "admin/gallery/change/<path:object_id>/delete/": row(WRITTEN_BY_NOBODY),
    "admin/gallery/change/<path:object_id>/change/": row(CURATORS) | {"POST": WRITTEN_BY_NOBODY},
    "admin/gallery/*": row(CURATORS),
    "admin/scraper/*": row(CURATORS),
    "admin/auth/*": row(SUPERUSER),
    "admin/styleart_site/*": row(SUPERUSER),
    "admin/classifier/*": row(SUPERUSER),
    "admin/account/*": row(SUPERUSER),
    "admin/mfa/*": row(SUPERUSER),
    "admin/usersessions/*": row(SUPERUSER),
    # About the site, and what an installed app asks for
    "about/": {"GET": EVERYBODY},
    "sw.js": {"GET": EVERYBODY},
    "manifest.webmanifest": {"GET": EVERYBODY},
    "offline/<str:language>/": {"GET": EVERYBODY},
    "share/": row(EVERYBODY),  # a shared picture that no service worker took: everybody is led home
    # Health, for machines
    "healthz": row(EVERYBODY),
    "readyz": row(EVERYBODY),
    "language/": {"POST": EVERYBODY},
    "metrics": {"GET": EVERYBODY},  # on an embedded copy, from the machine itself; else see test_metrics.py
}


def routes() -> list[str]:
    """Every address of the site, as Django knows it."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, place)
        else:
            yield place


def row_of(route: str) -> dict[str, str] | None:
    """The route's own row, or that of the longest family it belongs to."""
    if route in TABLE:
        return TABLE[route]
    families = [key for key in TABLE if key.endswith("*") and route.startswith(key[:-1])]
    return TABLE[max(families, key=len)] if families else None


def test_every_address_has_a_row():
    assert [route for route in routes() if row_of(route) is None] == []


def test_every_row_has_an_address():
    known = routes()
    lost = [
        key
        for key in TABLE
        if key not in known and not (key.endswith("*") and any(route.startswith(key[:-1]) for route in known))
    ]

    assert lost == []


def test_every_row_speaks_of_every_caller():
    assert {len(answers.split()) for row in TABLE.values() for answers in row.values()} == {len(CALLERS)}


class House:
    """A prediction with its owner, a share link, and everybody who may come to the door."""

    def __init__(self) -> None:
        style = make_house_styles()[0]
        artist = make_artist(slug="somebody", style=style)
        Artist.objects.filter(pk=artist.pk).update(portrait=make_portrait(artist))
        self.work = make_artwork(artist=artist, style=style, picture=small_painting())
        self.owner = make_user()
        self.prediction = make_done_prediction((style.name, 1.0), owner=self.owner)
        self.share = self.prediction.share_with(None)
        self.trashed = make_prediction(pictures.small_painting(2), owner=self.owner)
        self.trashed.trash()
        self.token, _ = AccessToken.objects.make(self.owner, "script", days=30)
        self.export = Export.objects.start(self.owner)
        pack_export(str(self.export.pk))
        curator = make_user(is_staff=True)
        curator.groups.add(curators.curators())
        people = {
            "stranger": make_user(),
            "owner": self.owner,
            "curator": curator,
            "superuser": make_user(is_staff=True, is_superuser=True),
        }
        self.cookies = {caller: self._sign_in(people.get(caller)) for caller in CALLERS}
        self.session = self.owner.usersession_set.first()
        self.numbers = {
            "gallery/artwork": self.work.pk,
            "auth/group": curators.curators().pk,
            "styleart_site/user": self.owner.pk,
            "classifier/prediction": self.prediction.pk,
            "account/emailaddress": self.owner.emailaddress_set.get().pk,
            "mfa/authenticator": make_user().authenticator_set.create(type="totp", data={}).pk,
            "usersessions/usersession": self.session.pk,
        }

    def _sign_in(self, user) -> dict[str, str]:
        client = Client()
        if user is None:
            client.get(self.share.get_absolute_url())
        else:
            client.post("/accounts/login/", {"login": user.email, "password": "a-quiet-room"})
            client.post("/accounts/reauthenticate/", {"password": "a-quiet-room"})
        return {name: cookie.value for name, cookie in client.cookies.items()}

    def address(self, route: str, caller: str) -> str:
        """The route with the things of the owner in it; only who has the link knows the link."""
        for (pattern, name), value in self._values(route, caller).items():
            route = re.sub(rf"<(?:{pattern}:)?{name}>", str(value), route)
        route = route.replace("accounts/^confirm-email/(?P<key>[-:\\w]+)/$", "accounts/confirm-email/no-key/")
        route = re.sub(r"\^password/reset/key/.*", "password/reset/key/1-no-key/", route)
        route = re.sub(r"\^\(\?P<app_label>.*", "gallery/", route)
        route = route.replace("(?P<url>.*)$", "no-such-page")
        return f"/{route}"

    def _values(self, route: str, caller: str) -> dict[tuple[str, str], object]:
        in_trash = self.trashed if route.endswith(("/erase/", "/restore/")) else self.prediction
        uuid = self.export.pk if "export" in route else in_trash.pk
        number = next(
            (
                row.pk
                for word, row in {"tokens": self.token, "sessions": self.session}.items()
                if word in route
            ),
            self.work.pk,
        )
        return {
            ("uuid", "pk"): uuid,
            ("uuid", "batch"): uuid4(),
            ("int", "pk"): number,
            ("int", "number"): 1,
            ("slug", "slug"): "somebody" if "artists" in route else self.work.style.slug,
            ("token", "token"): self.share.token if caller == "share link" else "x" * len(self.share.token),
            ("picture_size", "size"): "thumbnail",
            ("copy_px", "size_px"): 480,
            ("copy_kind", "kind"): "webp",
            ("picture_version", "version"): self.work.picture_version,
            ("plot_kind", "kind"): "svg",
            ("rgb", "rgb"): "a0b1c2",
            ("heatmap_kind", "kind"): "heatmap",
            ("slug", "style"): slugify(self.work.style.name),
            ("microseconds", "microseconds"): int(timezone.now().timestamp() * 1_000_000),
            ("", "section"): "artists",
            ("str", "language"): "en",
            ("path", "object_id"): next((pk for model, pk in self.numbers.items() if model in route), 1),
            ("path", "content_type_id"): 1,
            ("", "id"): self.owner.pk,
        }

    def ask(self, route: str, method: str, caller: str) -> str:
        """What this caller is answered; whatever happens is undone."""
        client = Client(raise_request_exception=False)
        client.cookies.load(self.cookies[caller])
        with transaction.atomic():
            address, body = self.address(route, caller), {"data": "{}", "content_type": "application/json"}
            response = client.generic(
                method, address, headers={"HX-Request": "true"}, **(body if route.startswith(APPS) else {})
            )
            if response.streaming:
                list(response.streaming_content)
            transaction.set_rollback(True)
        has_begun = response.status_code != 409 or not route.startswith(APPS)
        return outcome(response) if has_begun else "409"


def make_portrait(artist: Artist) -> str:
    """A file for the portrait; gives its name in the store."""
    from django.core.files.base import ContentFile

    field = Artist._meta.get_field("portrait")
    return field.storage.save(f"portraits/{artist.pk}.jpg", ContentFile(small_painting()))


def outcome(response) -> str:
    if response.status_code == 401 or "HX-Refresh" in response.headers:
        return "login"
    if response.status_code == 302 and re.match(r"/(accounts|admin)/(login|reauthenticate)/", response.url):
        return "login"
    if response.status_code in {403, 404, 405} or response.status_code >= 500:
        return str(response.status_code)
    return "in"


@pytest.fixture
def house(settings):
    settings.API_REQUESTS_PER_MINUTE = settings.API_REQUESTS_PER_MINUTE_ANONYMOUS = 1_000_000
    return House()


def compare(house: House, family: list[str]) -> None:
    """Fail where door and table differ."""
    wrong = []
    for route in family:
        answers = row_of(route)
        for method in METHODS:
            expected = answers[method].split() if method in answers else None
            for place, caller in enumerate(CALLERS):
                answer = house.ask(route, method, caller)
                if (
                    route.startswith(ADMIN)
                    and expected
                    and expected[place] == "in"
                    and answer in {"404", "405"}
                ):
                    continue  # may come in, and finds nothing by that number
                if expected is None and answer not in {"405", "404", "403", "409", "login"}:
                    wrong.append(f"{method} /{route} lets the {caller} in, and the table does not name it")
                elif expected is not None and answer != expected[place]:
                    wrong.append(f"{method} /{route} answers the {caller} {answer}, not {expected[place]}")
    if wrong:
        pytest.fail("\n".join(wrong))


def family(*prefixes: str, but: tuple[str, ...] = ()) -> list[str]:
    return [route for route in routes() if route.startswith(prefixes) and not (but and route.startswith(but))]


def test_the_pages_open_to_whom_the_table_says(house):
    compare(house, family("", but=(API, *APPS, ADMIN)))


def test_the_api_opens_to_whom_the_table_says(house):
    compare(house, family(API))


def test_the_door_for_apps_opens_to_whom_the_table_says(house):
    compare(house, family(*APPS))


def test_the_curators_room_opens_to_whom_the_table_says(house):
    compare(house, family(ADMIN))
