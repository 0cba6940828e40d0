"""Every word of the curators' room can be translated (see tests/pseudo.py)."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse
from django.utils import timezone

from gallery import duplicates, files
from gallery.curators import curators
from gallery.models import Artist, Artwork, Change, LabelSuggestion, Style
from gallery.tables import ArtworkTable
from ml import inference
from scraper import runs
from scraper.models import ImportFailure, ImportRun
from scraper.reasons import Reason, kept
from tests import pseudo
from tests.factories import (
    make_artist,
    make_artwork,
    make_house_styles,
    make_prediction,
    make_user,
    small_painting,
)

pytestmark = pytest.mark.django_db
KEPT = [
    "Alt", "Enter", "Esc",  # keys
    "True", "False",  # Django itself says so beside its ticks and crosses
    "Sha256", "null", "qx-qy", "qv-qw",
]  # fmt: skip

FILES = ["csv", "json", ", ".join(ArtworkTable.Meta.fields)]  # kinds and columns of files


@pytest.fixture
def brackets():
    """From here on every translated text stands in brackets."""
    with pseudo.language():
        yield


@pytest.fixture
def curator(client):
    user = make_user("visitor@example.org", is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


@pytest.fixture
def catalogue():
    """Something of everything that a curator may see to."""
    styles = make_house_styles()
    artist = make_artist(
        "Qx Qy", slug="qx-qy", style=styles[0], birth_year=1881, death_year=1973, nationality="Spanish"
    )
    make_artist("Qv Qw", slug="qv-qw", birth_year=1900)
    for number in range(3):
        make_artwork(f"Qz {number}", style=styles[0], artist=artist, year=1913, picture=small_painting())
    make_artwork("Qz study", style=styles[1], rights="generated", is_published=False)
    Artwork.objects.filter(title="Qz 1").update(year=1914)
    return styles


def of_the_room() -> list[str]:
    """Addresses of the curators' room that need nothing but the catalogue."""
    work, artist, style = Artwork.objects.first(), Artist.objects.first(), Style.objects.first()
    names = [
        "index", "gallery_artwork_changelist", "gallery_artwork_add", "gallery_artwork_import",
        "gallery_artwork_export", "gallery_artist_changelist", "gallery_artist_add", "gallery_style_changelist",
        "gallery_change_changelist", "gallery_labelsuggestion_changelist", "gallery_labelsuggestion_decided",
        "gallery_duplicatepair_changelist", "gallery_filecheck_changelist", "scraper_importrun_changelist",
        "scraper_importrun_add", "scraper_importfailure_changelist",
    ]  # fmt: skip
    rows = [
        ("gallery_artwork_change", work), ("gallery_artwork_history", work), ("gallery_artwork_delete", work),
        ("gallery_artist_change", artist), ("gallery_artist_merge", artist), ("gallery_style_change", style),
    ]  # fmt: skip
    pages = [reverse(f"admin:{name}") for name in names]
    pages += [reverse(f"admin:{name}", args=[row.pk]) for name, row in rows]
    return pages


def test_every_word_of_the_curators_room_can_be_translated(client, curator, catalogue, brackets):
    other = Artist.objects.exclude(pk=Artist.objects.first().pk).first()
    merge = reverse("admin:gallery_artist_merge", args=[Artist.objects.first().pk])
    left = {}
    for address in [*of_the_room(), f"{merge}?artist={other.pk}"]:
        page = client.get(address).content.decode()
        # Two of Django's own: a name for its scripts, and a word that it does not translate.
        page = re.sub(r"<script[^>]* data-model-name=[^>]*>", "", page).replace('alt="Search"', "")
        is_file, is_style = "port/" in address, "/style/" in address
        known = [*KEPT, *(FILES if is_file else []), *([Style.objects.first().name] if is_style else [])]
        left[address] = pseudo.unmarked(page, known=known)

    assert [f"{address}: {words}" for address, words in left.items() if words] == []


