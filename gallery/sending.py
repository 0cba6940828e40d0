"""Files on their way out: sent by the web server in front where there is one, else by Django."""

from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse


def send_file(path: Path, content_type: str) -> HttpResponse:
    """Answer with a file under MEDIA_ROOT; whether this reader may have it, the view has checked.

    With ACCEL_REDIRECT_PREFIX the web server in front sends the bytes (X-Accel-Redirect); else Django streams
    them. Raises FileNotFoundError.
    """
    if not settings.ACCEL_REDIRECT_PREFIX:
        return FileResponse(path.open("rb"), content_type=content_type)
    place = path.relative_to(settings.MEDIA_ROOT).as_posix()
    response = HttpResponse(content_type=content_type)
    response.headers["X-Accel-Redirect"] = quote(f"{settings.ACCEL_REDIRECT_PREFIX.rstrip('/')}/{place}")
    return response
