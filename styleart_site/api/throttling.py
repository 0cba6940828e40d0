"""How often somebody may ask. Counted in the database, so that all processes count together."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from classifier.counting import Hit, RequestCount
from classifier.visitors import network_of

if TYPE_CHECKING:  # it imports this module
    from rest_framework.views import APIView

MINUTE_S = 60


class RequestThrottle(BaseThrottle):
    """So many requests a minute for a user, and fewer for a network address without one. One query."""

    def __init__(self, kind: str = "requests") -> None:
        self._kind = kind  # each is counted by itself

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if request.user.is_authenticated:
            who, limit = f"user:{request.user.pk}", settings.API_REQUESTS_PER_MINUTE
        else:
            who, limit = f"network:{network_of(request)}", settings.API_REQUESTS_PER_MINUTE_ANONYMOUS
        self._hit = RequestCount.objects.hit(f"{self._kind}:{who}", MINUTE_S)
        request.rate_limit = headers(limit, self._hit)
        return self._hit.count <= limit

    def wait(self) -> int:
        return self._hit.reset_s


def headers(limit: int, hit: Hit) -> dict[str, str]:
    """RateLimit headers: what is allowed, what is left, and the seconds until counting begins anew."""
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(limit - hit.count, 0)),
        "RateLimit-Reset": str(hit.reset_s),
    }


def count_upload(request: Request) -> None:
    """Count what somebody sends in this minute; the day's pictures count at all doors alike (classifier.quota).

    Raises Throttled.
    """
    limit = settings.API_UPLOADS_PER_MINUTE
    hit = RequestCount.objects.hit(f"uploads-minute:{request.user.pk}", MINUTE_S)
    request.rate_limit = headers(limit, hit)
    if hit.count > limit:
        raise Throttled(wait=hit.reset_s)