def test_what_curators_do_is_told_in_words_that_can_be_translated(client, curator, catalogue, brackets):
    works = list(Artwork.objects.values_list("pk", flat=True))
    chosen = {"action": "change_together", "_selected_action": works}
    address = reverse("admin:gallery_artwork_changelist")
    sent = [
        chosen | {"step": "choose"},
        chosen | {"step": "preview"},
        chosen
        | {"step": "preview", "rights": "protected", "is_published": "False", "style": catalogue[2].pk},
    ]

    answers = [client.post(address, data) for data in sent]
    expected = answers[-1].context["preview"].expected
    client.post(address, sent[-1] | {"step": "apply", "expected": expected})
    change = Change.objects.first()
    pages = [answer.content.decode() for answer in answers] + [
        client.get(place).content.decode()
        for place in (
            reverse("admin:gallery_change_changelist"),
            reverse("admin:gallery_change_batch", args=[change.batch]),
            reverse("admin:gallery_artwork_history", args=[change.object_id]),
        )
    ]

    assert [pseudo.unmarked(page, known=KEPT) for page in pages] == [[]] * len(pages)


def test_the_rooms_where_something_is_decided_can_be_translated(client, curator, catalogue, brackets):
    duplicates.find(100)
    LabelSuggestion.objects.create(
        source_key="q", proposed=catalogue[3], predicted=catalogue[4], confidence=0.7,
        artwork=Artwork.objects.first(),
    )  # fmt: skip
    files.begin()
    rooms = [
        "gallery_duplicatepair_changelist",
        "gallery_labelsuggestion_changelist",
        "gallery_filecheck_changelist",
    ]
    pages = [client.get(reverse(f"admin:{room}")).content.decode() for room in rooms]
    decide = reverse("admin:gallery_labelsuggestion_decide", args=[LabelSuggestion.objects.get().pk])
    client.post(decide, {"decision": "accept"})
    pages.append(client.get(reverse("admin:gallery_labelsuggestion_decided")).content.decode())
    pages.append(client.get(reverse("admin:gallery_labelsuggestion_changelist")).content.decode())

    assert [pseudo.unmarked(page, known=KEPT) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("state", ["queued", "running", "stopped", "done"])
def test_an_import_is_told_in_words_that_can_be_translated(client, curator, catalogue, brackets, state):
    run = runs.plan(runs.Options(artists=("qx-qy",), limit=1000, images=False), is_in_background=True)
    reason = Reason("style_unknown")
    ImportFailure.objects.create(run=run, kind="record", name="Qwork", reason=reason, **kept(reason))
    run.stop(Reason("in_five_minutes", why=Reason("artist_not_known", slug="qx-qy")))
    ImportRun.objects.update(
        state=state, records=20, busy_s=3000, finished_at=timezone.now(), seen_at=timezone.now()
    )
    names = [("change", [run.pk]), ("changelist", [])]
    pages = [client.get(reverse(f"admin:scraper_importrun_{name}", args=args)) for name, args in names]
    failure = reverse("admin:scraper_importfailure_change", args=[ImportFailure.objects.get().pk])
    pages.append(client.get(failure))

    known = KEPT
    assert [pseudo.unmarked(page.content.decode(), known=known) for page in pages] == [[]] * len(pages)


def test_lists_that_only_superusers_see_can_be_translated(client, catalogue, brackets):
    user = make_user("visitor@example.org", is_staff=True, is_superuser=True)
    client.force_login(user)
    client.get("/")  # lists the session
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    failed = make_prediction(owner=user, status="failed", error_code="gave_up", title="Qpicture")
    names = [
        "index", "classifier_prediction_changelist", "mfa_authenticator_changelist",
        "usersessions_usersession_changelist", "account_emailaddress_changelist", "styleart_site_user_changelist",
    ]  # fmt: skip
    addresses = [reverse(f"admin:{name}") for name in names]
    addresses.append(reverse("admin:classifier_prediction_change", args=[failed.pk]))
    pages = {address: client.get(address).content.decode() for address in addresses}

    known = [
        *KEPT,
        "Id",
        "Search",
        "Curators",
        "Viewers",
        "gave_up",
        inference.model_version(),
        str(failed.pk),
    ]
    left = {address: pseudo.unmarked(page, known=known) for address, page in pages.items()}
    assert {address: words for address, words in left.items() if words} == {}
