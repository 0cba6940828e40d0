import re

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gallery import labels
from gallery.curators import curators, viewers
from gallery.models import Artist, ArtistRedirect, Artwork, Change, DuplicatePair, FamousArtist, Style
from tests import pictures
from tests.factories import (
    make_artist,
    make_artwork,
    make_done_prediction,
    make_style,
    make_user,
    small_painting,
)

pytestmark = pytest.mark.django_db
WORKS = "admin:gallery_artwork_changelist"
FILES = {"new_picture", "portrait"}


def staff(client, group):
    user = make_user(is_staff=True)
    user.groups.add(group)
    client.force_login(user)
    return client


@pytest.fixture
def curator(client):
    return staff(client, curators())


def found(client, **wanted):
    response = client.get(reverse(WORKS), wanted)
    assert response.status_code == 200
    return {work.title for work in response.context["cl"].result_list}


def form_of(client, row):
    """The fields of a row's form as a browser would send them back."""
    page = client.get(reverse(f"admin:gallery_{row._meta.model_name}_change", args=[row.pk]))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields if name not in FILES}
    for inline in page.context["inline_admin_formsets"]:
        for part in [inline.formset.management_form, *inline.formset.forms]:
            data |= {part.add_prefix(name): part[name].value() for name in part.fields}
    return {name: value for name, value in data.items() if value is not None and value is not False}


def save(client, row, **values):
    address = reverse(f"admin:gallery_{row._meta.model_name}_change", args=[row.pk])
    response = client.post(address, form_of(client, row) | values)
    assert response.status_code == 302, response.context["errors"]
    return response


def together(client, works, step, **values):
    """Send one step of a change of many works, as the pages do."""
    data = {"action": "change_together", "_selected_action": [work.pk for work in works], "step": step}
    return client.post(reverse(WORKS), data | values)


def expected(preview) -> dict[str, str]:
    """What a preview sends along when it is confirmed."""
    return {"expected": preview.context["preview"].expected}


# Lists


def test_curators_see_thumbnails_that_open_large(curator):
    work = make_artwork(picture=small_painting())

    page = curator.get(reverse(WORKS)).content.decode()

    assert reverse("gallery:artwork-picture", args=[work.pk, "thumbnail"]) in page
    assert f'href="{reverse("gallery:artwork-picture", args=[work.pk, "preview"])}" data-zoom' in page


def test_curators_find_works_without_accents(curator):
    make_artwork("Étude", artist=make_artist("Paul Cézanne"))
    make_artwork("Étude", artist=make_artist("Manet"))

    response = curator.get(reverse(WORKS), {"q": "CÉZANNE etude"})

    assert response.context["cl"].result_count == 1


@pytest.mark.parametrize("model", ["style", "artist", "artwork"])
def test_every_form_of_the_catalogue_opens(curator, model):
    row = {"style": make_style, "artist": make_artist, "artwork": make_artwork}[model]()

    assert curator.get(reverse(f"admin:gallery_{model}_change", args=[row.pk])).status_code == 200
    assert curator.get(reverse(f"admin:gallery_{model}_changelist")).status_code == 200
    assert curator.get(reverse(f"admin:gallery_{model}_history", args=[row.pk])).status_code == 200
    assert curator.get(reverse(f"admin:gallery_{model}_add")).status_code == 200


def test_the_bar_narrows_the_list(curator):
    style, artist = make_style(), make_artist()
    make_artwork("one", style=style, year=1900, wikiart_style="Impressionism", picture=small_painting())
    make_artwork("two", artist=artist, rights="protected", is_published=False, wikiart_id="57")
    make_artwork("three", rights="generated", source_key="study:3")
    make_artwork("four", source_key="folder/4")

    assert found(curator, style=style.pk) == {"one"}
    assert found(curator, wikiart_style="impress") == {"one"}
    assert found(curator, artist=artist.pk) == {"two"}
    assert found(curator, artist="none") == {"one", "three", "four"}
    assert found(curator, rights="protected") == {"two"}
    assert found(curator, display="no") == {"two"}
    assert found(curator, year="yes") == {"one"}
    assert found(curator, picture="no") == {"two", "three", "four"}
    assert found(curator, embedding="yes") == {"one"}
    assert found(curator, embedding="no") == {"two", "three", "four"}
    assert [found(curator, source=source) for source in ("wikiart", "study", "folder", "hand")] == [
        {"two"},
        {"three"},
        {"four"},
        {"one"},
    ]


