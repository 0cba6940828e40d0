"""Private files on their way out: checked by the view, defused here, sent by the web server where there is one."""

from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
KEEP_S = 3600


def private_file(
    path: Path, content_type: str, *, name: str, is_download: bool = False, keep_s: int = KEEP_S
) -> HttpResponse:
    """Answer with a file under MEDIA_ROOT that only this reader may have, under a name of ours.

    The view has checked who asks. With ACCEL_REDIRECT_PREFIX the web server in front sends the bytes
    (X-Accel-Redirect); else Django streams them. Browsers may keep it for `keep_s` seconds, shared caches
    never. Raises FileNotFoundError.
    """
    if settings.ACCEL_REDIRECT_PREFIX:
        place = path.relative_to(settings.MEDIA_ROOT).as_posix()
        response = HttpResponse(content_type=content_type)
        response.headers["X-Accel-Redirect"] = quote(f"{settings.ACCEL_REDIRECT_PREFIX.rstrip('/')}/{place}")
    else:
        response = FileResponse(path.open("rb"), content_type=content_type)
    disposition = "attachment" if is_download else "inline"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    response.headers["Cache-Control"] = f"private, max-age={keep_s}"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
