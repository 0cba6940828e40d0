"""Deleting an account: nobody finds it from that moment, and nothing of it remains."""

import logging
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CASCADE, F, ManyToOneRel, Q, QuerySet
from django.utils import timezone

from classifier.models import Prediction, ShareLink

from .models import User

logger = logging.getLogger(__name__)

UNCONFIRMED_FOR = timedelta(days=30)
ERASED_AT_ONCE = 300  # predictions with their files, about a second of work


def erase_account(user: AbstractBaseUser) -> None:
    """Erase an account with its rows and files.

    Sign-in, tokens, shared pages and exports end at once. Of a very large history the rest is erased by
    the worker within minutes (`erase_leavers`); until then it belongs to a nameless account that nobody
    can sign in to.
    """
    _close(user)
    erase_rest(user.pk)
    logger.info("account %s has left", user.pk)


@transaction.atomic
def _close(user: AbstractBaseUser) -> None:
    """Take everything away by which somebody could be known or get in."""
    sessions = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
    ShareLink.objects.filter(prediction__owner=user).delete()
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).delete()
    for relation in _belongings():
        relation.related_model._default_manager.filter(**{relation.field.name: user}).delete()
    user.email = f"left-{user.pk}@left.invalid"
    user.is_active = user.is_staff = user.is_superuser = False
    user.left_at = timezone.now()
    user.set_unusable_password()
    user.save()


def _belongings() -> list[ManyToOneRel]:
    """What goes with its user: addresses, second factors, tokens, exports, and what may come."""
    relations = [
        field for field in User._meta.get_fields(include_hidden=True) if isinstance(field, ManyToOneRel)
    ]
    return [
        relation
        for relation in relations
        if relation.on_delete is CASCADE and relation.related_model is not Prediction
    ]


def erase_rest(user_pk: int) -> bool:
    """Erase a few hundred predictions of an account that was closed, and the account after the last one.

    True when nothing remains. Safe to run again, and by several workers at once.
    """
    remaining = _left_behind(user_pk)
    nameless_first = F("owner").asc(nulls_first=True)  # they are found by what the account owns
    remaining.order_by(nameless_first, "-created_at").erase(limit=ERASED_AT_ONCE)
    if remaining.exists():
        return False
    User.objects.filter(pk=user_pk, left_at__isnull=False).delete()
    return True


def unconfirmed() -> QuerySet:
    """Accounts whose address nobody has confirmed within a month: whoever holds it may want to use it.

    Accounts made by hand have no address to confirm, and stay.
    """
    confirmed = EmailAddress.objects.filter(verified=True).values("user")
    old = timezone.now() - UNCONFIRMED_FOR
    claimed = User.objects.filter(last_login=None, date_joined__lt=old, emailaddress__isnull=False)
    return claimed.exclude(pk__in=confirmed)


def _left_behind(user_pk: int) -> QuerySet:
    """The predictions of an account, and what its holder had sent without it, from before signing up."""
    own = Prediction.objects.filter(owner=user_pk)
    as_visitor = Q(owner=None, visitor__in=own.exclude(visitor=None).values("visitor"))
    return Prediction.objects.filter(Q(owner=user_pk) | as_visitor)
