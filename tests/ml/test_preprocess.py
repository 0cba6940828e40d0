import pickle
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ml.preprocess import Cut, UnreadableImage, check, decode, inspect, preprocess, scale, square
from tests import pictures

READABLE = {
    "JPEG": pictures.small_painting,
    "PNG": pictures.png,
    "WebP": pictures.webp,
    "AVIF": pictures.avif,
    "GIF": pictures.animated_gif,
    "TIFF": pictures.tiff,
}


def code_of(function, data):
    with pytest.raises(UnreadableImage) as caught:
        function(data)
    return caught.value.code


def far_apart(one, other):
    """The mean difference of two pictures, in steps of 0 to 255."""
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())


@pytest.mark.parametrize("kind", READABLE)
def test_every_kind_is_named_and_decoded(kind):
    data = READABLE[kind]()

    facts = inspect(data)

    assert facts.kind == kind
    assert check(data) == facts
    assert decode(data).size == (facts.width, facts.height)
    assert decode(data).mode == "RGB"


@pytest.mark.parametrize("kind", [kind for kind in READABLE if kind != "GIF"])
def test_every_kind_shows_the_same_painting(kind):
    assert far_apart(decode(READABLE[kind]()), pictures.composition()) < 4


@pytest.mark.parametrize("make", [pictures.rotated_photo, pictures.rotated_tiff])
def test_a_lying_photo_stands_up(make):
    data = make()
    upright = pictures.composition().transpose(Image.Transpose.ROTATE_270)

    assert (inspect(data).width, inspect(data).height) == (360, 480)
    assert decode(data).size == (360, 480)
    assert far_apart(decode(data), upright) < 4
    assert far_apart(square(data, 96), upright.resize((96, 96), Image.Resampling.BICUBIC)) < 4


def test_a_photo_of_two_pictures_reads_as_jpeg():
    data = pictures.mpo_photo()

    assert inspect(data).kind == "JPEG"
    assert far_apart(decode(data), pictures.composition()) < 5


def test_nothing_of_the_photographer_is_kept():
    picture = decode(pictures.rotated_photo())

    assert picture.info == {}
    assert not picture.getexif()
    out = BytesIO()
    picture.save(out, "JPEG")
    assert b"Camera Works" not in out.getvalue()
    assert b"Exif" not in out.getvalue()


def test_transparency_becomes_white():
    picture = decode(pictures.transparent_png())

    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert picture.getpixel((60, 45)) == (200, 30, 30)


def test_a_palette_with_a_transparent_colour_becomes_rgb_on_white():
    assert decode(pictures.palette_png()).mode == "RGB"
    assert (255, 255, 255) in decode(pictures.palette_png()).get_flattened_data()


def test_sixteen_bits_of_grey_keep_their_ramp():
    ramp = np.asarray(decode(pictures.sixteen_bit_png()))[0, :, 0]

    assert ramp[0] == 0
    assert ramp[-1] == 255
    assert np.all(np.diff(ramp.astype(int)) >= 0)


@pytest.mark.parametrize("clear", [0, 300, 65535])
def test_sixteen_bits_of_grey_with_a_transparent_value_keep_their_ramp(clear):
    ramp, out = np.arange(65536, dtype=np.uint16).reshape(256, 256), BytesIO()
    Image.fromarray(ramp).save(out, "PNG", transparency=clear)

    seen = np.asarray(decode(out.getvalue()))[:, :, 0]

    expected = (ramp >> 8).astype(np.uint8)
    expected[ramp == clear] = 255
    assert np.array_equal(seen, expected)


@pytest.mark.parametrize("make", [pictures.cmyk_scan, pictures.profiled_jpeg, pictures.broken_profile_jpeg])
def test_scans_for_print_and_odd_profiles_look_as_they_should(make):
    assert far_apart(decode(make()), pictures.composition()) < 5


def test_fitting_keeps_the_proportions_and_never_enlarges():
    assert decode(pictures.small_painting(), fit_px=240).size == (240, 180)
    assert decode(pictures.rotated_photo(), fit_px=240).size == (180, 240)
    assert decode(pictures.small_painting(), fit_px=4000).size == (480, 360)


def test_a_large_jpeg_fitted_looks_like_the_same_decoded_whole():
    data = pictures.big_jpeg(6)

    assert inspect(data).width == 3000
    assert far_apart(decode(data, fit_px=300), decode(data).resize((300, 200))) < 2