def test_a_wrong_word_in_the_address_is_no_error(curator):
    make_artwork("one")

    assert found(curator, style="x", artist="y", rights="z", source="w", display="v") == {"one"}


def test_nul_in_the_address_is_no_error(curator):
    artists = {"app_label": "gallery", "model_name": "artwork", "field_name": "artist", "term": "\0"}
    pages = [
        curator.get(reverse(WORKS), {"wikiart_style": "\0"}),
        curator.get(reverse("admin:gallery_artist_changelist"), {"nationality": "\0"}),
        curator.get(reverse("admin:gallery_change_changelist"), {"model": "\0"}),
        curator.get(reverse("admin:autocomplete"), artists),
    ]

    assert [page.status_code for page in pages] == [200] * 4


def test_the_list_asks_the_same_number_of_questions_however_many_works(
    curator, django_assert_max_num_queries
):
    for _ in range(12):
        make_artwork(artist=make_artist())

    with django_assert_max_num_queries(12):
        curator.get(reverse(WORKS))


def test_a_long_list_is_not_counted_to_its_end(curator, monkeypatch):
    monkeypatch.setattr("gallery.admin.paging.MOST", 3)
    for _ in range(5):
        make_artwork()

    page = curator.get(reverse(WORKS)).content.decode()

    assert "More than 3 artworks" in page


# One work


def test_a_change_by_hand_goes_into_the_log_with_its_reason(curator):
    work = make_artwork("Haystack")

    save(curator, work, title="Haystacks", reason="The museum says so.")

    change = Change.objects.get()
    work.refresh_from_db()
    assert (work.title, work.curated_fields) == ("Haystacks", ["title"])
    assert (change.before["title"], change.after["title"]) == ("Haystack", "Haystacks")
    assert (change.reason, change.user.is_staff) == ("The museum says so.", True)


def test_the_page_of_changes_undoes_the_last_one(curator):
    work = make_artwork("Haystack")
    save(curator, work, title="Haystacks")
    address = reverse("admin:gallery_artwork_history", args=[work.pk])
    page = curator.get(address).content.decode()
    assert "<del>Haystack</del>" in page

    undo = reverse("admin:gallery_change_undo", args=[Change.objects.get().pk])
    response = curator.post(undo, {"next": address})

    work.refresh_from_db()
    assert undo in page
    assert response.url == address
    assert work.title == "Haystack"


def test_undo_leads_nowhere_outside(curator):
    work = make_artwork("Haystack")
    save(curator, work, title="Haystacks")

    undo = reverse("admin:gallery_change_undo", args=[Change.objects.get().pk])
    response = curator.post(undo, {"next": "https://example.org/"})

    assert response.url == reverse("admin:gallery_change_changelist")


def test_a_deleted_work_comes_back_from_the_log(curator):
    work = make_artwork("Gone")
    curator.post(reverse("admin:gallery_artwork_delete", args=[work.pk]), {"post": "yes"})
    assert not Artwork.objects.exists()

    change = Change.objects.get()
    curator.post(reverse("admin:gallery_change_undo_batch", args=[change.batch]))

    assert Artwork.objects.get(pk=work.pk).title == "Gone"


