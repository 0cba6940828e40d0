"""The message catalogues: complete, compiled, and with the places that the sentences have.

Only languages that have a catalogue are looked at; docs/translate.md says how to make and update one.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
HOME = ROOT / "styleart_site" / "locale"
PARTS = ["classifier", "gallery", "scraper", "styleart_site", "templates", "ml", "manage.py"]
PYTHON = [
    file
    for part in PARTS[:4]
    for file in sorted((ROOT / part).rglob("*.py"))
    if "migrations" not in file.parts
]
CATALOGUES = sorted(HOME.glob("*/LC_MESSAGES/django.po"))
has_gettext = all(shutil.which(tool) for tool in ("xgettext", "msgmerge", "msgfmt", "msgattrib"))


@pytest.fixture(autouse=True)
def tools():
    if not has_gettext:
        if os.environ.get("CI") or os.environ.get("STYLEART_REQUIRE_BROWSER"):
            pytest.fail("The gettext tools are missing: apt install gettext.")
        warnings.warn("NOT RUN: the message catalogues. Install gettext to check them.", stacklevel=1)
        pytest.skip("no gettext")


@pytest.fixture(scope="session")
def extracted(tmp_path_factory) -> Path:
    """A copy of the sources whose catalogues were extracted anew."""
    if not has_gettext:
        pytest.skip("no gettext")
    copy = tmp_path_factory.mktemp("extracted")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            kinds = shutil.ignore_patterns("__pycache__", "*.mo", "*.tflite", "*.toml", "*.npz")
            shutil.copytree(source, copy / part, ignore=kinds)
        else:
            shutil.copy(source, copy / part)
    (copy / "styleart_site" / "locale").mkdir(exist_ok=True)
    languages = [path.parts[-3] for path in CATALOGUES] or ["qq"]
    named = [argument for code in languages for argument in ("-l", code)]
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--no-location", "--no-obsolete", *named],
        cwd=copy,
        check=True,
        capture_output=True,
        timeout=240,
    )
    return copy / "styleart_site" / "locale"


def messages(catalogue: Path, *only: str) -> list[str]:
    """The messages of a catalogue, or those of a kind: "--untranslated", "--only-fuzzy"."""
    made = subprocess.run(
        ["msgattrib", *only, "--no-wrap", "--no-obsolete", str(catalogue)],
        check=True,
        capture_output=True,
        text=True,
    )
    return re.findall(r'^((?:msgctxt ".*"\n)?msgid ".*"(?:\n".*")*)', made.stdout, re.M)[1:]


def test_the_words_of_pages_and_python_are_found(extracted):
    catalogue = next(extracted.glob("*/LC_MESSAGES/django.po"))

    found = messages(catalogue)

    assert len(found) > 400
    wanted = [
        "Send another picture",
        "Probably %(style)s.",
        "Newest first",
        "This file is damaged, so it cannot",
    ]
    assert [text for text in wanted if not any(f'msgid "{text}' in message for message in found)] == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_has_every_message_and_none_is_empty_or_guessed(catalogue, extracted):
    fresh = extracted / catalogue.relative_to(HOME)

    assert messages(fresh, "--untranslated") == []
    assert messages(fresh, "--only-fuzzy") == []
    assert sorted(messages(catalogue)) == sorted(messages(fresh))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_compiled_catalogue_is_the_one_that_people_read(catalogue, tmp_path):
    compiled = tmp_path / "django.mo"
    subprocess.run(
        ["msgfmt", "--check-format", "-o", str(compiled), str(catalogue)], check=True, capture_output=True
    )

    assert compiled.read_bytes() == catalogue.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_translation_breaks_no_page(catalogue):
    """It may stand in an attribute, so it has no straight quotes but those of its tags; and it keeps the tags."""
    pairs = re.findall(
        r'^msgid ((?:".*"\n)+(?:msgid_plural (?:".*"\n)+)?)((?:msgstr(?:\[\d\])? (?:".*"\n)+)+)',
        catalogue.read_text(encoding="utf-8") + "\n",
        re.M,
    )
    joined = [(re.sub(r'"\n"', "", told), re.sub(r'"\n"', "", said)) for told, said in pairs[1:]]
    plain = [(told, said) for told, said in joined if "msgstr[" not in said]

    assert [told for told, said in joined if "<" not in told and '\\"' in said] == []
    assert [told for told, said in plain if _tags(told) != _tags(said)] == []


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?\w+", text))


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_function_hides_the_name_that_translates(file):
    """`scheme, _, rest = …` makes `_` a string in the whole function, and `_("…")` an error where it is called."""
    tree = ast.parse(file.read_text(encoding="utf-8"))

    assert [function.name for function in _functions(tree) if _hides_gettext(function)] == []


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _hides_gettext(function: ast.FunctionDef) -> bool:
    nodes = set(ast.walk(function))
    for comprehension in filter(lambda node: isinstance(node, ast.comprehension), list(nodes)):
        nodes -= set(ast.walk(comprehension.target))  # a scope of its own
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id == "_"]
    return {ast.Store, ast.Load} <= {type(name.ctx) for name in names}
