from django.urls import path

from . import converters, views  # noqa: F401 - registers "picture_size"

app_name = "gallery"

urlpatterns = [
    path("styles/", views.style_list, name="style-list"),
    path("styles/<slug:slug>/", views.style_detail, name="style-detail"),
    path("artists/", views.artist_list, name="artist-list"),
    path("artists/<slug:slug>/", views.artist_detail, name="artist-detail"),
    path("artworks/", views.artwork_list, name="artwork-list"),
    path("artworks/<int:pk>/", views.artwork_detail, name="artwork-detail"),
    path("artworks/<int:pk>/<picture_size:size>.jpg", views.artwork_picture, name="artwork-picture"),
    path("model/", views.model, name="model"),
    path("data/", views.data, name="data"),
]
