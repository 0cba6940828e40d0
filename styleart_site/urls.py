"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from classifier.views import home

from . import health

urlpatterns = [
    path("", home, name="home"),
    path("", include("classifier.urls")),
    path("", include("gallery.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
