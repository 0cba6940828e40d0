import csv
import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gallery.curators import curators, viewers
from gallery.merging import Merge
from gallery.models import Artist, Artwork, Change
from gallery.tables import as_meant, neutral
from tests.factories import make_artist, make_artwork, make_style, make_user

CSV, JSON = "0", "1"


@pytest.fixture
def curator(client, db):
    user = make_user(is_staff=True)
    user.groups.add(curators())
    client.force_login(user)
    return client


def taken_out(client, model="artwork", *, query="", format_=CSV):
    response = client.post(
        reverse(f"admin:gallery_{model}_export") + query, {"format": format_, "resource": "0"}
    )
    assert response.status_code == 200
    text = response.content.decode()
    return (
        json.loads(text)
        if format_ == JSON
        else list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    )


def look_at(client, text, model="artwork", *, format_=CSV, name="table.csv"):
    """Choose a file; gives the page with the preview."""
    file = SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
    data = {"import_file": file, "format": format_, "resource": "0"}
    return client.post(reverse(f"admin:gallery_{model}_import"), data)


def bring_in(client, text, model="artwork", **kwargs):
    """Choose a file, look at the preview, and confirm it."""
    return confirm(client, look_at(client, text, model, **kwargs), model)


def confirm(client, page, model="artwork"):
    """Bring in what a preview shows."""
    assert "confirm_form" in page.context, page.content.decode()
    (seen,) = re.findall(r'name="seen" value="(\w+)"', page.content.decode())
    data = page.context["confirm_form"].initial | {"confirm": "1", "seen": seen}
    return client.post(reverse(f"admin:gallery_{model}_process_import"), data, follow=True)


def test_works_go_out_as_csv_with_their_artist_and_style(curator):
    style, artist = make_style(slug="cubism"), make_artist(slug="braque")
    work = make_artwork("Violin", style=style, artist=artist, year=1910, tags=["violin", "still life"])

    (row,) = taken_out(curator)

    assert (row["id"], row["title"], row["year"]) == (str(work.pk), "Violin", "1910")
    assert (row["style"], row["artist"], row["tags"]) == ("cubism", "braque", "violin; still life")


def test_only_what_the_list_shows_goes_out(curator):
    make_artwork("shown", rights="protected")
    make_artwork("not shown")

    rows = taken_out(curator, query="?rights=protected", format_=JSON)

    assert [row["title"] for row in rows] == ["shown"]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "'=1", "|calc", "\r=1", "\n=1"]
)
def test_no_cell_is_a_formula_and_every_cell_comes_back(cell):
    assert neutral(cell) == f"'{cell}"
    assert as_meant(neutral(cell)) == cell


@pytest.mark.parametrize("cell", ["Haystacks", "-500", "-1.5", "'s-Hertogenbosch", "", 7, None])
def test_other_cells_stay_as_they_are(cell):
    assert neutral(cell) == cell
    assert as_meant(cell) == cell


def test_a_title_that_is_a_formula_goes_out_as_text_and_comes_in_as_it_was(curator):
    work = make_artwork('=HYPERLINK("http://example.org")')
    (row,) = taken_out(curator)

    bring_in(curator, f'id,title,year\n{work.pk},"{row["title"].replace(chr(34), chr(34) * 2)}",1900\n')

    work.refresh_from_db()
    assert row["title"].startswith("'=")
    assert (work.title, work.year) == ('=HYPERLINK("http://example.org")', 1900)


def test_nothing_changes_before_the_preview_is_confirmed(curator):
    work = make_artwork("Haystack")

    page = look_at(curator, f"id,title\n{work.pk},Haystacks\n").content.decode()

    work.refresh_from_db()
    assert "0 new, 1 changed" in page
    assert "<ins>s</ins>" in page
    assert work.title == "Haystack"
    assert not Change.objects.exists()


def test_what_somebody_else_changed_after_the_preview_is_not_overwritten(curator):
    work, other = make_artwork("Haystack", year=1890), make_artwork("Poplars")
    page = look_at(curator, f"id,title,year\n{work.pk},Haystack,1891\n{other.pk},Poplar trees,\n")
    Artwork.objects.filter(pk=work.pk).update(title="Haystacks")

    told = confirm(curator, page).content.decode()

    assert "The catalogue is another one by now, so nothing was changed." in told
    assert set(Artwork.objects.values_list("title", "year")) == {("Haystacks", 1890), ("Poplars", None)}
    assert not Change.objects.exists()


def test_what_somebody_else_changed_beside_the_file_is_no_hindrance(curator):
    work = make_artwork("Haystack", style=make_style(slug="imp"))
    page = look_at(curator, f"id,title,style\n{work.pk},Haystacks,imp\n,New,imp\n")
    Artwork.objects.filter(pk=work.pk).update(genre="landscape")

    confirm(curator, page)

    assert set(Artwork.objects.values_list("title", "genre")) == {("Haystacks", "landscape"), ("New", "")}


