"""Private files on their way out: checked by the view, defused here, sent by the web server where there is one."""

from pathlib import Path

from django.http import HttpResponse

from gallery.sending import send_file

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
KEEP_S = 3600


def private_file(
    path: Path, content_type: str, *, name: str, is_download: bool = False, keep_s: int = KEEP_S
) -> HttpResponse:
    """Answer with a file under MEDIA_ROOT that only this reader may have, under a name of ours.

    The view has checked who asks; `send_file` says who sends. Browsers may keep it for `keep_s` seconds,
    shared caches never. Raises FileNotFoundError.
    """
    response = send_file(path, content_type)
    disposition = "attachment" if is_download else "inline"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    response.headers["Cache-Control"] = f"private, max-age={keep_s}"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
