from django.contrib.sitemaps import views as sitemap_views
from django.urls import path

from . import converters, views  # noqa: F401 - registers "picture_size"
from .sitemaps import SITEMAPS

app_name = "gallery"

urlpatterns = [
    path("styles/", views.style_list, name="style-list"),
    path("styles/<slug:slug>/", views.style_detail, name="style-detail"),
    path("chronology/", views.chronology, name="chronology"),
    path("artists/", views.artist_list, name="artist-list"),
    path("artists/<slug:slug>/", views.artist_detail, name="artist-detail"),
    path("artists/<slug:slug>/portrait.jpg", views.artist_portrait, name="artist-portrait"),
    path("artworks/", views.artwork_list, name="artwork-list"),
    path("artworks/<int:pk>/", views.artwork_detail, name="artwork-detail"),
    path("artworks/<int:pk>/large.jpg", views.artwork_picture, {"size": "large"}, name="artwork-large"),
    path("artworks/<int:pk>/<picture_size:size>.jpg", views.artwork_picture, name="artwork-picture"),
    path(
        "artworks/<int:pk>/<copy_px:size_px>-<picture_version:version>.<copy_kind:kind>",
        views.artwork_copy,
        name="artwork-copy",
    ),
    path("colours/<rgb:rgb>/", views.colour_detail, name="colour-detail"),
    path("search/", views.search_page, name="search"),
    path("search/suggestions/", views.search_suggestions, name="search-suggestions"),
    path("model/", views.model, name="model"),
    path("data/", views.data, name="data"),
    path("robots.txt", views.robots, name="robots"),
    path(
        "sitemap.xml",
        sitemap_views.index,
        {"sitemaps": SITEMAPS, "sitemap_url_name": "gallery:sitemap"},
        name="sitemap-index",
    ),
    path(
        "sitemap-<section>.xml",
        sitemap_views.sitemap,
        {"sitemaps": SITEMAPS, "template_name": "gallery/sitemap.xml"},
        name="sitemap",
    ),
]
