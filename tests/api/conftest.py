import pytest


@pytest.fixture(autouse=True)
def generous_limits(settings):
    """Tests ask more often than people; the tests of the limits set their own."""
    settings.API_REQUESTS_PER_MINUTE = settings.API_REQUESTS_PER_MINUTE_ANONYMOUS = 1_000_000
    settings.API_UPLOADS_PER_MINUTE = settings.API_UPLOADS_PER_DAY = 1_000_000
