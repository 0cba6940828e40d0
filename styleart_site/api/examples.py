"""Examples of every call and answer, made up but consistent, for the document."""

from .problems import CODES, SENTENCES

HOST = "https://styleart.example.org"
API = f"{HOST}/api/v1"
ID = "0b1c5a52-3f0e-4c55-9a6e-5f1f5c3f8a11"
MODEL = "styleart-1-793807c4"
IMPRESSIONISM = {"slug": "impressionism", "name": "Impressionism"}
REALISM = {"slug": "realism", "name": "Realism"}

ARTIST = {
    "slug": "claude-monet",
    "name": "Claude Monet",
    "birth_year": 1840,
    "death_year": 1926,
    "nationality": "French",
    "styles": [IMPRESSIONISM],
    "artwork_count": 12,
    "wikiart_url": "https://www.wikiart.org/en/claude-monet",
    "wikipedia_url": "https://en.wikipedia.org/wiki/Claude_Monet",
    "image_url": None,
}
ARTWORK = {
    "id": 17,
    "title": "Impression, Sunrise",
    "artist": {"slug": "claude-monet", "name": "Claude Monet"},
    "style": IMPRESSIONISM,
    "wikiart_style": "Impressionism",
    "year": 1872,
    "genre": "marina",
    "width": 1200,
    "height": 926,
    "is_public_domain": True,
    "image_url": f"{HOST}/artworks/17/preview.jpg",
    "thumbnail_url": f"{HOST}/artworks/17/thumbnail.jpg",
    "wikiart_url": "https://www.wikiart.org/en/claude-monet/impression-sunrise",
}
STYLE = IMPRESSIONISM | {"start_year": 1867, "end_year": 1886, "artwork_count": 240, "artist_count": 21}
QUEUED = {
    "id": ID,
    "status": "queued",
    "created_at": "2026-11-22T09:30:00.000000Z",
    "finished_at": None,
    "title": "Above the sofa",
    "note": "",
    "is_favourite": False,
    "image": {
        "url": f"{API}/predictions/{ID}/preview.jpg",
        "thumbnail_url": f"{API}/predictions/{ID}/thumbnail.jpg",
        "width": 1200,
        "height": 900,
        "crop": "150,120,1200,900",
        "turns": 0,
    },
    "style": None,
    "confidence": None,
    "certainty": None,
    "probabilities": None,
    "model": None,
    "plot_url": None,
    "heatmap_url": None,
    "feedback_style": None,
    "error": None,
}
DONE = QUEUED | {
    "status": "done",
    "finished_at": "2026-11-22T09:30:00.412000Z",
    "style": IMPRESSIONISM,
    "confidence": 0.71,
    "certainty": "likely",
    "probabilities": [
        {"style": "impressionism", "name": "Impressionism", "probability": 0.71},
        {"style": "realism", "name": "Realism", "probability": 0.29},
    ],
    "model": {"version": MODEL},
    "plot_url": f"{API}/predictions/{ID}/plot.svg",
    "heatmap_url": f"{API}/predictions/{ID}/heatmap.png",
}
FAILED = QUEUED | {
    "status": "failed",
    "finished_at": "2026-11-22T09:30:02.000000Z",
    "error": {
        "code": "missing_original",
        "detail": "The file of this picture is gone from our store. Please send the picture once more.",
    },
}
CHANGED = DONE | {"title": "Above the sofa", "note": "From my aunt.", "is_favourite": True}
TOKEN = {
    "id": 3,
    "name": "the script on my desk",
    "created_at": "2026-11-22T09:00:00.000000Z",
    "expires_at": "2027-02-20T09:00:00.000000Z",
}
EXPORT = {"url": f"{API}/me/export/{ID}/", "status": "queued"}


def _page(*results: dict) -> dict:
    return {"next": None, "previous": None, "results": list(results)}