def test_preparing_keeps_the_whole_picture_and_scales_it():
    pixels = preprocess(pictures.small_painting(), 224)

    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.float32
    assert -1 <= pixels.min() < pixels.max() <= 1
    whole = pictures.composition().resize((224, 224), Image.Resampling.BICUBIC)
    assert far_apart((pixels + 1) * 127.5, whole) < 4


def test_the_scale_is_the_one_keras_uses():
    shades = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)

    assert np.array_equal(scale(shades), shades.astype(np.float32) / np.float32(127.5) - np.float32(1))
    assert scale(shades)[0, 0, 0] == -1
    assert scale(shades)[15, 15, 0] == 1


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (pictures.empty, "empty"),
        (pictures.letter, "not_a_picture"),
        (pictures.svg, "unsupported_kind"),
        (pictures.pdf, "unsupported_kind"),
        (pictures.bmp, "unsupported_kind"),
        (pictures.heic, "unsupported_kind"),
        (pictures.png_bomb, "too_many_pixels"),
        (pictures.tiny_png, "too_small"),
        (pictures.long_png, "too_long"),
    ],
)
@pytest.mark.parametrize("function", [inspect, check, decode, preprocess])
def test_what_cannot_be_taken_is_refused_by_its_header(make, code, function):
    assert code_of(function, make()) == code


def test_a_jpeg_may_be_larger_than_the_others():
    assert inspect(pictures.big_jpeg(42)).kind == "JPEG"
    assert code_of(inspect, pictures.png_bomb(8_000, 5_001)) == "too_many_pixels"


@pytest.mark.parametrize("kind", READABLE)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9])
def test_a_cut_off_file_is_called_so(kind, part):
    whole = READABLE[kind]()
    if kind in ("GIF", "TIFF"):  # of several frames or pages, cut the first one
        whole = _first_only(kind)

    short = whole[: int(len(whole) * part)]

    assert code_of(check, short) == "cut_off"
    assert code_of(decode, short) == "cut_off"


def _first_only(kind):
    out = BytesIO()
    pictures.composition().save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", READABLE)