def test_a_file_goes_through_the_log_and_is_undone_as_a_whole(curator):
    work, style = make_artwork("Haystack", year=1890), make_style(slug="cubism")
    table = f"id,title,style\n{work.pk},Haystacks,{work.style.slug}\n,Violin,cubism\n"

    page = bring_in(curator, table, name="more.csv").content.decode()

    work.refresh_from_db()
    assert (work.title, work.year, work.curated_fields) == ("Haystacks", 1890, ["title"])
    assert Artwork.objects.get(title="Violin").style == style
    assert "2 rows came in, 1 of them new." in page
    assert set(Change.objects.values_list("kind", "reason")) == {("import", "From the file more.csv")}
    (batch,) = set(Change.objects.values_list("batch", flat=True))
    curator.post(reverse("admin:gallery_change_undo_batch", args=[batch]))
    assert list(Artwork.objects.values_list("title", flat=True)) == ["Haystack"]


def test_the_same_file_again_changes_nothing(curator):
    work = make_artwork("Haystack")
    table = f"id,title,wikiart_id,artist\n{work.pk},Haystacks,,\n"
    bring_in(curator, table)

    page = bring_in(curator, table).content.decode()

    assert "nothing changed" in page
    assert Change.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("999999,Title,{style},", "There is no work 999999"),
        ("c. 7,Title,{style},", "There is no work c. 7"),
        ("{pk},Title,nowhere,", "no style with the slug “nowhere”"),
        ("{pk},Title,{style},nobody", "no artist with the slug “nobody”"),
    ],
)
def test_a_row_that_cannot_come_in_says_why_without_a_traceback(curator, row, sentence):
    work = make_artwork()

    text = "id,title,style,artist\n" + row.format(pk=work.pk, style=work.style.slug)
    page = look_at(curator, text).content.decode()

    assert sentence in page
    assert "Traceback" not in page
    assert "Bring them in" not in page


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("{pk},{style},-4,", "Constraint “size_in_cm_is_positive” is violated."),
        ("{pk},{style},,of-another", "Artwork with this Id at WikiArt already exists."),
        (",,12,", "This field cannot be null."),
    ],
)
def test_what_the_database_does_not_take_is_told_in_a_sentence(curator, row, sentence):
    work, _ = make_artwork(), make_artwork(wikiart_id="of-another")

    text = "id,style,width_cm,wikiart_id\n" + row.format(pk=work.pk, style=work.style.slug)
    page = look_at(curator, text)

    (row,) = page.context["result"].invalid_rows
    assert sentence in row.error.messages


def test_a_row_costs_few_queries(curator, django_assert_max_num_queries):
    artist, style = make_artist(slug="monet"), make_style(slug="imp")
    works = [make_artwork(artist=artist, style=style) for _ in range(10)]
    rows = "".join(f"{work.pk},A,imp,monet,1890\n" for work in works)

    with django_assert_max_num_queries(170):
        page = look_at(curator, "id,title,style,artist,year\n" + rows)

    assert "0 new, 10 changed" in page.content.decode()


def test_a_wrong_value_is_told_with_its_column(curator):
    work = make_artwork()

    page = look_at(curator, f"id,rights\n{work.pk},anything\n").content.decode()

    assert "anything" in page
    assert "not a valid choice" in page
    assert "Bring them in" not in page


def test_a_file_with_too_many_rows_says_so(curator, monkeypatch):
    monkeypatch.setattr("gallery.tables.MOST_ROWS", 1)

    page = look_at(curator, "id,title\n1,a\n2,b\n").content.decode()

    assert "1 rows at most" in page
    assert "Traceback" not in page


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("year", "c. 1889", "Enter a whole number."),
        ("year", "1889.7", "Enter a whole number."),
        ("width_cm", "nan", "Enter a number."),
        ("width_cm", "wide", "Enter a number."),
        ("is_published", "on display", "Write 1 for yes and 0 for no."),
    ],
)
def test_a_cell_of_another_kind_is_told_with_its_column(curator, column, cell, sentence):
    work = make_artwork()

    page = look_at(curator, f"id,{column}\n{work.pk},{cell}\n")

    (row,) = page.context["result"].invalid_rows
    assert row.error_dict == {column: [sentence]}
    assert sentence in page.content.decode()


@pytest.mark.parametrize(
    ("cell", "is_published"), [("Yes", True), ("no", False), ("TRUE", True), ("0", False)]
)
def test_yes_and_no_may_be_words(curator, cell, is_published):
    work = make_artwork(is_published=not is_published)

    bring_in(curator, f"id,is_published\n{work.pk},{cell}\n")

    work.refresh_from_db()
    assert work.is_published == is_published


