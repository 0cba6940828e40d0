from django.urls import include, path, register_converter
from django.urls.converters import IntConverter, StringConverter

from gallery import converters  # noqa: F401 - registers "picture_size", "copy_px" and "copy_kind"

from . import views

app_name = "classifier"


class PlotKind(StringConverter):
    regex = "svg|png"


class Token(StringConverter):
    regex = "[A-Za-z0-9_-]{32}"


class Microseconds(IntConverter):
    """A moment since 1970, before the year 5139."""

    regex = "[0-9]{1,17}"


class HeatmapKind(StringConverter):
    """The picture in grey under the map, or the map alone."""

    regex = "heatmap|layer"


register_converter(HeatmapKind, "heatmap_kind")
register_converter(Microseconds, "microseconds")
register_converter(PlotKind, "plot_kind")
register_converter(Token, "token")

predictions = [
    path("", views.prediction_list, name="prediction-list"),
    path("new/", views.prediction_create, name="prediction-create"),
    path("selection/", views.prediction_selection, name="prediction-selection"),
    path("compare/", views.prediction_compare, name="prediction-compare"),
    path("styles/", views.my_styles, name="my-styles"),
    path("trash/", views.trash, name="trash"),
    path("trash/empty/", views.trash_empty, name="trash-empty"),
    path("trash/undo/<microseconds:microseconds>/", views.prediction_undo, name="prediction-undo"),
    path("<uuid:pk>/", views.prediction_detail, name="prediction-detail"),
    path("<uuid:pk>/result/", views.prediction_result, name="prediction-result"),
    path("<uuid:pk>/sent/", views.prediction_sent, name="prediction-sent"),
    path("<uuid:pk>/similar/", views.prediction_similar, name="prediction-similar"),
    path("<uuid:pk>/<picture_size:size>.jpg", views.prediction_picture, name="prediction-picture"),
    path("<uuid:pk>/<copy_px:size_px>.<copy_kind:kind>", views.prediction_copy, name="prediction-copy"),
    path("<uuid:pk>/plot.<plot_kind:kind>", views.prediction_plot, name="prediction-plot"),
    path(
        "<uuid:pk>/<heatmap_kind:kind>/<slug:style>.png", views.prediction_heatmap, name="prediction-heatmap"
    ),
    path("<uuid:pk>/retry/", views.prediction_retry, name="prediction-retry"),
    path("<uuid:pk>/again/", views.prediction_ask_again, name="prediction-ask-again"),
    path("<uuid:pk>/crop/", views.prediction_crop, name="prediction-crop"),
    path("<uuid:pk>/whole.jpg", views.prediction_whole, name="prediction-whole"),
    path("<uuid:pk>/edit/", views.prediction_edit, name="prediction-edit"),
    path("<uuid:pk>/favourite/", views.prediction_favourite, name="prediction-favourite"),
    path("<uuid:pk>/feedback/", views.prediction_feedback, name="prediction-feedback"),
    path(
        "<uuid:pk>/feedback/withdraw/",
        views.prediction_withdraw_feedback,
        name="prediction-withdraw-feedback",
    ),
    path("<uuid:pk>/share/", views.prediction_share, name="prediction-share"),
    path("<uuid:pk>/unshare/", views.prediction_unshare, name="prediction-unshare"),
    path("<uuid:pk>/delete/", views.prediction_delete, name="prediction-delete"),
    path("<uuid:pk>/restore/", views.prediction_restore, name="prediction-restore"),
    path("<uuid:pk>/erase/", views.prediction_erase, name="prediction-erase"),
]

shared = [
    path("", views.share_detail, name="share-detail"),
    path("picture.jpg", views.share_picture, name="share-picture"),
    path("<copy_px:size_px>.<copy_kind:kind>", views.share_copy, name="share-copy"),
    path("card.jpg", views.share_card, name="share-card"),
]

urlpatterns = [
    path("predictions/", include(predictions)),
    path("s/<token:token>/", include(shared)),
]
