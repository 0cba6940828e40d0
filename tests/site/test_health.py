import pytest

pytestmark = pytest.mark.django_db


def test_the_process_says_that_it_lives(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_means_database_migrations_broker_and_model(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["parts"] == {"database": True, "migrations": True, "broker": True, "model": True}


def test_a_missing_broker_is_named(client, tmp_path):
    from styleart_site.celery import app

    address, app.conf.broker_write_url = app.conf.broker_write_url, f"redis+socket://{tmp_path}/nobody.sock"
    try:
        response = client.get("/readyz")
    finally:
        app.conf.broker_write_url = address

    assert response.status_code == 503
    assert response.json()["parts"]["broker"] is False


def test_a_missing_model_is_named(client, monkeypatch, tmp_path):
    monkeypatch.setenv("STYLEART_MODEL", str(tmp_path))

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["parts"]["model"] is False
