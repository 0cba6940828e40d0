"""Whatever is sent: nothing crashes, costs much, or leads to anything but one clean picture, or a refusal in a sentence.

hostile.py makes the cases. STYLEART_FAULTS=full reads over 3,000 of them; -s tells which cost most.
"""

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from django.urls import reverse

from classifier.models import Prediction
from gallery import pictures
from tests.api.callers import Script
from tests.faults import hostile
from tests.faults.house import IS_FULL, tell
from tests.live import ROOT

MUTATIONS = 80 if IS_FULL else 4
LEAST = 3000 if IS_FULL else 500
REFUSALS = {
    "empty", "not_a_picture", "unsupported_kind", "too_many_pixels", "too_small", "too_long",
    "too_many_scans", "cut_off", "damaged",
}  # fmt: skip
# What has to be refused, and how; all other cases may be taken or refused.
EXPECTED = {
    "png-pixels": "too_many_pixels",
    "png-profile": "damaged",
    "png-header": "too_long",
    "png-notes": "damaged",
    "png-pieces": "damaged",
    "jpeg-scans": "too_many_scans",
    "jpeg-notes": "damaged",
    "jpeg-header": "too_long",
    "gif-notes": "damaged",
    "tiff-scans": "too_many_scans",
    "webp-too-giant": "too_many_pixels",
    "png-20001x32": "too_long",
    "jpeg-31x64": "too_small",
    "jpeg-32x32": "taken",
    "tiff-20000x32": "taken",
    "gif-frames": "taken",
    "webp-frames": "taken",
    "webp-giant": "taken",
    "clear-giant": "taken",
    "deep-giant": "taken",
    "table-giant": "taken",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory a process had at most")
def test_no_file_crashes_costs_much_or_is_served_with_anything_else():
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.hostile", str(MUTATIONS)]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    found = {case["name"]: case for case in map(json.loads, told.splitlines())}

    tell(f"seed {hostile.SEED}, {len(found)} cases: {Counter(case['outcome'] for case in found.values())}")
    for measure in ("cpu_s", "mb"):
        worst = sorted(found.values(), key=lambda case: -case[measure])[:10]
        tell(f"most {measure}: " + ", ".join(f"{case['name']} {case[measure]}" for case in worst))
    assert len(found) >= LEAST
    assert {name: case for name, case in found.items() if case["outcome"] not in REFUSALS | {"taken"}} == {}
    assert {name: case["mb"] for name, case in found.items() if case["mb"] > hostile.MOST_MB} == {}
    assert {name: found[name]["outcome"] for name in EXPECTED} == EXPECTED
    strangers = [case for name, case in found.items() if name.startswith("stranger-")]
    assert {case["outcome"] for case in strangers} <= REFUSALS


def test_every_sound_picture_is_taken():
    assert {name: hostile.examine(data) for name, data in hostile.sound_pictures().items()} == (
        dict.fromkeys(hostile.sound_pictures(), "taken")
    )


def test_what_is_served_stands_upright_however_it_was_stored():
    for name, data in hostile.turned_pictures().items():
        for kind in pictures.ENCODINGS:
            served = hostile.image_of(pictures.copy(data, 320, kind))
            assert served.size == hostile.SIZE, name
            assert far_apart(served, hostile.painting()) < 8, (name, kind)


@pytest.mark.parametrize("name", ["jpeg-cmyk", "png", "webp", "avif", "tiff-cmyk", "jpeg-lab-profile"])
def test_what_is_served_has_the_tones_of_the_painting(name):
    served = hostile.image_of(pictures.copy(hostile.sound_pictures()[name], 320, "jpg"))

    assert far_apart(served, hostile.painting()) < 10


def test_what_follows_a_picture_is_not_served():
    for name, data in hostile.sound_pictures().items():
        for tail in hostile.TAILS.values():
            hostile.examine(data + tail)
            served = pictures.copy(data + tail, 320, "jpg")
            assert tail not in served, name


@pytest.mark.django_db
def test_over_http_there_are_answers_and_sentences_and_never_a_fault(settings):
    settings.API_UPLOADS_PER_MINUTE = settings.API_UPLOADS_PER_DAY = 1_000_000
    script = Script(raises=False)
    script.client.force_login(script.user)
    light = list(hostile.light_cases(2))
    for name, data in light[:: len(light) // 60]:
        answer = script.upload(data)

        assert answer.status_code in {200, 201, 202, 400, 413}, (name, answer.content)
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["errors"][0]["code"] in REFUSALS, name
            assert answer.json()["errors"][0]["detail"].endswith("."), name
        else:
            what_is_served(script, Prediction.objects.get(pk=answer.json()["id"]))


def what_is_served(script, prediction):
    for kind, encoding in pictures.ENCODINGS.items():
        response = script.client.get(prediction.copies.at(320, kind))
        assert response.headers["Content-Type"] == encoding.media_type
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        hostile.prove(b"".join(response.streaming_content), kind)
    for name in ("classifier:prediction-whole", "classifier:prediction-picture"):
        more = ["preview"] if name.endswith("picture") else []
        response = script.client.get(reverse(name, args=[prediction.pk, *more]))
        assert response.headers["Content-Type"] == "image/jpeg"
        hostile.prove(b"".join(response.streaming_content), "jpg")


def far_apart(one, other) -> float:
    """The mean difference of two pictures, in steps of 0 to 255."""
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())
