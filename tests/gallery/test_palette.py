from io import BytesIO

import pytest
from django.db import connection
from django.urls import reverse
from PIL import Image

from gallery import colour_search, palette, tasks
from gallery.models import PaletteColour
from tests import pictures
from tests.factories import make_artwork


def stripes(*colours: str) -> bytes:
    """A PNG of upright stripes, equally wide."""
    image, out = Image.new("RGB", (40 * len(colours), 40)), BytesIO()
    for place, colour in enumerate(colours):
        image.paste(colour, (40 * place, 0, 40 * place + 40, 40))
    image.save(out, "PNG")
    return out.getvalue()


def main_colours(data: bytes) -> list[palette.Colour]:
    return palette.main_colours(Image.open(BytesIO(data)).convert("RGB"))


def titles(rgb: str) -> list[str]:
    return [work.title for work in colour_search.works_with(rgb)]


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [("ffffff", (100, 0, 0)), ("000000", (0, 0, 0)), ("ff0000", (53.24, 80.09, 67.2)), ("0000ff", (32.3, 79.19, -107.86))],
)  # fmt: skip
def test_lab_is_what_the_standard_says(rgb, lab):
    assert palette.lab_of(rgb) == pytest.approx(lab, abs=0.05)


def test_the_main_colours_are_those_one_sees_the_largest_first():
    colours = main_colours(stripes("#b03020", "#b03020", "#b03020", "#204080"))

    assert [colour.rgb for colour in colours] == ["b03020", "204080"]
    assert colours[0].share == pytest.approx(0.75, abs=0.03)
    assert [colour.name for colour in colours] == ["red", "dark blue"]


def test_shades_that_look_the_same_are_one_colour():
    assert len(main_colours(stripes("#204080", "#224282", "#1e3e7c"))) == 1


def test_a_palette_has_six_colours_at_most_and_is_the_same_each_time():
    data = pictures.small_painting(3)

    assert 2 <= len(main_colours(data)) <= 6
    assert main_colours(data) == main_colours(data)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ("ffffff", "white"), ("101010", "black"), ("808080", "grey"), ("6b4226", "brown"), ("2a5caa", "blue"),
        ("2e7d32", "green"), ("f4c20d", "bright yellow"), ("101f4f", "dark blue"), ("c62828", "red"),
        ("7b3fa0", "violet"), ("f4a7b9", "light pink"), ("e67e22", "orange"),
    ],
)  # fmt: skip
def test_colours_have_the_names_that_people_give_them(rgb, name):
    assert palette.name_of(palette.lab_of(rgb)) == name


@pytest.mark.django_db
def test_a_kept_picture_has_its_palette_and_another_picture_another_one():
    work = make_artwork(picture=stripes("#b03020"))
    assert [colour.rgb for colour in work.palette.all()] == ["b03020"]

    work.take_picture(stripes("#204080"))
    work.save()

    assert [colour.rgb for colour in work.palette.all()] == ["204080"]


@pytest.mark.django_db
def test_paintings_are_found_by_a_colour_the_larger_its_share_the_earlier():
    make_artwork("A little red", picture=stripes("#b03020", "#204080", "#f0f0e0"))
    make_artwork("All red", picture=stripes("#b23222"))
    make_artwork("Blue", picture=stripes("#204080"))

    assert titles("b03020") == ["All red", "A little red"]


@pytest.mark.django_db
def test_what_is_not_on_display_is_not_found_by_its_colour(settings):
    settings.SHOW_PROTECTED_PICTURES = False
    make_artwork("Hidden", picture=stripes("#b03020"), rights="public_domain", is_published=False)
    make_artwork("Protected", picture=stripes("#b13020"), rights="protected")
    make_artwork("Free", picture=stripes("#b03120"), rights="public_domain")

    assert titles("b03020") == ["Free"]


@pytest.mark.django_db
def test_palettes_of_works_from_before_are_made_and_one_bad_file_stops_nothing():
    works = [make_artwork(picture=stripes(colour)) for colour in ("#b03020", "#204080", "#2e7d32")]
    PaletteColour.objects.all().delete()
    works[1].picture.storage.delete(works[1].picture.name)

    after = colour_search.catch_up(works=2)
    assert after == works[1].pk
    assert colour_search.catch_up(after=after, works=2) is None

    assert [work.palette.count() for work in works] == [1, 0, 1]


@pytest.mark.django_db
def test_the_worker_makes_what_is_missing():
    work = make_artwork(picture=stripes("#b03020"))
    PaletteColour.objects.all().delete()

    tasks.make_palettes()

    assert work.palette.count() == 1


@pytest.mark.django_db
def test_the_page_of_a_colour_names_it_and_shows_its_paintings(client):
    make_artwork("All red", picture=stripes("#b03020"))

    page = client.get(reverse("gallery:colour-detail", args=["b03020"])).content.decode()

    assert "Paintings with this colour: red" in page
    assert "All red" in page


@pytest.mark.django_db
def test_the_page_of_a_colour_that_no_painting_has_says_so(client):
    page = client.get(reverse("gallery:colour-detail", args=["00ff00"])).content.decode()

    assert "No painting here has it" in page


@pytest.mark.parametrize("rgb", ["xyz123", "B03020", "b0302", "b030200"])
def test_what_is_no_colour_is_not_there(client, rgb):
    assert client.get(f"/colours/{rgb}/").status_code == 404


@pytest.mark.django_db
def test_the_search_for_a_colour_is_answered_by_the_index():
    for seed in range(3):
        make_artwork(picture=pictures.small_painting(seed))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    plan = PaletteColour.objects.near(palette.lab_of("b03020"))[:48].explain()

    assert "palette_lab" in plan
