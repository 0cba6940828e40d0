"""Every address of the site."""

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.urls import include, path, re_path

from classifier.views import home

from . import health, installed, metrics, views

account = [
    path("", views.account, name="page"),
    path("tokens/", views.token_create, name="token-create"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("mails/", views.mails, name="mails"),
    path("sessions/<int:pk>/end/", views.session_end, name="session-end"),
    path("export/", views.export_start, name="export-start"),
    path("export/<uuid:pk>/", views.export_detail, name="export-detail"),
    path("export/<uuid:pk>/state/", views.export_state, name="export-state"),
    path("export/<uuid:pk>/styleart.zip", views.export_file, name="export-file"),
    path("delete/", views.account_delete, name="delete"),
]


def not_here(request: HttpRequest) -> None:
    raise Http404


urlpatterns = [
    path("", home, name="home"),
    path("", include("classifier.urls")),
    path("", include("gallery.urls")),
    path("account/", include((account, "account"))),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    re_path(r"^_allauth/app/v1/(?:account|auth)/phone\b", not_here),  # nobody has a phone number here
    path("_allauth/", include("allauth.headless.urls")),
    path("api/v1/", include("styleart_site.api.urls")),
    path("admin/", admin.site.urls),
    path("language/", views.set_language, name="set_language"),
    path("about/", views.about, name="about"),
    path("sw.js", installed.worker, name="worker"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("offline/<str:language>/", installed.offline, name="offline"),
    path("share/", installed.share, name="share"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

# Under /api/ these answer with problems, elsewhere with pages.
handler400 = "styleart_site.api.problems.bad_request"
handler403 = "styleart_site.api.problems.permission_denied"
handler404 = "styleart_site.api.problems.not_found"
handler500 = "styleart_site.outages.server_error"
