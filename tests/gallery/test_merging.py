import pytest
from django.urls import reverse

from gallery.changes import CannotUndo, edit_many, undo_batch
from gallery.merging import Merge, artist_once_known_as
from gallery.models import Artist, ArtistRedirect, Artwork, FamousArtist
from tests.factories import make_artist, make_artwork, make_style

pytestmark = pytest.mark.django_db


def famous_of(style):
    return [famous.artist.name for famous in FamousArtist.objects.filter(style=style).order_by("rank")]


def test_the_works_of_both_hang_under_one():
    monet, double = make_artist("Claude Monet"), make_artist("Monet, Claude")
    work = make_artwork("Haystacks", artist=double)

    Merge(double, monet).carry_out(user=None)

    work.refresh_from_db()
    assert (work.artist, work.search_text) == (monet, "haystacks claude monet")
    assert not Artist.objects.filter(pk=double.pk).exists()


def test_the_one_who_stays_keeps_their_facts_and_gets_what_they_lack():
    monet = make_artist("Claude Monet", birth_year=1840)
    double = make_artist("Monet", birth_year=1841, death_year=1926, wikiart_slug="claude-monet")

    Merge(double, monet).carry_out(user=None)

    monet.refresh_from_db()
    assert (monet.birth_year, monet.death_year, monet.wikiart_slug) == (1840, 1926, "claude-monet")


def test_dates_that_cannot_both_be_true_are_not_taken():
    died_early, born_late = make_artist(death_year=1800), make_artist(birth_year=1850)

    Merge(born_late, died_early).carry_out(user=None)

    died_early.refresh_from_db()
    assert died_early.birth_year is None


def test_the_better_place_among_the_famous_counts():
    style, other = make_style(), make_style()
    double = make_artist("Double", style=style)
    make_artist("Sisley", style=style)
    monet = make_artist("Monet", style=style)
    FamousArtist.objects.create(style=other, artist=double, rank=1)

    Merge(double, monet).carry_out(user=None)

    assert famous_of(style) == ["Monet", "Sisley"]
    assert famous_of(other) == ["Monet"]


def test_known_works_come_along_once():
    monet, double = make_artist(), make_artist()
    monet.known_works.create(title="Haystacks", year=1891)
    double.known_works.create(title="Haystacks", year=1890)
    double.known_works.create(title="Water Lilies", year=1908)

    Merge(double, monet).carry_out(user=None)

    assert list(monet.known_works.values_list("title", "year")) == [
        ("Haystacks", 1891),
        ("Water Lilies", 1908),
    ]


def test_the_old_address_leads_to_the_one_who_stays(client):
    monet, double = make_artist(slug="claude-monet"), make_artist(slug="monet")

    Merge(double, monet).carry_out(user=None)

    response = client.get("/artists/monet/")
    assert response.status_code == 301
    assert response.url == reverse("gallery:artist-detail", args=["claude-monet"])
    assert response.headers["Cache-Control"] == "no-cache"


def test_addresses_of_artists_merged_twice_lead_to_the_last():
    first, second, last = make_artist(slug="first"), make_artist(slug="second"), make_artist(slug="last")

    Merge(first, second).carry_out(user=None)
    Merge(second, last).carry_out(user=None)

    assert set(last.redirects.values_list("old_slug", flat=True)) == {"first", "second"}


def test_an_import_finds_whom_the_artist_was_merged_into():
    monet = make_artist(wikiart_slug="claude-monet")
    double = make_artist(slug="monet", wikiart_slug="oscar-claude-monet", wikiart_id="57726d")

    Merge(double, monet).carry_out(user=None)

    assert artist_once_known_as(slug="monet") == monet
    assert artist_once_known_as(wikiart_slug="oscar-claude-monet") == monet
    assert artist_once_known_as(wikiart_id="57726d", slug="other") == monet
    assert artist_once_known_as(slug="manet") is None
    assert artist_once_known_as() is None


def test_two_works_with_one_address_at_wikiart_are_both_kept():
    monet, double = make_artist(), make_artist()
    kept = make_artwork(artist=monet, wikiart_slug="haystacks")
    twin = make_artwork(artist=double, wikiart_slug="haystacks")

    Merge(double, monet).carry_out(user=None)

    twin.refresh_from_db()
    assert (twin.artist, twin.wikiart_slug) == (monet, "")
    assert Artwork.objects.filter(artist=monet).count() == 2
    assert kept in monet.artworks.filter(wikiart_slug="haystacks")


def test_a_merge_is_undone_as_a_whole():
    style = make_style()
    double = make_artist(
        "Double", style=style, slug="double", wikiart_slug="double-at-wikiart", death_year=1926
    )
    monet = make_artist("Monet", style=style)
    before = make_artist("Before", slug="before")
    Merge(before, double).carry_out(user=None)
    work = make_artwork("Haystacks", artist=double, wikiart_slug="haystacks")
    make_artwork(artist=monet, wikiart_slug="haystacks")
    batch = Merge(double, monet).carry_out(user=None)

    undo_batch(batch, user=None)

    again = Artist.objects.get(name="Double")
    monet.refresh_from_db()
    work.refresh_from_db()
    assert (again.name, again.slug, again.wikiart_slug) == ("Double", "double", "double-at-wikiart")
    assert list(again.known_works.values_list("title", flat=True)) == ["Known work of Double"]
    assert list(again.redirects.values_list("old_slug", flat=True)) == ["before"]
    assert (work.artist, work.wikiart_slug, work.curated_fields) == (again, "haystacks", [])
    assert work.search_text == "haystacks double"
    assert (monet.wikiart_slug, monet.death_year, monet.redirects.count()) == (None, None, 0)
    assert famous_of(style) == ["Double", "Monet"]


def test_a_merge_is_not_undone_where_a_work_has_another_artist_by_now():
    monet, double = make_artist("Monet"), make_artist("Double")
    work = make_artwork("Haystacks", artist=double)
    batch = Merge(double, monet).carry_out(user=None)
    edit_many(Artwork.objects.filter(pk=work.pk), {"artist": make_artist("Sisley").pk}, user=None)

    with pytest.raises(CannotUndo, match="Haystacks"):
        undo_batch(batch, user=None)

    assert ArtistRedirect.objects.filter(artist=monet).exists()
