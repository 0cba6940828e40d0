"""The document says what the code does, and is committed."""

import re
from io import StringIO
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse

from styleart_site.api import urls
from styleart_site.api.problems import CODES

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "openapi.yaml"
REFRESH = "python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
document = yaml.safe_load(DOCUMENT.read_text())
operations = [
    (path, method, item[method])
    for path, item in document["paths"].items()
    for method in METHODS
    if method in item
]


def test_the_committed_document_is_the_generated_one_and_raises_no_warning():
    out = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)

    assert out.getvalue() == DOCUMENT.read_text(), f"The API has changed. Refresh the document: {REFRESH}"


def test_every_address_is_documented():
    undocumented = {"schema", "docs"}
    names = {route.name for route in urls.urlpatterns} - undocumented

    assert len(document["paths"]) == len(names)


def test_the_document_is_served_as_json_and_as_yaml(client, db):
    as_json = client.get(reverse("api:schema"))
    as_yaml = client.get(reverse("api:schema"), headers={"Accept": "application/vnd.oai.openapi"})

    assert as_json.json()["openapi"].startswith("3.1")
    assert as_json.json() == yaml.safe_load(as_yaml.content) == document


def resolved(schema: dict) -> dict:
    """A schema with the components that it may point to."""
    return schema | {"components": document["components"]}


def examples_of(part: dict):
    """Every example below a part of the document, with its schema."""
    for content in part.get("content", {}).values():
        if "example" in content:
            yield content["schema"], content["example"]
        for example in content.get("examples", {}).values():
            yield content["schema"], example["value"]


@pytest.mark.parametrize(("path", "method", "operation"), operations, ids=lambda part: str(part)[:40])
def test_every_call_and_every_answer_in_json_has_an_example_that_fits(path, method, operation):
    answers = [response for status, response in operation["responses"].items() if status.startswith("2")]
    for part in [operation.get("requestBody", {}), *answers]:
        found = list(examples_of(part))
        assert found or "application/json" not in part.get("content", {})
        for schema, example in found:
            jsonschema_rs.Draft202012Validator(resolved(schema), validate_formats=True).validate(example)


def test_every_error_has_an_example_that_fits():
    seen = set()
    for response in document["components"]["responses"].values():
        for schema, example in examples_of(response):
            jsonschema_rs.Draft202012Validator(resolved(schema), validate_formats=True).validate(example)
            seen.add(example["code"])

    assert seen == set(CODES)


def test_every_operation_has_a_summary_and_names_its_problems():
    for _, _, operation in operations:
        assert operation["summary"]
        assert {"400", "401", "429", "500", "503"} <= set(operation["responses"])


def test_the_guide_lists_every_code_with_its_status():
    told = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)

    assert {code: int(status) for code, status in told} == {
        code: status for code, (status, _) in CODES.items()
    }
