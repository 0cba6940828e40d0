"""People without an account: who they are, how much they may send, and how their pictures move in."""

import hashlib
import hmac
from datetime import timedelta
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
        request.session[SESSION_KEY] = str(uuid4())
    return sender_of(request)


def network_of(request: HttpRequest) -> str:
    """A hash of the network address that cannot be undone and changes every day."""
    message = f"{timezone.now():%Y-%m-%d} {request.META.get('REMOTE_ADDR', '')}"
    return hmac.new(settings.SECRET_KEY.encode(), message.encode(), hashlib.sha256).hexdigest()[:32]


def pictures_left(sender: Sender) -> int | None:
    """How many pictures this visitor may still send today; None for users, who have no such limit.

    Counts rows, those in the trash too. At most two queries.
    """
    if sender.user is not None:
        return None
    today = Prediction.objects.filter(created_at__gt=timezone.now() - timedelta(days=1))
    from_network = today.exclude(visitor_network="").filter(visitor_network=sender.network).count()
    left_for_network = settings.VISITOR_PICTURES_PER_DAY_AND_NETWORK - from_network
    own = today.filter(visitor=sender.visitor).count() if sender.visitor else 0
    return max(min(settings.VISITOR_PICTURES_PER_DAY - own, left_for_network), 0)


@receiver([user_signed_up, user_logged_in])
def move_pictures_into_account(request: HttpRequest, user, **kwargs) -> None:
    """What somebody sent before signing up or in becomes theirs."""
    if visitor := request.session.get(SESSION_KEY):
        Prediction.objects.adopt(UUID(visitor), user)