def test_rows_of_json_may_name_their_values_in_any_order(curator):
    one, other = make_artwork("a"), make_artwork("b")
    rows = [{"id": one.pk, "title": "A", "tags": [1, "x"]}, {"tags": [], "title": "B", "id": other.pk}]

    bring_in(curator, json.dumps(rows), format_=JSON, name="works.json")

    assert dict(Artwork.objects.values_list("title", "tags")) == {"A": ["1", "x"], "B": []}


@pytest.mark.parametrize(
    ("text", "format_", "sentence"),
    [
        ("id,title\n1,Été\n".encode("cp1252"), CSV, "not in UTF-8"),
        ("id,title\n1,a,b\n", CSV, "cannot be read as a table"),
        ("[[1, 2]]", JSON, "cannot be read as a table"),
        ('[{"id": 1}, {"title": "a"}]', JSON, "cannot be read as a table"),
        ('{"id": 1}', JSON, "cannot be read as a table"),
        ("[{", JSON, "cannot be read as a table"),
    ],
)
def test_a_file_that_is_no_table_says_what_to_do(curator, text, format_, sentence):
    page = look_at(curator, text, format_=format_).content.decode()

    assert sentence in page
    assert "Bring them in" not in page


def test_columns_that_are_not_known_are_named_and_nothing_comes_in(curator):
    work = make_artwork("Haystack")

    page = look_at(curator, f"id,titel,Jahr\n{work.pk},Haystacks,1890\n").content.decode()

    assert "columns that we do not know: titel, jahr. Known are: id, title, artist, style," in page
    assert "Bring them in" not in page


def test_artists_without_a_column_for_their_slug_do_not_come_in(curator):
    page = look_at(curator, "name\nMonet\n", "artist").content.decode()

    assert "<li>Rows are known by their slug.</li>" in page
    assert "Bring them in" not in page


@pytest.mark.parametrize("between", [";", "\t", ","])
def test_a_spreadsheet_may_write_its_own_signs_between_cells_and_large_letters(curator, between):
    work = make_artwork("Haystack")
    rows = [["ID", " Title", "Year", ""], [str(work.pk), "Haystacks; in snow", "1891", ""]]
    table = io.StringIO()
    csv.writer(table, delimiter=between).writerows(rows)

    page = look_at(curator, table.getvalue()).content.decode()

    assert "0 new, 1 changed" in page
    assert "<ins>s; in snow</ins>" in page


def test_a_preview_that_is_too_old_changes_nothing(curator):
    data = {"import_file_name": "gone", "original_file_name": "a.csv", "format": CSV, "resource": "0"}

    page = curator.post(reverse("admin:gallery_artwork_process_import"), data, follow=True).content.decode()

    assert "Choose the file again" in page


def test_artists_come_in_by_their_slug_and_their_works_follow(curator):
    artist = make_artist("Monet", slug="monet")
    work = make_artwork(artist=artist)
    table = json.dumps(
        [
            {"slug": "monet", "name": "Claude Monet", "death_year": "1926"},
            {"slug": "new", "name": "New", "death_year": ""},
        ]
    )

    bring_in(curator, table, "artist", format_=JSON, name="artists.json")

    work.refresh_from_db()
    assert (work.rights, work.search_text.endswith("claude monet")) == ("public_domain", True)
    assert set(Artist.objects.values_list("slug", "wikiart_slug")) == {("monet", None), ("new", None)}


@pytest.fixture
def monet(db):
    """An artist of whom a table may still say "c-monet"."""
    artist = make_artist("Claude Monet", slug="claude-monet")
    Merge(make_artist("C. Monet", slug="c-monet"), artist).carry_out(user=None)
    return artist


def test_a_work_of_an_artist_who_was_merged_comes_in_as_one_of_the_kept(curator, monet):
    work = make_artwork()

    bring_in(curator, f"id,artist\n{work.pk},c-monet\n")

    work.refresh_from_db()
    assert work.artist == monet


def test_an_artist_who_was_merged_does_not_come_in_as_a_new_one(curator, monet):
    page = look_at(curator, "slug,name\nc-monet,C. Monet\n", "artist").content.decode()

    assert "“c-monet” is a former slug of Claude Monet. Write “claude-monet” instead" in page
    assert "Bring them in" not in page


def test_viewers_take_files_out_and_bring_none_in(client, db):
    user = make_user(is_staff=True)
    user.groups.add(viewers())
    client.force_login(user)
    make_artwork("Haystacks")

    assert [row["title"] for row in taken_out(client)] == ["Haystacks"]
    assert client.get(reverse("admin:gallery_artwork_import")).status_code == 403
    assert client.post(
        reverse("admin:gallery_artwork_process_import"), {"import_file_name": "x"}
    ).status_code in (
        302,
        403,
    )
