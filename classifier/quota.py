"""How many pictures somebody may send a day, from pages, apps and scripts together: the one rule for all doors."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import ngettext

from .models import Prediction, RequestCount, Sender, Upload

DAY_S = 86_400


def take_one(upload: Upload, sender: Sender) -> None:
    """Count a picture that somebody sends. One they sent before, cut the same way, does not count: see `give_back`.

    Raises ValidationError "quota_exceeded" when the day's pictures are used up; for users its params hold
    `retry_after`, in seconds.
    """
    try:
        if sender.user is None:
            _let_visitor_pass(sender)
        else:
            _let_user_pass(sender.user)
    except ValidationError:
        if not Prediction.objects.known(upload, sender).exists():
            raise


def give_back(sender: Sender) -> None:
    """Count one picture less: it was there already. Those of visitors are counted by their rows."""
    if sender.user is not None:
        RequestCount.objects.take_back(_day(sender.user))


def _let_user_pass(user: models.Model) -> None:
    limit = settings.API_UPLOADS_PER_DAY
    hit = RequestCount.objects.hit(_day(user), DAY_S)  # counts and asks at once, so nobody slips through
    if hit.count > limit:
        sentence = ngettext(
            "You have sent %(number)d picture within a day. Go on tomorrow; nothing is lost.",
            "You have sent %(number)d pictures within a day. Go on tomorrow; nothing is lost.",
            limit,
        )
        params = {"number": limit, "retry_after": hit.reset_s}
        raise ValidationError(sentence, code="quota_exceeded", params=params)


def _let_visitor_pass(sender: Sender) -> None:
    if visitor_pictures_left(sender) == 0:
        limit = settings.VISITOR_PICTURES_PER_DAY
        sentence = ngettext(
            "Without an account you can try %(count)s picture a day. Sign up to go on; the pictures you sent come along.",
            "Without an account you can try %(count)s pictures a day. Sign up to go on; the pictures you sent come along.",
            limit,
        )
        params = {"count": limit}
        raise ValidationError(sentence, code="quota_exceeded", params=params)


def pictures_left(sender: Sender) -> int:
    """How many pictures somebody may still send today. At most two queries."""
    return visitor_pictures_left(sender) if sender.user is None else uploads_left(sender.user)


def uploads_left(user: models.Model) -> int:
    """How many pictures a user may still send today. One query."""
    return max(settings.API_UPLOADS_PER_DAY - RequestCount.objects.so_far(_day(user)), 0)


def visitor_pictures_left(sender: Sender) -> int:
    """How many pictures this visitor may still send today. Counts rows, those in the trash too; two queries."""
    today = Prediction.objects.filter(created_at__gt=timezone.now() - timedelta(days=1))
    from_network = today.exclude(visitor_network="").filter(visitor_network=sender.network).count()
    left_for_network = settings.VISITOR_PICTURES_PER_DAY_AND_NETWORK - from_network
    own = today.filter(visitor=sender.visitor).count() if sender.visitor else 0
    return max(min(settings.VISITOR_PICTURES_PER_DAY - own, left_for_network), 0)


def _day(user: models.Model) -> str:
    return f"uploads-day:{user.pk}"
