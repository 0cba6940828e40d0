from django.conf import settings
from django.http import HttpRequest

from ml import inference

from .languages import page_address


def site(request: HttpRequest) -> dict:
    """What every template may say about this copy: its limits, and whether it is an embedded one."""
    return {
        "is_embedded": settings.EMBEDDED,
        "upload_max_bytes": settings.UPLOAD_MAX_BYTES,
        "upload_max_mb": settings.UPLOAD_MAX_BYTES // (1024 * 1024),
        "picture_kinds": inference.KINDS,
        "languages": settings.LANGUAGES,
        "page_address": page_address(request),
    }
