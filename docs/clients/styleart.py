#!/usr/bin/env python3
"""Ask StyleArt about a picture, from a script. Needs Python 3.9 and nothing else.

    STYLEART_TOKEN=styleart_… python styleart.py painting.jpg
    STYLEART_EMAIL=you@example.org STYLEART_PASSWORD=… python styleart.py painting.jpg

STYLEART_URL is the site (http://127.0.0.1:8000). Prints the top styles and the works most alike. Exit code 0:
there is an answer; 1: there is none, and standard error says why.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

SITE = os.environ.get("STYLEART_URL", "http://127.0.0.1:8000").rstrip("/")
PATIENCE_S = 60
ONE_MORE_STEP = "Signing in takes more than the password here. Make a token on the page of the account and set STYLEART_TOKEN."


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The site said no; the message is its own sentence, and `code` is what a program may rely on."""

    def __init__(self, status: int, code: str, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.status, self.code, self.retry_after_s = status, code, retry_after_s


def call(method: str, address: str, *, body: bytes = b"", **headers: str) -> dict:
    """Send a request and read its JSON. Raises Refused."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, data=body or None, headers=named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise refusal(error) from None


def refusal(error: urllib.error.HTTPError) -> Refused:
    """The problem (RFC 9457) that the API answered with; sign-in has a form of its own."""
    try:
        told = json.load(error)
    except ValueError:
        told = {}
    first = (told.get("errors") or [{}])[0]
    detail = told.get("detail") or first.get("message")
    if detail is None:
        detail = ONE_MORE_STEP if "flows" in told.get("data", {}) else f"The site answered {error.code}."
    return Refused(error.code, told.get("code", ""), detail, int(error.headers.get("Retry-After") or 1))


def credentials() -> dict:
    """The header that says who asks: a personal access token, or the session of signing in as an app does."""
    if token := os.environ.get("STYLEART_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    who = {"email": os.environ["STYLEART_EMAIL"], "password": os.environ["STYLEART_PASSWORD"]}
    signed_in = call(
        "POST",
        f"{SITE}/_allauth/app/v1/auth/login",
        body=json.dumps(who).encode(),
        Content_Type="application/json",
    )
    return {"X-Session-Token": signed_in["meta"]["session_token"]}


def send(path: Path, who: dict) -> dict:
    """Send a picture. The key makes it safe to try again when the answer got lost."""
    key, boundary = str(uuid.uuid4()), uuid.uuid4().hex
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="picture"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body += path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    for attempt in range(3):
        try:
            return call(
                "POST",
                f"{SITE}/api/v1/predictions/",
                body=body,
                Content_Type=f"multipart/form-data; boundary={boundary}",
                Idempotency_Key=key,
                Prefer="wait=5",
                **who,
            )
        except Refused as error:
            if error.code != "throttled" or attempt == 2:
                raise
            time.sleep(error.retry_after_s)
        except urllib.error.URLError:
            if attempt == 2:
                raise
            time.sleep(1)
    raise AssertionError("not reached")


def finished(prediction: dict, who: dict) -> dict:
    """Ask once a second until there is an answer."""
    address = f"{SITE}/api/v1/predictions/{prediction['id']}/"
    for _ in range(PATIENCE_S):
        if prediction["status"] in ("done", "failed"):
            return prediction
        time.sleep(1)
        prediction = call("GET", address, **who)
    raise Refused(0, "still_waiting", f"There is no answer yet. Look at {address} later.", 0)


def show(prediction: dict, similar: list) -> None:
    print(f"{prediction['style']['name']} ({prediction['certainty'].replace('_', ' ')})")
    for row in prediction["probabilities"][:3]:
        print(f"  {row['probability']:6.1%}  {row['name']}")
    print("Works like it:")
    for work in similar:
        artist = work["artist"]["name"] if work["artist"] else "StyleArt"
        print(f"  {work['similarity']:.2f}  {artist}: {work['title']}")


def main(path: str) -> None:
    who = credentials()
    prediction = finished(send(Path(path), who), who)
    if prediction["status"] == "failed":
        sys.exit(prediction["error"]["detail"])
    address = f"{SITE}/api/v1/predictions/{prediction['id']}/similar/?limit=5"
    show(prediction, call("GET", address, **who)["results"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except (Refused, urllib.error.URLError, OSError) as error:
        sys.exit(str(error))
    except KeyError as error:
        sys.exit(f"Set STYLEART_TOKEN, or STYLEART_EMAIL and STYLEART_PASSWORD ({error} is missing).")