def test_no_damage_escapes_as_another_error(kind):
    whole = READABLE[kind]()
    chance = np.random.default_rng(5)

    for _ in range(60):
        bytes_ = np.frombuffer(whole, np.uint8).copy()
        start = int(chance.integers(0, 400))
        for place in chance.integers(start, start + max(8, len(whole) // 20), 6):
            bytes_[min(place, len(bytes_) - 1)] = chance.integers(0, 256)
        try:
            preprocess(bytes_.tobytes(), 64)
        except UnreadableImage as error:
            assert error.code in {
                "damaged",
                "cut_off",
                "not_a_picture",
                "unsupported_kind",
                "too_many_pixels",
                "too_small",
                "too_long",
            }


def test_the_reason_survives_a_pickle_and_reads_as_a_sentence():
    error = pickle.loads(pickle.dumps(UnreadableImage("cut_off")))  # noqa: S301 - our own bytes

    assert error.code == "cut_off"
    assert str(error).startswith("This file ends too early")


def test_a_file_of_a_known_kind_is_named_in_the_message():
    with pytest.raises(UnreadableImage, match=r"\(SVG\) cannot be read here"):
        inspect(pictures.svg())
    with pytest.raises(UnreadableImage, match=r"\(PDF\) cannot be read here"):
        inspect(pictures.pdf())


def test_the_bomb_is_small_on_disk_and_huge_when_opened():
    assert len(pictures.png_bomb()) < 500_000
    with pytest.raises(UnreadableImage, match="169 million pixels"):
        inspect(pictures.png_bomb())


def stored_as(orientation: int) -> bytes:
    """The composition as a PNG that says how it is to be turned upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = BytesIO()
    pictures.composition().save(out, "PNG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_cut_counts_in_the_upright_picture_however_it_is_stored(orientation):
    data = stored_as(orientation)
    whole = decode(data)

    part = decode(data, cut=Cut(30, 50, 200, 120))

    assert np.array_equal(part, whole.crop((30, 50, 230, 170)))


@pytest.mark.parametrize(("turns", "way"), [(1, "ROTATE_270"), (2, "ROTATE_180"), (3, "ROTATE_90")])
def test_a_cut_is_turned_to_the_right(turns, way):
    cut = Cut(30, 50, 200, 120, turns)
    part = decode(pictures.png(), cut=cut)

    expected = decode(pictures.png()).crop((30, 50, 230, 170)).transpose(Image.Transpose[way])
    assert np.array_equal(part, expected)
    assert part.size == cut.size


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_small_cut_is_seen_as_sharply_as_if_it_had_been_sent_alone(orientation):
    out, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    pictures.composition(4000, 3000).save(out, "JPEG", quality=95, exif=exif)
    cut = Cut(1000, 900, 640, 480)

    part = square(out.getvalue(), 224, cut=cut)

    alone = decode(out.getvalue()).crop((1000, 900, 1640, 1380)).resize((224, 224), Image.Resampling.BICUBIC)
    assert far_apart(part, alone) < 1.5


def test_a_cut_is_made_to_fit():
    data = pictures.small_painting()

    assert decode(data, fit_px=100, cut=Cut(0, 0, 400, 200)).size == (100, 50)
    assert decode(data, fit_px=100, cut=Cut(0, 0, 400, 200, turns=1)).size == (50, 100)


@pytest.mark.parametrize(
    "sides", [(-1, 0, 100, 100), (0, 0, 31, 100), (0, 0, 100, 0), (0, 0, 100, 100, 4), (0, 0, 100, 100, -1)]
)
def test_a_cut_that_is_none_is_refused(sides):
    with pytest.raises(ValueError):
        Cut(*sides)


def test_a_cut_beyond_the_picture_is_refused():
    with pytest.raises(ValueError):
        decode(pictures.small_painting(), cut=Cut(400, 0, 81, 100))


@pytest.mark.parametrize("function", [inspect, check])
def test_a_jpeg_that_is_refined_again_and_again_is_refused_at_the_door(function):
    assert code_of(function, pictures.endless_jpeg(scans=200)) == "too_many_scans"
    assert code_of(function, pictures.endless_jpeg()) == "too_many_scans"


@pytest.mark.parametrize("note", [b"", b"a", b"ab"])
def test_scans_are_counted_wherever_they_begin(note):
    scans = pictures.endless_jpeg(scans=200)
    moved = scans[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + scans[2:]

    assert code_of(check, moved) == "too_many_scans"


def test_scans_are_counted_where_the_decoder_meets_them():
    usual = pictures.progressive_jpeg()
    scan_in_a_note = b"\xff\xfe\x08\x02" + b"\xff\xda\x00\x0c" * 512

    assert check(usual[:2] + scan_in_a_note + usual[2:]).kind == "JPEG"
    assert check(usual + b"\xff\xda\x00\x0c" * 500).kind == "JPEG"  # behind the end


def test_a_few_scans_of_a_large_jpeg_are_too_much_as_well():
    assert code_of(check, pictures.endless_jpeg(scans=90, side_px=3000)) == "too_many_scans"
    assert check(pictures.endless_jpeg(scans=90, side_px=300)).width == 300


def test_only_a_jpeg_written_line_by_line_may_have_more_pixels_than_others():
    assert inspect(pictures.big_jpeg(45)).kind == "JPEG"
    progressive = Image.new("L", (8000, 5001), 128)
    out = BytesIO()
    progressive.save(out, "JPEG", progressive=True)

    assert code_of(inspect, out.getvalue()) == "too_many_pixels"


@pytest.mark.parametrize(
    "make",
    [pictures.endless_jpeg_in_tiff, pictures.gif_of_notes, pictures.png_of_notes, pictures.jpeg_of_notes],
)
def test_what_takes_long_without_many_pixels_is_refused(make):
    assert code_of(check, make()) in {"damaged", "too_many_scans"}


def test_pictures_in_bands_look_as_those_in_one_piece():
    ramp = np.tile(np.arange(2400, dtype=np.float32), (1200, 1))
    out = BytesIO()
    Image.fromarray(ramp).save(out, "TIFF")

    assert np.array_equal(
        np.asarray(decode(out.getvalue()))[:, :, 0], (ramp * np.float32(255 / 2399)).round().astype(np.uint8)
    )
    clear = pictures.composition(2400, 1200).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize((2400, 1200)))
    out = BytesIO()
    clear.save(out, "PNG", compress_level=1)
    wall = Image.new("RGB", clear.size, "white")
    wall.paste(clear.convert("RGB"), mask=clear.getchannel("A"))

    assert np.array_equal(np.asarray(decode(out.getvalue())), np.asarray(wall))