def test_works_that_were_suspected_or_doubted_are_deleted_as_others_are(curator):
    first, second, doubted = works = [make_artwork() for _ in range(3)]
    style = make_style()
    DuplicatePair.objects.create(first=first, second=second, differing_bits=0, distance=0, group=first.pk)
    suggestion = labels.suggest(source_key="model:1", proposed=style, artwork=doubted)
    labels.reject(suggestion, user=make_user())

    chosen = {"action": "delete_selected", "_selected_action": [work.pk for work in works], "post": "yes"}
    curator.post(reverse(WORKS), chosen)
    labels.suggest(source_key="one", proposed=style)
    curator.post(reverse("admin:gallery_style_delete", args=[style.pk]), {"post": "yes"})

    assert not Artwork.objects.exists()
    assert not Style.objects.filter(pk=style.pk).exists()


def test_a_deleted_style_comes_back_with_those_it_came_from_and_led_to(curator):
    before, style, after = make_style(), make_style(), make_style()
    style.came_from.add(before)
    after.came_from.add(style)
    curator.post(reverse("admin:gallery_style_delete", args=[style.pk]), {"post": "yes"})

    change = Change.objects.of(style).get()
    curator.post(reverse("admin:gallery_change_undo_batch", args=[change.batch]))

    assert (style.came_from.get(), style.led_to.get()) == (before, after)


def test_a_curator_gives_a_work_another_picture(curator):
    work = make_artwork(picture=small_painting())
    old = work.sha256
    new = SimpleUploadedFile("new.jpg", pictures.small_painting(77), "image/jpeg")

    save(curator, work, new_picture=new)

    work.refresh_from_db()
    assert work.sha256 != old
    assert {"picture", "sha256"} <= set(work.curated_fields)


def test_a_file_that_is_no_picture_gets_its_sentence(curator):
    work = make_artwork()
    letter = SimpleUploadedFile("letter.jpg", pictures.letter(), "image/jpeg")
    address = reverse("admin:gallery_artwork_change", args=[work.pk])

    page = curator.post(address, form_of(curator, work) | {"new_picture": letter}).content.decode()

    assert "not a picture" in page


def test_what_the_machine_wrote_cannot_be_sent(curator):
    work = make_artwork(picture=small_painting())

    save(curator, work, sha256="0" * 64, search_text="other", curated_fields="title")

    assert Artwork.objects.get().sha256 == work.sha256
    assert not Change.objects.exists()


def test_a_list_keeps_its_commas_line_by_line(curator):
    style = make_style(look_for=["thick paint, laid on", "outdoors"])

    save(curator, style, summary="Short")
    style.refresh_from_db()
    assert style.look_for == ["thick paint, laid on", "outdoors"]

    save(curator, style, look_for="thick paint, laid on\r\n\r\n light \r\n")
    style.refresh_from_db()
    assert style.look_for == ["thick paint, laid on", "light"]


def test_the_log_tells_old_addresses_and_whole_rows_in_words(curator):
    artist = make_artist(slug="monet")
    save(curator, artist, slug="claude-monet")
    curator.post(reverse("admin:gallery_artwork_delete", args=[make_artwork().pk]), {"post": "yes"})

    page = curator.get(reverse("admin:gallery_change_changelist")).content.decode()

    assert "redirects: <del>nothing</del> → <ins>monet</ins>" in page
    assert "Taken out of the catalogue." in page


# Many works


def test_nothing_changes_before_the_preview_is_confirmed(curator):
    style, new = make_style("Realism"), make_style("Cubism")
    works = [make_artwork(style=style), make_artwork(style=new)]

    page = together(curator, works, "preview", style=new.pk).content.decode()

    assert "1 of 2 works will change." in page
    assert "Realism" in page
    assert not Change.objects.exists()


def test_many_works_change_after_the_preview_and_come_back_together(curator):
    works = [make_artwork(), make_artwork()]
    artist = make_artist(death_year=1900)
    values = {"artist": artist.pk, "is_published": "False", "reason": "One hand"}

    seen = expected(together(curator, works, "preview", **values))
    response = together(curator, works, "apply", **values | seen)

    assert response.status_code == 302
    assert Artwork.objects.filter(artist=artist, is_published=False, rights="public_domain").count() == 2
    assert set(Change.objects.values_list("kind", "reason")) == {("bulk", "One hand")}
    curator.post(reverse("admin:gallery_change_undo_batch", args=[Change.objects.first().batch]))
    assert Artwork.objects.filter(artist=None, is_published=True, rights="unknown").count() == 2


