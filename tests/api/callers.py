"""Programs that call the API in tests."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from styleart_site.models import AccessToken
from tests.factories import make_user, small_painting

API = "/api/v1"


class Script:
    """A script with a personal access token of `user`; paths are those below /api/v1."""

    def __init__(self, user=None, *, is_anonymous: bool = False, raises: bool = True) -> None:
        self.client = Client(raise_request_exception=raises)
        self.headers = {}
        if not is_anonymous:
            self.user = user or make_user()
            _, secret = AccessToken.objects.make(self.user, "a test", days=1)
            self.headers["Authorization"] = f"Bearer {secret}"

    def ask(self, method: str, path: str, body=None, **headers):
        """Send JSON, or nothing. Header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = "" if body is None else json.dumps(body)
        kind = {"content_type": "application/json"} if body is not None else {}
        path = path if path.startswith("http") else f"{API}{path}"
        return self.client.generic(method, path, data, headers=self.headers | named, **kind)

    def get(self, path: str, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path: str, body=None, **headers):
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body, **headers):
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers):
        return self.ask("DELETE", path, **headers)

    def upload(self, data: bytes | None = None, *, title: str = "", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        file = SimpleUploadedFile("painting.jpg", small_painting() if data is None else data, "image/jpeg")
        return self.client.post(
            f"{API}/predictions/", {"image": file, "title": title}, headers=self.headers | named
        )


def codes(response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    problem = response.json()
    assert problem["status"] == response.status_code
    assert set(problem) == {"type", "title", "status", "code", "detail", "errors"}
    return response.status_code, problem["code"]
