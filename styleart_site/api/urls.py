"""Every address of the API, version 1."""

from django.urls import path

from classifier import api as classifier
from gallery import api as gallery

from . import views

app_name = "api"

urlpatterns = [
    path("predictions/", views.Predictions.as_view(), name="prediction-list"),
    *[route for route in classifier.urlpatterns if route.name != "prediction-list"],
    *gallery.urlpatterns,
    path("limits/", views.Limits.as_view(), name="limits"),
    path("me/", views.Me.as_view(), name="me"),
    path("me/export/", views.Exports.as_view(), name="export-list"),
    path("me/export/<uuid:pk>/", views.ExportDetail.as_view(), name="export-detail"),
    path("tokens/", views.TokenList.as_view(), name="token-list"),
    path("tokens/<int:pk>/", views.TokenDetail.as_view(), name="token-detail"),
    path("schema/", views.Schema.as_view(), name="schema"),
    path("docs/", views.Docs.as_view(), name="docs"),
]
