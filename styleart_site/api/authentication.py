"""Who is calling: a script with a token, an app that signed in, or the site's own pages."""

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from styleart_site.models import AccessToken, User


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <personal access token>`."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = AccessToken.objects.using(secret.strip())
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, revoked or at its end. Make a new one."))
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="StyleArt"'


class AppSession(XSessionTokenAuthentication):
    """`X-Session-Token: <token>`, from signing in through /_allauth/app/v1/."""

    def authenticate(self, request: Request) -> tuple | None:
        token = self.get_session_token(request)
        if not token:
            return None
        found = super().authenticate(request) if token.isalnum() else None
        if found is None or not found[0].is_active:
            raise AuthenticationFailed(_("This session has ended. Sign in again."))
        return found


class SessionTokens(SessionTokenStrategy):
    """The keys of sessions as tokens, looked up with one query and not with two."""

    def lookup_session(self, session_token: str) -> SessionStore | None:
        session = SessionStore(session_token)
        session.get(SESSION_KEY)  # loads it; one that is not there, or has ended, forgets its key
        return session if session.session_key else None


class PageSession(SessionAuthentication):
    """The cookie of somebody signed in on the site's pages; writes need the CSRF token, too."""
