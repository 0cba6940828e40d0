import pytest
from django.urls import reverse

from gallery.curators import curators, viewers
from gallery.models import Artwork
from scraper import runs, tasks
from scraper.models import ImportFailure, ImportRun
from tests import wikiart_server
from tests.factories import make_user
from tests.scraper.local_wikiart import HURRIED

pytestmark = pytest.mark.django_db
START = "admin:scraper_importrun_add"


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


@pytest.fixture
def server(styles, settings):
    with wikiart_server.running(works=90, seed=12) as running:
        settings.WIKIART_URL = settings.WIKIART_PICTURES_URL = running.url
        for name, value in HURRIED.items():
            setattr(settings, f"WIKIART_{name.upper()}", value)
        yield running


def steer(client, run: ImportRun, what: str):
    return client.post(reverse(f"admin:scraper_importrun_{what}", args=[run.pk]), follow=True)


def progress(client, run: ImportRun) -> str:
    return client.get(reverse("admin:scraper_importrun_progress", args=[run.pk])).content.decode()


def test_a_curator_starts_an_import_with_addresses_copied_from_wikiart(curator):
    wanted = {
        "artists": "https://www.wikiart.org/en/claude-monet\nedgar-degas/",
        "images": "on",
        "details": "on",
    }

    page = curator.post(reverse(START), wanted, follow=True).content.decode()

    run = ImportRun.objects.get()
    assert [source.name for source in run.sources.all()] == ["claude-monet", "edgar-degas"]
    assert (run.state, run.is_in_background, run.started_by.is_staff) == ("queued", True, True)
    assert "Waiting for the worker." in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Say what to import"),
        ({"artists": "claude monet?"}, "is no name that WikiArt uses"),
        ({"artists": "a" * 1001}, "is no name that WikiArt uses"),
        ({"all": "on", "since": "2026-01-01"}, "Leave it empty"),
    ],
)
def test_a_form_that_asks_for_nothing_sensible_says_what_to_do(curator, given, said):
    page = curator.post(reverse(START), given).content.decode()

    assert said in page
    assert not ImportRun.objects.exists()


def test_the_page_asks_for_itself_again_until_the_import_is_done(curator, server):
    run = runs.plan(runs.Options(artists=(server.world.painters[2].slug,)))
    run.resume(in_background=True)
    waiting = progress(curator, run)

    tasks.carry_on(run.pk)

    done = progress(curator, run)
    assert 'hx-swap="outerMorph"' in waiting  # the focus stays
    assert "hx-get" in waiting and "hx-get" not in done
    assert "Done." in done and ">10<" in done


def test_the_progress_has_the_page_loaded_again_once_nobody_is_signed_in(client):
    address = reverse("admin:scraper_importrun_progress", args=[1])

    response = client.get(address, headers={"HX-Request": "true"})

    assert response.headers["HX-Refresh"] == "true"


def test_stop_and_resume(curator, server):
    run = runs.plan(runs.Options(artists=(server.world.painters[2].slug,), images=False))
    run.resume(in_background=True)

    stopped = steer(curator, run, "stop").content.decode()
    tasks.carry_on(run.pk)
    works_while_stopped = Artwork.objects.count()
    resumed = steer(curator, run, "resume").content.decode()
    tasks.carry_on(run.pk)

    run.refresh_from_db()
    assert "Stopped. Nothing is lost." in stopped and "Waiting for the worker." in resumed
    assert (works_while_stopped, run.state, run.works_new) == (0, "done", 10)


def test_what_failed_is_shown_and_tried_again(curator, server):
    run = runs.plan(runs.Options(artists=("nobody-at-all",)))
    run.resume(in_background=True)
    tasks.carry_on(run.pk)
    shown = progress(curator, run)

    steer(curator, run, "again")

    run.refresh_from_db()
    assert "WikiArt knows no artist “nobody-at-all”." in shown
    assert (run.state, run.failures.get().is_up_again) == ("queued", True)


def test_failures_can_be_chosen_and_tried_again(curator, server):
    run = runs.plan(runs.Options(artists=("nobody-at-all", "nobody-either")))
    run.resume(in_background=True)
    tasks.carry_on(run.pk)
    first = run.failures.first()

    wanted = {"action": "try_again", "_selected_action": [first.pk]}
    page = curator.post(
        reverse("admin:scraper_importfailure_changelist"), wanted, follow=True
    ).content.decode()

    assert "Trying 1 again." in page
    assert list(ImportFailure.objects.up_again()) == [first]


def test_viewers_watch_but_do_not_steer(client):
    user = make_user(is_staff=True)
    user.groups.add(viewers())
    client.force_login(user)
    run = runs.plan(runs.Options(most_viewed=True))
    run.resume(in_background=True)

    assert "Stop</button>" not in progress(client, run)
    assert steer(client, run, "stop").status_code == 403
    assert client.get(reverse(START)).status_code == 403


def test_an_import_that_never_was_is_not_found(curator):
    assert [
        curator.get(f"/admin/scraper/importrun/{pk}/change/").status_code for pk in ("abc", "7" * 30)
    ] == [404] * 2


def test_lists_and_pages_open(curator):
    run = runs.plan(runs.Options(styles=("cubism",)))
    failure = ImportFailure.objects.create(
        run=run, kind="record", name="a/b", reason="No style.", raw={"a": 1}
    )

    pages = [
        curator.get(reverse("admin:scraper_importrun_changelist")),
        curator.get(reverse("admin:scraper_importrun_change", args=[run.pk])),
        curator.get(reverse("admin:scraper_importfailure_changelist")),
        curator.get(reverse("admin:scraper_importfailure_change", args=[failure.pk])),
        curator.get(reverse(START)),
    ]

    assert [page.status_code for page in pages] == [200] * 5
    assert "style cubism" in pages[0].content.decode() and "Resume" in pages[1].content.decode()