REQUESTS = {
    "changePrediction": {"note": "From my aunt.", "is_favourite": True, "feedback_style": "impressionism"},
    "sharePrediction": {"expires_in_days": 30},
    "createToken": {"name": "the script on my desk", "expires_in_days": 90},
}
ANSWERS = {
    "createPrediction": DONE,
    "listPredictions": _page(DONE, FAILED),
    "getPrediction": DONE,
    "changePrediction": CHANGED | {"feedback_style": "impressionism"},
    "retryPrediction": QUEUED,
    "listSimilarToPrediction": {"results": [ARTWORK | {"similarity": 0.83}]},
    "sharePrediction": {
        "url": f"{HOST}/s/5mJr0yQd8Xn2bW7cVtKfLpZaGhEiUo31/",
        "expires_at": "2026-12-22T09:30:00.000000Z",
    },
    "listStyles": _page(STYLE),
    "getStyle": STYLE
    | {
        "description": "Painters went outside and painted the light of one moment.",
        "wikiart_url": "https://www.wikiart.org/en/paintings-by-style/impressionism",
        "includes": ["Impressionism"],
        "famous_artists": [ARTIST],
        "sample_artworks": [ARTWORK],
    },
    "listArtists": _page(ARTIST),
    "getArtist": ARTIST | {"biography": "", "sample_artworks": [ARTWORK]},
    "listArtworks": _page(ARTWORK),
    "getArtwork": ARTWORK,
    "listSimilarArtworks": {"results": [ARTWORK | {"id": 18, "similarity": 0.91}]},
    "getModel": {
        "version": MODEL,
        "labels": ["Impressionism", "Realism"],
        "input_size": 224,
        "trained_at": "2026-11-22T09:33:14+00:00",
        "metrics": {"top1": 0.4734, "top3": 0.7629, "macro_f1": 0.4573, "macro_auc": 0.894, "ece": 0.0374},
        "data": {"fingerprint": "8faa286cd41232ba", "pictures": {"train": 4208, "val": 598, "test": 1149}},
    },
    "getLimits": {
        "max_bytes": 16_777_216,
        "max_pixels": 40_000_000,
        "max_jpeg_pixels": 120_000_000,
        "max_pixels_by_format": {
            "JPEG": 40_000_000,
            "PNG": 40_000_000,
            "WebP": 16_000_000,
            "AVIF": 16_000_000,
            "GIF": 40_000_000,
            "TIFF": 40_000_000,
        },
        "max_transparent_pixels": 32_000_000,
        "min_side_px": 32,
        "max_side_px": 20_000,
        "formats": ["JPEG", "PNG", "WebP", "AVIF", "GIF", "TIFF"],
        "uploads_per_minute": 10,
        "uploads_per_day": 200,
        "requests_per_minute": 120,
        "requests_per_minute_anonymous": 30,
        "page_size_max": 100,
    },
    "getMe": {
        "email": "ada@example.org",
        "joined_at": "2026-11-01T08:00:00.000000Z",
        "prediction_count": 12,
        "storage_bytes": 31_457_280,
        "uploads_left_today": 188,
    },
    "startExport": EXPORT,
    "getExport": EXPORT | {"status": "running"},
    "listTokens": _page(TOKEN | {"last_used_at": None}),
    "createToken": TOKEN | {"token": "styleart_k3c0…"},
}
FIELDS = {
    "invalid_request": [{"field": "title", "code": "max_length", "detail": "At most 200 signs."}],
    "invalid_parameter": [
        {
            "field": "colour",
            "code": "unknown",
            "detail": "There is no such parameter. Allowed are: q, style, cursor, page_size.",
        }
    ],
    "invalid_image": [
        {
            "field": "image",
            "code": "cut_off",
            "detail": "This file ends too early, so it cannot be opened. Try saving it again as JPEG or PNG.",
        }
    ],
}


def answer(operation: str, status: str) -> dict:
    """What a call may answer with this status."""
    if operation == "createPrediction" and status == "202":
        return QUEUED
    return ANSWERS[operation]


def problem(code: str) -> dict:
    """What the answer with this code may look like."""
    status, title = CODES[code]
    errors = FIELDS.get(code, [])
    detail = errors[0]["detail"] if errors else str(SENTENCES.get(code, f"{title}."))
    return {
        "type": f"urn:styleart:problem:{code}",
        "title": str(title),
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors,
    }
