"""Some of one's predictions as a file: CSV for spreadsheets, JSON for programs."""

import csv
import json
from collections.abc import Iterable
from io import StringIO

from gallery.cells import neutral

from .models import Prediction

COLUMNS = [
    "id", "created_at", "finished_at", "title", "note", "is_favourite", "status", "style", "confidence",
    "certainty", "model_version", "feedback_style", "width", "height", "crop", "turns",
]  # fmt: skip


def facts(prediction: Prediction) -> dict:
    """What the account holder may know of one prediction, by the names of the API. No query when the
    styles were selected along."""
    cut = prediction.cut
    return {
        "id": str(prediction.pk),
        "created_at": prediction.created_at.isoformat(),
        "finished_at": prediction.finished_at.isoformat() if prediction.finished_at else None,
        "title": prediction.title,
        "note": prediction.note,
        "is_favourite": prediction.is_favourite,
        "status": prediction.status,
        "style": prediction.probabilities[0][0] if prediction.is_done else None,
        "confidence": prediction.confidence,
        "certainty": prediction.certainty or None,
        "model_version": prediction.model_version or None,
        "feedback_style": prediction.feedback_style.name if prediction.feedback_style else None,
        "width": prediction.width,
        "height": prediction.height,
        "crop": f"{cut.left},{cut.top},{cut.width},{cut.height}" if cut else None,
        "turns": cut.turns if cut else 0,
    }


def to_json(predictions: Iterable[Prediction]) -> str:
    """An array of objects: the facts, and the probability of every style, 0 to 1."""
    rows = [
        facts(prediction) | {"probabilities": dict(prediction.probabilities)} for prediction in predictions
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def to_csv(predictions: Iterable[Prediction]) -> str:
    """One line each under a line of names; begins with a byte order mark, without which Excel misreads accents."""
    out = StringIO()
    out.write("\ufeff")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for prediction in predictions:
        writer.writerow({name: neutral(value) for name, value in facts(prediction).items()})
    return out.getvalue()
