from django.urls import path, register_converter
from django.urls.converters import StringConverter

from gallery import converters  # noqa: F401 - registers "picture_size"

from . import views

app_name = "classifier"


class PlotKind(StringConverter):
    regex = "svg|png"


register_converter(PlotKind, "plot_kind")

urlpatterns = [
    path("", views.prediction_list, name="prediction-list"),
    path("new/", views.prediction_create, name="prediction-create"),
    path("<uuid:pk>/", views.prediction_detail, name="prediction-detail"),
    path("<uuid:pk>/result/", views.prediction_result, name="prediction-result"),
    path("<uuid:pk>/<picture_size:size>.jpg", views.prediction_picture, name="prediction-picture"),
    path("<uuid:pk>/plot.<plot_kind:kind>", views.prediction_plot, name="prediction-plot"),
    path("<uuid:pk>/retry/", views.prediction_retry, name="prediction-retry"),
    path("<uuid:pk>/delete/", views.prediction_delete, name="prediction-delete"),
    path("<uuid:pk>/restore/", views.prediction_restore, name="prediction-restore"),
]
