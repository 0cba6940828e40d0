"""The documentation of the API in a real browser: all that it loads is ours, and the house rules hold."""

import pytest

pytestmark = pytest.mark.browser


def test_the_documentation_lists_every_call_under_our_own_policy(page, site):
    elsewhere = []
    page.on("request", lambda request: elsewhere.append(request.url) if site.url not in request.url else None)

    response = page.goto("/api/v1/docs/")
    page.get_by_text("Send a picture").first.wait_for()

    policy = response.headers["content-security-policy"]
    assert "unsafe-inline" not in policy and "nonce" not in policy
    assert page.locator(".opblock").count() >= 27
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []
