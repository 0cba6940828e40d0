import pytest

from scraper import names


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("claude-monet", "Claude Monet"),
        ("vincent-van-gogh", "Vincent van Gogh"),
        ("leonardo-da-vinci", "Leonardo da Vinci"),
        ("rogier-van-der-weyden", "Rogier van der Weyden"),
        ("pieter-bruegel-the-elder", "Pieter Bruegel the Elder"),
        ("francisco-bayeu-y-subias", "Francisco Bayeu y Subias"),
        ("m.c.-escher", "M.C. Escher"),
        ("j.-e.-h.-macdonald", "J.E.H. Macdonald"),
        ("william-h.-johnson", "William H. Johnson"),
        ("allan-d'arcangelo", "Allan D'Arcangelo"),
        ("georgia-o-keeffe", "Georgia O'Keeffe"),
        ("utagawa-kunisada-ii", "Utagawa Kunisada II"),
        ("grégoire-michonze", "Grégoire Michonze"),
        ("raphael", "Raphael"),
    ],
)
def test_a_slug_reads_as_the_artists_name(slug, name):
    assert names.artist_from_slug(slug) == name


@pytest.mark.parametrize(
    ("written", "slug", "name"),
    [
        ("Monet Claude ", "claude-monet", "Claude Monet"),
        ("Gogh Vincent van", "vincent-van-gogh", "Vincent van Gogh"),
        ("Toulouse-Lautrec Henri de", "henri-de-toulouse-lautrec", "Henri de Toulouse-Lautrec"),
        ("D&amp;#252;rer Albrecht", "albrecht-durer", "Albrecht Dürer"),
        ("Claude Monet", "claude-monet", "Claude Monet"),
        ("Katsushika Hokusai", "hokusai", "Katsushika Hokusai"),
        ("", "edgar-degas", "Edgar Degas"),
    ],
)
def test_names_come_in_the_order_of_the_slug(written, slug, name):
    assert names.artist_name(written, slug) == name


@pytest.mark.parametrize(
    ("slug", "title", "year"),
    [
        ("dancers-on-set-1880", "Dancers on Set", 1880),
        ("water-lilies-1919-4", "Water Lilies", 1919),
        ("untitled-1979(3)", "Untitled", 1979),
        ("water-lilies-6", "Water Lilies 6", None),
        ("the-artist-s-house-1912", "The Artist's House", 1912),
        ("les-demoiselles-d-avignon-1907", "Les Demoiselles d'Avignon", 1907),
        ("l-estaque", "L'Estaque", None),
        ("don-t-die-for-love", "Don't Die for Love", None),
        ("homage-to-dubuffet-ii", "Homage to Dubuffet II", None),
        ("looking-at-8500", "Looking at 8500", None),
        ("not_detected_235973", names.TITLE_NOT_KNOWN, None),
    ],
)
def test_a_file_name_reads_as_title_and_year(slug, title, year):
    assert names.title_and_year(slug) == (title, year)


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("grã©goire-michonze", "grégoire-michonze"),
        ("joaquã\xadn-sorolla", "joaquín-sorolla"),
        ("arnold-bã¶cklin", "arnold-böcklin"),
        ("georges-lacombeâ\xa0", "georges-lacombe"),
        ("antã³nio-de-carvalho", "antónio-de-carvalho"),
        ("joão-vieira", "joão-vieira"),
        ("château", "château"),
    ],
)
def test_only_broken_letters_are_repaired(broken, whole):
    assert names.repaired(broken) == whole


@pytest.mark.parametrize(
    ("written", "year"),
    [(1888, 1888), ("c.1488", 1488), ("1920-1930", 1920), ("975", 975), ("29 July 1817", 1817)]
    + [(value, None) for value in ("XX cent.", "0001", "", "?", None, 1, 9999, "123456")],
)
def test_years_are_read_where_there_is_one(written, year):
    assert names.year_of(written) == year


def test_titles_lose_entities_odd_blanks_and_decomposed_accents():
    assert names.title("Lenin&amp;#39;s\xa0 cafe\u0301 ") == "Lenin's café"
    assert names.title(" \xa0") == names.TITLE_NOT_KNOWN


def test_slugs_are_plain_letters():
    assert names.slug_of("Naïve Art (Primitivism)") == "naive-art-primitivism"
    assert names.slug_of("Łukasz Ørsted-Æsop") == "lukasz-orsted-aesop"
    assert names.slug_of("Репин") == ""


@pytest.mark.parametrize(
    ("glued", "parted"),
    [
        ("OsloNorway", "Oslo, Norway"),
        ("Saint-rémy-de-provenceFrance", "Saint-rémy-de-provence, France"),
        ("Haag / Den Haag / The HagueNetherlands", "Haag / Den Haag / The Hague, Netherlands"),
        ("McLeanUnited States", "McLean, United States"),
        ("Netherlands", "Netherlands"),
        (None, ""),
    ],
)
def test_town_and_country_are_parted(glued, parted):
    assert names.place(glued) == parted


def test_several_values_in_one_string_are_told_apart():
    assert names.listed("Cubism, Abstract Art,  , Cubism") == ("Cubism", "Abstract Art")


def test_long_texts_lose_markup_and_keep_paragraphs():
    written = "The [i]Night Watch[/i] by [url href=https://www.wikiart.org/en/x]Rembrandt[/url].\r\n \r\nSeen [here]."

    assert names.prose(written) == "The Night Watch by Rembrandt.\n\nSeen [here]."


def test_texts_lose_what_no_database_takes():
    assert names.clean("A\x00B\ud800C") == "ABC"


@pytest.mark.parametrize(
    ("facts", "years"),
    [
        ({"birthDayAsString": "c.1488", "deathDayAsString": None, "deathDay": "/Date(-12433392000000)/"}, (1488, 1576)),
        ({"birthDay": "/Date(-62135596800000)/", "deathDay": None}, (None, None)),
        ({"deathDayAsString": "05 May 1900", "deathDay": "/Date(-61998660000000)/"}, (None, 1900)),
        ({"birthDayAsString": "1900", "deathDayAsString": "1850"}, (None, None)),
        ({"birthDay": 7, "deathDay": []}, (None, None)),
    ],
)  # fmt: skip
def test_years_of_a_life_come_from_text_or_number(facts, years):
    assert names.life_years(facts) == years
