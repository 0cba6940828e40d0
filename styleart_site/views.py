"""The account page, and what one can do there."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language as set_language_here

from classifier.files import private_file
from classifier.models import Prediction
from classifier.quota import uploads_left

from .forms import FarewellForm, MailForm, TokenForm
from .languages import remember
from .leaving import erase_account
from .models import Export
from .tasks import send_export
from .usage import storage_bytes


def sent_from(page: str) -> Callable:
    """Take POST only, but lead those back to the form's page who were asked to sign in when they sent it."""

    def decorate(view: Callable) -> Callable:
        post = require_POST(view)

        @wraps(view)
        def send(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            return redirect(page) if request.method in {"GET", "HEAD"} else post(request, *args, **kwargs)

        return send

    return decorate


@require_safe
def about(request):
    """What StyleArt is, how it works, and what it keeps."""
    context = {
        "trash_days": settings.TRASH_DAYS,
        "export_days": settings.EXPORT_DAYS,
    }
    return render(request, "about.html", context)


@require_POST
def set_language(request):
    """Change the language of this browser, and of the account where there is one; back to where one was."""
    if request.user.is_authenticated:
        remember(request.user, request.POST.get("language", ""))
    return set_language_here(request)


@never_cache
@require_safe
@login_required
def account(request):
    return render(request, "account/page.html", _account(request, TokenForm()))


def _account(request: HttpRequest, token_form: TokenForm) -> dict:
    """All that the account page shows."""
    user = request.user
    mine = Prediction.objects.of(user)
    return {
        "prediction_count": mine.alive().count(),
        "trash_count": mine.filter(trashed_at__isnull=False).count(),
        "storage_bytes": storage_bytes(user),
        "uploads_left": uploads_left(user),
        "uploads_a_day": settings.API_UPLOADS_PER_DAY,
        "mail_form": MailForm(instance=user),
        "has_two_factors": is_mfa_enabled(user),
        "session_count": len(UserSession.objects.purge_and_list(user)),
        "tokens": user.access_tokens.all(),
        "token_form": token_form,
        "export": Export.objects.available_to(user).first(),
        "export_days": settings.EXPORT_DAYS,
    }


@never_cache
@sent_from("account:page")
@login_required
@reauthentication_required
def token_create(request):
    """A new token; this answer is the only one that ever shows it."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return render(request, "account/page.html", _account(request, form), status=422)
    row, secret = form.save(request.user)
    return render(request, "account/token_created.html", {"token": row, "secret": secret})


@sent_from("account:page")
@login_required
def token_revoke(request, pk: int):
    get_object_or_404(request.user.access_tokens, pk=pk).delete()
    messages.info(request, _("The token is revoked. Whatever used it is locked out."))
    return redirect("account:page")


@sent_from("account:page")
@login_required
def mails(request):
    """Which mails somebody wants."""
    form = MailForm(request.POST, instance=request.user)
    if form.is_valid():
        form.save()
        messages.info(request, _("Your choice is kept."))
    return redirect("account:page")


@sent_from("usersessions_list")
@login_required
def session_end(request, pk: int):
    get_object_or_404(request.user.usersession_set, pk=pk).end()
    messages.info(request, _("That device is signed out."))
    return redirect("usersessions_list")


# Export


def _own_export(request: HttpRequest, pk: UUID) -> Export:
    """The caller's own export, as long as it is there; anybody else's is a 404."""
    return get_object_or_404(Export.objects.available_to(request.user), pk=pk)


@sent_from("account:page")
@login_required
def export_start(request):
    export = Export.objects.start(request.user)
    send_export(export.pk)
    return redirect(export)


@never_cache
@require_safe
@login_required
def export_detail(request, pk: UUID):
    return render(request, "account/export.html", {"export": _own_export(request, pk)})


@never_cache
@require_safe
@login_required
def export_state(request, pk: UUID):
    """How far it is, as a fragment for htmx; the page includes the same file."""
    export = _own_export(request, pk)
    if not request.htmx:
        return redirect(export)
    return render(request, "account/_export.html", {"export": export})


@require_safe
@login_required
def export_file(request, pk: UUID):
    export = _own_export(request, pk)
    if not export.is_done:
        raise Http404("It is not packed yet.")
    try:
        name = f"styleart-{export.created_at:%Y-%m-%d}.zip"
        return private_file(export.path, "application/zip", name=name, is_download=True, keep_s=0)
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error


# Farewell


@never_cache
@login_required
@reauthentication_required
def account_delete(request):
    form = FarewellForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _say_goodbye(request)
    context = {
        "form": form,
        "prediction_count": Prediction.objects.of(request.user).count(),
        "token_count": request.user.access_tokens.count(),
    }
    return render(request, "account/delete.html", context, status=422 if form.errors else 200)


def _say_goodbye(request: HttpRequest) -> HttpResponse:
    user = request.user
    logout(request)  # first: it looks at the user
    erase_account(user)
    messages.info(
        request, _("Your account is deleted, and everything in it. Goodbye, and come back any time.")
    )
    return redirect("home")
