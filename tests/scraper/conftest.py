import tomllib

import pytest

from gallery.models import Style
from gallery.sample_catalogue import SAMPLE


@pytest.fixture
def styles(db) -> dict[str, Style]:
    """The 18 styles of the house with the WikiArt styles they gather, by name."""
    tables = [tomllib.loads(path.read_text()) for path in sorted((SAMPLE / "styles").glob("*.toml"))]
    return {
        table["name"]: Style.objects.create(
            slug=table["slug"], name=table["name"], includes=table["includes"], position=position
        )
        for position, table in enumerate(tables, start=1)
    }