def test_all_that_fit_are_changed_not_only_those_of_the_page(curator):
    style = make_style()
    fitting = [make_artwork(style=style) for _ in range(3)]
    other = make_artwork()
    data = {"action": "change_together", "_selected_action": [fitting[0].pk], "select_across": "1"}
    data |= {"step": "preview", "rights": "protected"}
    address = f"{reverse(WORKS)}?style={style.pk}"

    curator.post(address, data | expected(curator.post(address, data)) | {"step": "apply"})

    assert Artwork.objects.filter(rights="protected", style=style).count() == 3
    other.refresh_from_db()
    assert other.rights == "unknown"


def test_other_works_than_those_previewed_are_not_changed(curator):
    one, other = make_artwork(), make_artwork()
    seen = expected(together(curator, [one], "preview", is_published="False"))

    page = together(curator, [other], "apply", is_published="False", **seen).content.decode()

    assert "Look again" in page
    assert not Artwork.objects.filter(is_published=False).exists()


def test_taking_off_display_shows_its_preview_first(curator):
    shown, hidden = make_artwork(), make_artwork(is_published=False)
    wanted = {"action": "take_off_display", "_selected_action": [shown.pk, hidden.pk], "index": "0"}

    preview = curator.post(reverse(WORKS), wanted)
    wanted = wanted | {"step": "apply", "is_published": "False"} | expected(preview)
    del wanted["index"]
    page = curator.post(reverse(WORKS), wanted, follow=True).content.decode()

    shown.refresh_from_db()
    assert "1 of 2 works will change." in preview.content.decode()
    assert "1 work changed." in page
    assert not shown.is_published


def test_choosing_nothing_says_so(curator):
    page = together(curator, [make_artwork()], "preview").content.decode()

    assert "Choose at least one thing" in page


# Artists and styles


def test_a_portrait_must_be_a_picture(curator):
    artist = make_artist()
    address = reverse("admin:gallery_artist_change", args=[artist.pk])
    letter = SimpleUploadedFile("letter.jpg", pictures.letter(), "image/jpeg")

    page = curator.post(address, form_of(curator, artist) | {"portrait": letter}).content.decode()

    assert "not a picture" in page


def test_two_artists_are_merged_and_the_merge_undone(curator):
    monet, double = make_artist("Claude Monet"), make_artist("Monet", slug="monet")
    work = make_artwork(artist=double)
    address = f"{reverse('admin:gallery_artist_merge', args=[monet.pk])}?artist={double.pk}"

    page = curator.get(address).content.decode()
    curator.post(address, {"reason": "The same man"})

    work.refresh_from_db()
    assert "1 work comes along" in page
    assert work.artist == monet
    assert ArtistRedirect.objects.get().old_slug == "monet"
    batch = Change.objects.filter(reason="The same man").first().batch
    curator.post(reverse("admin:gallery_change_undo_batch", args=[batch]))
    work.refresh_from_db()
    assert work.artist.name == "Monet"


def test_the_action_wants_exactly_two_artists_and_keeps_the_one_with_most_works(curator):
    small, large, third = make_artist(), make_artist(), make_artist()
    make_artwork(artist=large)
    address = reverse("admin:gallery_artist_changelist")

    def merging(*artists):
        chosen = [artist.pk for artist in artists]
        return curator.post(address, {"action": "merge", "_selected_action": chosen, "index": "0"})

    assert merging(small, large).url == (
        f"{reverse('admin:gallery_artist_merge', args=[large.pk])}?artist={small.pk}"
    )
    assert "merge" not in merging(small, large, third).url


def test_nobody_is_merged_with_themselves(curator):
    artist = make_artist()
    address = f"{reverse('admin:gallery_artist_merge', args=[artist.pk])}?artist={artist.pk}"

    curator.post(address)

    assert Artist.objects.filter(pk=artist.pk).exists()
    assert not Change.objects.exists()


