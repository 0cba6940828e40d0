"""What serves must stay light: tensorflow is for training only."""

import subprocess
import sys

import pytest

WEB = "from styleart_site.wsgi import application; from django.urls import resolve; resolve('/')"
WORKER = "from styleart_site.celery import app; app.loader.import_default_modules()"
ANSWER = """
import django; django.setup()
from ml import inference
from tests import pictures
inference.classify(pictures.small_painting())
"""


@pytest.mark.parametrize("code", [WEB, WORKER, WORKER + ANSWER], ids=["web", "worker", "worker at work"])
def test_tensorflow_is_never_imported(code):
    check = (
        "\nimport sys; print(sorted({name.split('.')[0] for name in sys.modules} & {'tensorflow', 'keras'}))"
    )
    environment_line = (
        "import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'styleart_site.settings')\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", environment_line + code + check], capture_output=True, text=True, timeout=60
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().endswith("[]")


def test_drawing_is_not_imported_before_a_plot_is_asked_for():
    result = subprocess.run(
        [sys.executable, "-c", WEB_CHECK_MATPLOTLIB], capture_output=True, text=True, timeout=60
    )

    assert result.stdout.strip() == "False", result.stderr


WEB_CHECK_MATPLOTLIB = f"""
import os, sys
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'styleart_site.settings')
{WEB}
print('matplotlib' in sys.modules)
"""
