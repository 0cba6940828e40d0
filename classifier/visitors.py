"""People without an account: who they are, and how their pictures move in."""

import hashlib
import hmac
from ipaddress import ip_address, ip_network
from uuid import UUID, uuid4

from allauth.account.signals import user_logged_in, user_signed_up
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .models import Prediction, Sender

SESSION_KEY = "visitor"


def sender_of(request: HttpRequest) -> Sender:
    """Who is looking: the signed-in user, a visitor who sent something before, or nobody."""
    if request.user.is_authenticated:
        return Sender(user=request.user)
    visitor = request.session.get(SESSION_KEY)
    return Sender(visitor=UUID(visitor) if visitor else None, network=network_of(request))


def new_sender(request: HttpRequest) -> Sender:
    """Like `sender_of`, for somebody who sends: a visitor gets an id in the session."""
    if not request.user.is_authenticated and SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = str(_new_visitor(request))
    return sender_of(request)


def _new_visitor(request: HttpRequest) -> UUID:
    """Always the same for one browser: whose first answer is lost has no session yet, and sends once more."""
    secret = request.META.get("CSRF_COOKIE")  # which the page with the form has brought
    if secret is None:
        return uuid4()
    digest = hmac.new(settings.SECRET_KEY.encode(), f"visitor {secret}".encode(), hashlib.sha256).digest()
    return UUID(bytes=digest[:16], version=4)


def network_of(request: HttpRequest) -> str:
    """A hash of the network address that cannot be undone and changes every day."""
    message = f"{timezone.now():%Y-%m-%d} {_network(request.META.get('REMOTE_ADDR', ''))}"
    return hmac.new(settings.SECRET_KEY.encode(), message.encode(), hashlib.sha256).hexdigest()[:32]


def _network(text: str) -> str:
    """What somebody cannot change at will: an address of version 4, or the first half of one of version 6."""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if address.version == 4:
        return text
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


@receiver([user_signed_up, user_logged_in])
def move_pictures_into_account(request: HttpRequest, user, **kwargs) -> None:
    """What somebody sent before signing up or in becomes theirs."""
    if visitor := request.session.get(SESSION_KEY):
        Prediction.objects.adopt(UUID(visitor), user)