def test_an_artist_with_a_new_slug_is_found_under_the_old_one(curator):
    artist = make_artist(slug="monet")

    save(curator, artist, slug="claude-monet")

    assert curator.get("/artists/monet/").url == "/artists/claude-monet/"


def test_going_back_to_the_old_slug_leaves_no_circle(curator):
    artist = make_artist(slug="monet")

    save(curator, artist, slug="claude-monet")
    artist.refresh_from_db()
    save(curator, artist, slug="monet")

    assert curator.get("/artists/monet/").status_code == 200
    assert curator.get("/artists/claude-monet/").url == "/artists/monet/"


def test_dates_of_an_artist_decide_the_rights_in_the_works(curator):
    artist = make_artist()
    work = make_artwork(artist=artist)

    save(curator, artist, death_year="1926")

    work.refresh_from_db()
    assert (work.rights, work.curated_fields) == ("public_domain", [])


def test_the_famous_are_ordered_by_numbers_and_the_order_undone(curator):
    style = make_style()
    first, second, third = (make_artist(style=style) for _ in range(3))
    data = form_of(curator, style)
    numbers = dict(zip((first.pk, second.pk, third.pk), (3, 1, 2), strict=True))
    for place in range(3):
        prefix = f"famousartist_set-{place}"
        data[f"{prefix}-rank"] = numbers[data[f"{prefix}-artist"]]

    save(curator, style, **data)

    def ranks():
        return list(FamousArtist.objects.filter(style=style).order_by("rank").values_list("artist", "rank"))

    assert ranks() == [(second.pk, 1), (third.pk, 2), (first.pk, 3)]
    curator.post(reverse("admin:gallery_change_undo", args=[Change.objects.get().pk]))
    assert ranks() == [(first.pk, 1), (second.pk, 2), (third.pk, 3)]


def test_two_of_the_famous_may_swap_their_rows(curator):
    style = make_style()
    first, second = make_artist(style=style), make_artist(style=style)
    values = {"famousartist_set-0-artist": second.pk, "famousartist_set-1-artist": first.pk}

    save(curator, style, **values)

    ranked = FamousArtist.objects.filter(style=style).order_by("rank")
    assert [famous.artist for famous in ranked] == [second, first]


def test_one_of_the_famous_is_taken_off(curator):
    style = make_style()
    _, second = make_artist(style=style), make_artist(style=style)

    save(curator, style, **{"famousartist_set-0-DELETE": "on"})

    assert FamousArtist.objects.get(style=style).artist == second
    assert FamousArtist.objects.get(style=style).rank == 1


def test_an_artist_without_a_number_is_the_last_of_the_famous(curator):
    style = make_style()
    make_artist(style=style)
    new = make_artist()
    values = {"famousartist_set-TOTAL_FORMS": 2, "famousartist_set-1-artist": new.pk}

    save(curator, style, **values)

    assert FamousArtist.objects.get(artist=new).rank == 2


# Roles


def test_roles_are_there_after_the_migrations():
    assert set(Group.objects.values_list("name", flat=True)) >= {"Viewers", "Curators"}


def test_curators_may_change_all_of_the_catalogue_but_not_its_log():
    codes = set(curators().permissions.values_list("content_type__app_label", "codename"))

    assert {("gallery", "change_artwork"), ("gallery", "delete_artist"), ("gallery", "view_change")} <= codes
    assert ("gallery", "change_change") not in codes
    assert {label for label, _ in codes} <= {"gallery", "scraper"}


def test_viewers_may_only_look():
    codes = viewers().permissions.values_list("codename", flat=True)

    assert codes
    assert all(code.startswith("view_") for code in codes)


