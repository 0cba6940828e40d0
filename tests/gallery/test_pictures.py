"""The copies of pictures: how they are made, hung, served, and cleared away."""

import base64
import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone
from PIL import Image, features

from gallery import files, pictures, tasks
from gallery.models import Artwork
from gallery.pictures import Copies
from ml import inference
from tests.factories import make_artist, make_artwork, make_style, make_user
from tests.pictures import rotated_photo, small_painting

KINDS = {"avif": "AVIF", "webp": "WebP", "jpg": "JPEG"}
LONG_AGO = (timezone.now() - timedelta(days=3)).timestamp()


class Tags(HTMLParser):
    """The tags of a page with their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))

    def named(self, name: str) -> list[dict]:
        return [given for tag, given in self.all if tag == name]


def hang(copies: Copies, **how) -> Tags:
    told = " ".join(f'{name}="{value}"' for name, value in how.items())
    template = Template("{% load hanging %}{% picture copies alt " + told + " %}")
    return Tags(template.render(Context({"copies": copies, "alt": 'A "sea" & sky'})))


def painting(width: int, height: int) -> bytes:
    """A PNG with a soft change of colour."""
    out = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def colour_at(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    return image.convert("RGB").getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))


# How they are made


def test_this_pillow_writes_every_kind():
    assert features.check("avif") and features.check("webp")
    assert list(pictures.ENCODINGS) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_of_its_kind_upright_and_no_larger_than_asked(kind):
    original = inference.inspect(rotated_photo())

    facts = inference.inspect(pictures.copy(rotated_photo(), 320, kind))

    assert facts.kind == KINDS[kind]
    assert max(facts.width, facts.height) <= 320
    assert facts.width / facts.height == pytest.approx(original.width / original.height, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_tells_nothing_of_camera_and_place(kind):
    copy = Image.open(BytesIO(pictures.copy(rotated_photo(), 320, kind)))

    assert not copy.getexif()
    assert "icc_profile" not in copy.info


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_shows_what_the_picture_shows(kind):
    data = small_painting()
    whole = Image.open(BytesIO(data)).convert("RGB").resize((8, 6), Image.Resampling.BOX)

    copy = (
        Image.open(BytesIO(pictures.copy(data, 320, kind)))
        .convert("RGB")
        .resize((8, 6), Image.Resampling.BOX)
    )

    differences = [abs(a - b) for a, b in zip(whole.tobytes(), copy.tobytes(), strict=True)]
    assert max(differences) < 16
    assert sum(differences) / len(differences) < 3


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (900, 1200), (1300, 480), (2000, 40)])
def test_a_placeholder_is_tiny(width, height):
    told = pictures.placeholder_of(painting(width, height))

    image = Image.open(BytesIO(base64.b64decode(told)))
    assert image.format == "WEBP"
    assert max(image.size) == 16
    assert len(told) <= 160


def test_a_placeholder_has_the_colours_of_its_picture():
    half = Image.new("RGB", (800, 600), (200, 60, 30))
    half.paste((20, 60, 160), (400, 0, 800, 600))
    out = BytesIO()
    half.save(out, "PNG")

    image = Image.open(BytesIO(base64.b64decode(pictures.placeholder_of(out.getvalue()))))

    assert colour_at(image, 0.1, 0.5) == pytest.approx((200, 60, 30), abs=25)
    assert colour_at(image, 0.9, 0.5) == pytest.approx((20, 60, 160), abs=25)


# How they hang


def test_a_browser_finds_every_kind_the_smallest_first_and_a_jpeg_at_last():
    tags = hang(Copies("/a/{size_px}.{kind}", 1600, 1200))

    assert [source["type"] for source in tags.named("source")] == ["image/avif", "image/webp"]
    assert tags.named("source")[0]["srcset"] == "/a/320.avif 320w,/a/480.avif 480w,/a/720.avif 720w"
    assert tags.named("img")[0]["src"] == "/a/480.jpg"
    assert [tag for tag, _ in tags.all] == ["picture", "source", "source", "img"]


def test_widths_are_told_and_not_longer_sides():
    portrait = Copies("/{size_px}.{kind}", 600, 1200)

    assert portrait.srcset("avif", (320, 480)) == "/320.avif 160w,/480.avif 240w"


def test_no_copy_is_larger_than_the_picture():
    small = Copies("/{size_px}.{kind}", 400, 300)

    assert small.srcset("webp", (320, 480, 720, 1280)) == "/320.webp 320w,/480.webp 400w"


def test_a_picture_keeps_its_room_and_its_words():
    image = hang(Copies("/{size_px}.{kind}", 1600, 1200)).named("img")[0]

    assert (image["width"], image["height"]) == ("1600", "1200")
    assert image["alt"] == 'A "sea" & sky'
    assert image["decoding"] == "async"


@pytest.mark.parametrize(
    ("comes", "loading", "priority"),
    [("later", "lazy", None), ("soon", None, None), ("first", None, "high")],
)
def test_pictures_come_when_they_are_needed(comes, loading, priority):
    image = hang(Copies("/{size_px}.{kind}", 1600, 1200), comes=comes).named("img")[0]

    assert (image.get("loading"), image.get("fetchpriority")) == (loading, priority)


@pytest.mark.parametrize("place", ["wall", "room", "work", "side", "list"])
def test_all_that_is_asked_for_can_be_had(place):
    wanted = hang(Copies("{size_px} {kind}", 4000, 1000), place=place)

    asked = re.findall(r"(\d+) (avif|webp|jpg)", str(wanted.all))
    assert len(asked) >= 5
    assert {(int(size_px), kind) for size_px, kind in asked} <= {
        (size_px, kind) for size_px in pictures.COPIES_PX for kind in pictures.ENCODINGS
    }


def test_a_placeholder_stands_behind_and_needs_no_style_attribute():
    image, stand_in = hang(Copies("/{size_px}.{kind}", 1600, 1200, "UklGRg==")).named("img")

    assert stand_in["src"] == "data:image/webp;base64,UklGRg=="
    assert (stand_in["alt"], stand_in["class"]) == ("", "blur")
    assert image["alt"] and "style" not in stand_in


# How they are served


@pytest.fixture
def work(db):
    return make_artwork("Sea", picture=small_painting(), rights="public_domain", artist=make_artist())


def read(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_served_for_ever_under_an_address_of_its_own(client, work, kind):
    response = client.get(work.copies.at(320, kind))

    assert response.headers["Content-Type"] == pictures.ENCODINGS[kind].media_type
    assert response.headers["Cache-Control"] == "public, max-age=31536000, s-maxage=86400, immutable"
    assert "Cookie" not in response.headers.get("Vary", "") and not response.cookies
    assert "Accept-Language" not in response.headers.get("Vary", "")  # one copy does for all languages
    assert "Content-Language" not in response.headers
    assert inference.inspect(read(response)).kind == KINDS[kind]


def test_a_browser_that_asks_again_is_told_that_nothing_changed(client, work, settings):
    first = client.get(work.copies.at(320, "avif"))
    read(first)
    Path(work.picture.path).unlink()

    again = client.get(work.copies.at(320, "avif"), headers={"if-none-match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_another_picture_has_another_address_and_the_old_one_leads_there(client, work):
    old = work.copies.at(480, "avif")
    work.take_picture(small_painting(2))
    work.save()

    response = client.get(old)

    assert work.copies.at(480, "avif") != old
    assert response.status_code == 302
    assert response.url == work.copies.at(480, "avif")
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["thumbnail.jpg", "preview.jpg", "large.jpg"])
def test_addresses_from_before_stay(client, work, name):
    response = client.get(f"/artworks/{work.pk}/{name}")

    assert read(response).startswith(b"\xff\xd8")
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    again = client.get(f"/artworks/{work.pk}/{name}", headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["321-{}.avif", "480-{}.gif", "480-{}x.jpg", "480-.jpg", "480.jpg"])
def test_sizes_and_kinds_that_no_page_asks_for_are_not_made(client, work, name):
    assert client.get(f"/artworks/{work.pk}/{name.format(work.picture_version)}").status_code == 404


def test_a_protected_picture_has_no_copy(client, work, settings):
    settings.SHOW_PROTECTED_PICTURES = False
    address = work.copies.at(480, "webp")
    etag = client.get(address).headers["ETag"]
    Artwork.objects.filter(pk=work.pk).update(rights="protected")

    assert client.get(address).status_code == 404
    assert client.get(address, headers={"if-none-match": etag}).status_code == 404
    assert "picture" not in [tag for tag, _ in Tags(client.get(work.get_absolute_url()).content.decode()).all]
    assert work.placeholder not in client.get(work.get_absolute_url()).content.decode()


@pytest.mark.parametrize("hidden", [{"is_published": False}, {"rights": "protected"}])
def test_what_not_everybody_may_see_stays_out_of_shared_caches(client, work, settings, hidden):
    settings.SHOW_PROTECTED_PICTURES = True
    Artwork.objects.filter(pk=work.pk).update(**hidden)
    client.force_login(make_user(is_superuser=True, is_staff=True))

    response = client.get(work.copies.at(480, "webp"))

    assert response.headers["Cache-Control"] == "private, no-cache"


def test_a_hidden_work_has_no_copy_for_strangers(client, work):
    Artwork.objects.filter(pk=work.pk).update(is_published=False)

    assert client.get(work.copies.at(480, "webp")).status_code == 404


def test_the_web_server_in_front_sends_copies_too(client, work, settings):
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"

    response = client.get(work.copies.at(480, "avif"))

    place = response.headers["X-Accel-Redirect"].removeprefix("/protected/")
    assert response.content == b""
    assert inference.inspect((settings.MEDIA_ROOT / place).read_bytes()).kind == "AVIF"


def test_a_copy_is_made_once(client, work):
    read(client.get(work.copies.at(480, "avif")))
    Path(work.picture.path).unlink()

    assert read(client.get(work.copies.at(480, "avif")))


def test_a_picture_that_cannot_be_opened_is_a_404(client, work):
    Path(work.picture.path).write_bytes(b"\xff\xd8 no picture")

    assert client.get(work.copies.at(480, "avif")).status_code == 404


def test_a_page_asks_for_copies_of_all_works_in_the_same_number_of_queries(
    db, client, django_assert_max_num_queries
):
    style = make_style(slug="cubism")
    for seed in range(12):
        make_artwork(style=style, picture=small_painting(seed), rights="public_domain")

    with django_assert_max_num_queries(4):
        page = Tags(client.get("/artworks/").content.decode())

    shown = [image for image in page.named("img") if image.get("class") != "blur"]
    assert len(shown) == len(page.named("img")) / 2 == 12
    assert [image.get("loading") for image in shown] == [None] * 4 + ["lazy"] * 8


def test_the_picture_that_a_page_is_about_comes_first(client, work):
    page = Tags(client.get(work.get_absolute_url()).content.decode())

    assert page.named("img")[0]["fetchpriority"] == "high"
    assert len([image for image in page.named("img") if "fetchpriority" in image]) == 1


# What stands in for them, kept in the row


def test_a_kept_picture_has_its_placeholder_and_another_picture_another_one(work):
    before = work.placeholder
    work.take_picture(rotated_photo())
    work.save(update_fields=["picture", "sha256", "width", "height"])

    after = Artwork.objects.get(pk=work.pk).placeholder
    assert before == pictures.placeholder_of(small_painting())
    assert after == pictures.placeholder_of(rotated_photo()) != before


def test_works_from_before_get_theirs_in_small_steps(db, monkeypatch):
    monkeypatch.setattr(tasks, "PLACEHOLDERS", 2)
    works = [make_artwork(picture=small_painting(seed)) for seed in range(3)]
    Path(works[1].picture.path).unlink()
    Artwork.objects.update(placeholder="")
    asked = []
    monkeypatch.setattr(tasks.make_placeholders, "delay", lambda after: asked.append(after))

    tasks.make_placeholders()
    assert asked == [works[1].pk]
    tasks.make_placeholders(after=asked[0])

    assert len(asked) == 1
    made = dict(Artwork.objects.values_list("pk", "placeholder"))
    assert [bool(made[work.pk]) for work in works] == [True, False, True]
    assert made[works[0].pk] == pictures.placeholder_of(small_painting(0))


def test_the_model_looking_again_leaves_the_placeholder(work):
    work.title = "Another sea"
    work.save()

    assert Artwork.objects.get(pk=work.pk).placeholder == work.placeholder != ""


# How they are cleared away


def make_copies(work: Artwork, *, age: float = LONG_AGO) -> list[Path]:
    made = [work.copy(size_px, kind) for size_px, kind in [(320, "avif"), (480, "jpg"), (2560, "jpg")]]
    for path in made:
        os.utime(path, (age, age))
    return made


def check() -> None:
    assert files.advance(files.begin(), seconds=60)


def test_copies_of_pictures_that_are_gone_go_with_the_check_of_files(work):
    kept, gone = make_artwork(picture=small_painting(5)), make_copies(work)
    needed = make_copies(kept)
    work.delete()

    check()

    assert [path.exists() for path in gone] == [False] * 3
    assert [path.exists() for path in needed] == [True] * 3


def test_copies_of_a_picture_that_is_not_shown_any_more_go(work, settings):
    settings.SHOW_PROTECTED_PICTURES = False
    made = make_copies(work)
    Artwork.objects.update(rights="protected")

    check()

    assert not any(path.exists() for path in made)


def test_fresh_copies_stay_for_a_day(work):
    made = make_copies(work, age=timezone.now().timestamp())
    work.delete()

    check()

    assert all(path.exists() for path in made)


def test_what_a_crash_left_and_sizes_of_the_past_go(work):
    folder = work.copy(320, "avif").parent
    left = [folder / name for name in [".x1y2z3", f"{work.sha256}-640.jpg", f"{work.sha256}-320.heic"]]
    for path in left:
        path.write_bytes(b"half")
        os.utime(path, (LONG_AGO, LONG_AGO))

    check()

    assert [path.name for path in folder.iterdir()] == [f"{work.sha256}-320.avif"]


def test_two_works_with_the_same_picture_share_copies_until_both_are_gone(work):
    twin = make_artwork(picture=small_painting(), rights="public_domain")
    made = make_copies(work)
    assert twin.copy(320, "avif") == made[0]

    work.delete()
    check()
    assert all(path.exists() for path in made)
    twin.delete()
    check()

    assert not any(path.exists() for path in made)


def test_thumbnails_of_portraits_go_when_artists_have_others(db, settings):
    artist = make_artist("Somebody", death_year=1900)
    artist.portrait.save("somebody.jpg", BytesIO(small_painting()))
    merged = make_artist("Once", death_year=1900)
    merged.portrait.save("once.jpg", BytesIO(small_painting(3)))
    needed, orphan = artist.portrait_thumbnail(), merged.portrait_thumbnail()
    for path in (needed, orphan):
        os.utime(path, (LONG_AGO, LONG_AGO))
    merged.delete()

    check()

    assert needed.exists() and not orphan.exists()


def test_the_addresses_of_the_api_stay(client, work):
    told = client.get(f"/api/v1/artworks/{work.pk}/").json()

    assert told["image_url"] == "http://testserver" + reverse(
        "gallery:artwork-picture", args=[work.pk, "preview"]
    )
    assert told["thumbnail_url"].endswith("/thumbnail.jpg")