def test_viewers_see_the_catalogue_and_change_nothing(client):
    work = make_artwork()
    seen = expected(together(staff(client, curators()), [work], "preview", is_published="False"))
    viewer = staff(client, viewers())
    change = reverse("admin:gallery_artwork_change", args=[work.pk])
    bulk = together(viewer, [work], "apply", is_published="False", **seen)

    assert viewer.get(reverse(WORKS)).status_code == 200
    assert viewer.get(change).status_code == 200
    assert viewer.post(change, {"title": "Other"}).status_code == 403
    assert bulk.status_code in (200, 302, 403)
    assert Artwork.objects.get().is_published
    assert viewer.get(reverse("admin:gallery_artist_merge", args=[make_artist().pk])).status_code == 403


def test_viewers_undo_nothing(curator, client):
    work = make_artwork("Haystack")
    save(curator, work, title="Haystacks")
    batch = Change.objects.get().batch
    staff(client, viewers())

    assert client.get(reverse("admin:gallery_change_batch", args=[batch])).status_code == 200
    assert client.post(reverse("admin:gallery_change_undo_batch", args=[batch])).status_code == 403
    assert (
        client.post(reverse("admin:gallery_change_undo", args=[Change.objects.get().pk])).status_code == 403
    )
    assert Artwork.objects.get().title == "Haystacks"


@pytest.mark.parametrize("role", [curators, viewers])
def test_neither_curators_nor_viewers_see_users_pictures(client, role):
    prediction = make_done_prediction()
    staff(client, role())

    assert client.get(reverse("admin:classifier_prediction_changelist")).status_code == 403
    assert client.get(reverse("admin:classifier_prediction_change", args=[prediction.pk])).status_code == 403
    assert client.get(reverse("classifier:prediction-detail", args=[prediction.pk])).status_code == 404
    assert "classifier" not in client.get(reverse("admin:index")).content.decode()


def test_the_log_cannot_be_written_by_hand(curator):
    save(curator, make_artwork("Haystack"), title="Haystacks")
    change = Change.objects.get()

    assert curator.get(reverse("admin:gallery_change_changelist")).status_code == 200
    assert curator.get(reverse("admin:gallery_change_add")).status_code == 403
    assert curator.post(reverse("admin:gallery_change_delete", args=[change.pk])).status_code == 403
    assert Change.objects.filter(pk=change.pk).exists()


def test_works_that_would_share_a_page_at_wikiart_are_not_changed_together(curator):
    artist = make_artist()
    works = [make_artwork(wikiart_slug="self-portrait"), make_artwork(wikiart_slug="self-portrait")]
    values = {"artist": artist.pk, "reason": "One hand"}

    seen = expected(together(curator, works, "preview", **values))
    response = together(curator, works, "apply", **values | seen)

    page = curator.get(response.url).content.decode()
    assert "Two works of this artist would have the same page at WikiArt" in page
    assert not Artwork.objects.filter(artist=artist).exists()
    assert not Change.objects.exists()


# Two at a time


def test_a_form_that_was_opened_before_somebody_else_saved_says_so_and_counts_the_second_time(curator):
    work = make_artwork("Haystack")
    address = reverse("admin:gallery_artwork_change", args=[work.pk])
    opened = seen_in(curator.get(address)) | form_of(curator, work)
    save(curator, work, title="Haystacks")

    first = curator.post(address, opened | {"year": "1890"})
    work.refresh_from_db()
    stands = (work.title, work.year)
    second = curator.post(address, opened | {"year": "1890"} | seen_in(first))

    assert "Somebody else, or an import, has changed this" in first.content.decode()
    assert stands == ("Haystacks", None)
    work.refresh_from_db()
    assert (second.status_code, work.title, work.year) == (302, "Haystack", 1890)


@pytest.mark.parametrize("make", [make_artwork, make_artist, make_style])
def test_a_form_that_nothing_has_overtaken_is_saved(curator, make):
    row = make()
    address = reverse(f"admin:gallery_{row._meta.model_name}_change", args=[row.pk])

    assert curator.post(address, form_of(curator, row) | seen_in(curator.get(address))).status_code == 302


def seen_in(page) -> dict[str, str]:
    """What the page sends along of the row as it was."""
    name, value = re.search(r'name="(row_as_seen)" value="(\w+)"', page.content.decode()).groups()
    return {name: value}
