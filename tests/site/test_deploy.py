"""compose.yaml, Dockerfile and nginx.conf without a Docker engine: their own commands in a plain directory."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import warnings
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

import pytest
import yaml

from classifier.visitors import network_of
from styleart_site.api.problems import problem
from styleart_site.middleware import know_the_address
from styleart_site.outages import RETRY_AFTER_S
from styleart_site.run import GIVE_BACK_MEMORY
from tests import factories, live, real_servers

ROOT = Path(__file__).parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
HOST = "styleart.example.org"
ACCOUNT = """
from tests.factories import make_user
from styleart_site.models import AccessToken
for name in ("owner", "stranger"):
    print("TOKEN", AccessToken.objects.make(make_user(f"{name}@example.org"), "walk", days=1)[1])
"""
AT_THE_DOOR = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


class Walk:
    """The services of compose.yaml that we write ourselves, each in a process, behind nginx."""

    def __init__(self, folder: Path, servers: real_servers.Servers) -> None:
        self.folder, self.data, self.code = folder, folder / "data", folder / "code"
        self.data.mkdir()
        self.web_port, self.proxy_port = live.free_port(), live.free_port()
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "STYLEART_DATA": str(self.data),
            "SECRET_KEY": "only-for-this-walk-0123456789-0123456789-0123456789",
            "ALLOWED_HOSTS": HOST,
            "EMAIL_HOST": "localhost",
            "SAMPLE_STUDIES_PER_STYLE": "0",
            **COMPOSE["x-site"]["environment"],
            # compose.yaml's are those of its own services
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "PORT": str(self.web_port),
        }
        self.running: list[subprocess.Popen] = []

    def copy_code(self) -> None:
        """What .dockerignore lets into the image, and nothing else."""
        self.code.mkdir()
        for name in re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(
                    source, self.code / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
                )
            else:
                shutil.copy(source, self.code / name)

    def command(self, service: str) -> list[str]:
        words = [word.replace("$$", "$") for word in COMPOSE["services"][service]["command"]]
        words = [word.replace("0.0.0.0:8000", f"127.0.0.1:{self.web_port}") for word in words]
        words = [word.replace("/tmp/schedule", str(self.folder / "schedule")) for word in words]
        words[0] = str(Path(sys.executable).parent / words[0])
        return words

    def do(self, service: str) -> None:
        done = subprocess.run(
            self.command(service),
            cwd=self.code,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr

    def start(self, service: str) -> subprocess.Popen:
        return self._start(service, self.command(service))

    def start_behind(self, door: socket.socket) -> subprocess.Popen:
        """A web server that gets its socket as it does from systemd."""
        command = [sys.executable, "-c", AT_THE_DOOR, str(door.fileno()), *self.command("web")]
        return self._start("web behind a door", command, pass_fds=[door.fileno()])

    def start_nginx(self) -> None:
        text = (ROOT / "nginx.conf").read_text()
        for old, new in {
            "/data": str(self.data),
            "/tmp/nginx": str(self.folder / "nginx"),
            "web:8000": f"127.0.0.1:{self.web_port}",
            "listen 8080;": f"listen 127.0.0.1:{self.proxy_port};",
        }.items():
            assert old in text
            text = text.replace(old, new)
        own = self.folder / "nginx.conf"
        own.write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
        subprocess.run([find_nginx(), "-t", "-q", "-c", own], check=True)
        self._start("nginx", [find_nginx(), "-c", str(own), "-g", "daemon off;"])

    def _start(self, name: str, command: list[str], pass_fds: Sequence[int] = ()) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.code, env=self.environment, stdout=log, stderr=log, pass_fds=pass_fds
            )
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(timeout=40)

    def tokens(self) -> tuple[str, str]:
        """Of two people who just signed up."""
        said = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", ACCOUNT],
            cwd=self.code, env=self.environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        )  # fmt: skip
        owner, stranger = re.findall(r"TOKEN (\S+)", said.stdout)
        return owner, stranger

    def ask(self, path: str, *, port: int | None = None, data: bytes | None = None, **headers: str):
        """Ask as a browser does whose TLS ended at a proxy before ours. Gives status, headers, body."""
        known = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.proxy_port}{path}", data)
        for name, value in (known | named).items():
            request.add_header(name, value)
        try:
            with urllib.request.build_opener(NoRedirects).open(request, timeout=120) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def upload(self, token: str, picture: bytes) -> dict:
        boundary = "styleart-walk"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        status, _, answer = self.ask(
            "/api/v1/predictions/",
            data=body + picture + f"\r\n--{boundary}--\r\n".encode(),
            Content_Type=f"multipart/form-data; boundary={boundary}",
            Authorization=f"Bearer {token}",
            Prefer="wait=10",
        )
        assert status in (201, 202), answer
        return json.loads(answer)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def find_nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def require_nginx() -> None:
    if find_nginx() is None:
        if os.environ.get("STYLEART_REQUIRE_NGINX"):
            pytest.fail("No nginx on this machine, and STYLEART_REQUIRE_NGINX asks for one.")
        warnings.warn("NOT RUN: the walk through nginx. 'apt install nginx-light' gets one.", stacklevel=2)
        pytest.skip("no nginx on this machine")


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    require_nginx()
    folder = tmp_path_factory.mktemp("walk")
    with real_servers.running() as servers:
        walk = Walk(folder, servers)
        walk.copy_code()
        try:
            walk.do("prepare")
            for service in ("web", "worker", "beat"):
                walk.start(service)
            walk.start_nginx()
            live.wait_until(lambda: is_ready(walk), timeout_s=180)
            yield walk
        finally:
            walk.stop()


def is_ready(walk: Walk) -> bool:
    assert all(process.poll() is None for process in walk.running)
    try:
        return walk.ask("/readyz")[0] == 200
    except OSError:  # also while it reads the model, on a busy machine
        return False


@pytest.mark.services
def test_a_picture_goes_in_through_nginx_and_its_owner_alone_gets_it_back(walk):
    owner, stranger = walk.tokens()
    sent = walk.upload(owner, factories.small_painting())

    def is_done() -> bool:
        path = f"/api/v1/predictions/{sent['id']}/"
        return json.loads(walk.ask(path, Authorization=f"Bearer {owner}")[2])["status"] == "done"

    live.wait_until(is_done, timeout_s=60)
    path = re.sub(r"^https?://[^/]+", "", sent["image"]["url"])
    status, headers, body = walk.ask(path, Authorization=f"Bearer {owner}")

    assert (status, headers["Content-Type"], body[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"].startswith("private")
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert walk.ask(path, Authorization=f"Bearer {stranger}")[0] == 404
    assert walk.ask(path)[0] in (401, 404)

    # The bytes came from nginx: Python's web server only names the place.
    _, headers, body = walk.ask(path, port=walk.web_port, Authorization=f"Bearer {owner}")
    assert (headers["X-Accel-Redirect"][:19], body) == ("/protected/derived/", b"")
    # And nobody reaches that place without it.
    assert walk.ask(headers["X-Accel-Redirect"])[0] == 404
    assert walk.ask("/protected/../media/" + headers["X-Accel-Redirect"][11:])[0] == 404


@pytest.mark.services
def test_static_files_come_from_nginx_for_ever_and_compressed(walk):
    page = walk.ask("/")[2].decode()
    path = re.search(r'/static/[^"]+\.[0-9a-f]{12}\.css', page)[0]

    status, headers, body = walk.ask(path, Accept_Encoding="gzip")

    assert (status, headers["Content-Encoding"], body[:2]) == (200, "gzip", b"\x1f\x8b")
    assert "immutable" in headers["Cache-Control"]
    assert headers["Content-Type"].startswith("text/css")
    assert headers["X-Content-Type-Options"] == "nosniff"
    plain = walk.ask(path)[2]
    promised = hashlib.md5(plain, usedforsecurity=False).hexdigest()[:12]
    assert promised in path
    assert walk.ask("/static/../../secret")[0] in (400, 404)


@pytest.mark.services
def test_without_tls_one_is_sent_to_https_and_inner_pages_stay_inside(walk):
    status, headers, _ = walk.ask("/", X_Forwarded_Proto="http")

    assert (status, headers["Location"]) == (301, f"https://{HOST}/")
    assert walk.ask("/metrics")[0] == 404
    assert walk.ask("/", Host="elsewhere.example.org")[0] == 400


@pytest.mark.services
def test_a_body_far_too_large_never_reaches_python(walk):
    named = {"X_Request_ID": "a-body-far-too-large"}
    status, headers, body = walk.ask("/api/v1/predictions/", data=bytes(65 * 1024 * 1024), **named)

    assert_problem("body_too_large", status, headers, body)
    assert named["X_Request_ID"] not in (walk.folder / "web.log").read_text()
    walk.ask("/api/v1/predictions/", data=b"", **named)
    assert named["X_Request_ID"] in (walk.folder / "web.log").read_text()


@pytest.fixture
def lonely(tmp_path):
    """nginx whose web server is away."""
    require_nginx()
    lonely = Walk(tmp_path, real_servers.Servers(0, 0))
    lonely.code.mkdir()
    lonely.start_nginx()
    try:
        live.wait_until(lambda: is_listening(lonely), timeout_s=30)
        yield lonely
    finally:
        lonely.stop()


@pytest.mark.services
def test_while_the_web_server_is_away_programs_get_a_problem(lonely):
    status, headers, body = lonely.ask("/api/v1/limits/plain.png")

    assert_problem("unavailable", status, headers, body)
    assert headers["Retry-After"] == str(RETRY_AFTER_S[503])


@pytest.mark.services
def test_nginx_writes_down_neither_who_asked_nor_secret_links_nor_searches(lonely):
    log = lonely.folder / "nginx.log"

    lonely.ask("/s/a-secret/?q=private", data=bytes(300_000))
    live.wait_until(lambda: " 502 POST /s/" in log.read_text(), timeout_s=10)

    assert not {word for word in ("203.0.113.7", "a-secret", "private") if word in log.read_text()}


def is_listening(walk: Walk) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", walk.proxy_port)) == 0


def assert_problem(code: str, status: int, headers: Message, body: bytes) -> None:
    """What nginx says itself reads as what the site says."""
    own = problem(code)
    assert (status, headers["Content-Type"]) == (own.status_code, own.headers["Content-Type"])
    assert headers["Cache-Control"] == own.headers["Cache-Control"]
    assert json.loads(body) == json.loads(own.content)


@pytest.mark.services
def test_whoever_comes_while_the_web_server_is_restarted_waits_at_its_socket(walk):
    with socket.create_server(("127.0.0.1", 0)) as door:  # as systemd keeps it
        first = walk.start_behind(door)
        answers = [walk.ask("/healthz", port=door.getsockname()[1])[0]]
        first.terminate()
        assert first.wait(timeout=60) == 0

        walk.start_behind(door)
        answers.append(walk.ask("/healthz", port=door.getsockname()[1])[0])

    assert answers == [200, 200]


@pytest.mark.services
def test_health_checks_of_the_image_and_of_compose_answer(walk):
    environment = walk.environment
    probe = [sys.executable, "-m", "styleart_site.probe"]
    assert subprocess.run(probe, cwd=walk.code, env=environment, check=False).returncode == 0
    silent = environment | {"PORT": str(live.free_port())}
    assert subprocess.run(probe, cwd=walk.code, env=silent, check=False).returncode == 1

    shell = COMPOSE["services"]["worker"]["healthcheck"]["test"][1].replace("$$", "$")
    told = environment | {"PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
    assert subprocess.run(["sh", "-c", shell], cwd=walk.code, env=told, check=False).returncode == 0


@pytest.mark.services
def test_a_site_on_real_servers_is_backed_up_with_its_password(walk, tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", tmp_path / "walk.tar"],
        cwd=walk.code, env=walk.environment, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert subprocess.run(["tar", "-tf", tmp_path / "walk.tar", "secret_key"], capture_output=True).returncode


@pytest.mark.services
def test_the_doctor_finds_a_deployed_site_well_but_for_its_mail_server(walk):
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=walk.code, env=walk.environment, capture_output=True, text=True,
    )  # fmt: skip

    told = json.loads(done.stdout)
    unwell = [found for found in told if found["level"] == "trouble"]
    assert "fit for the public (check --deploy)" in [found["said"] for found in told]
    assert [found["check"] for found in unwell] == ["mail"], unwell
    assert done.returncode == 3


# What needs no server


def test_behind_a_proxy_each_visitor_has_an_address_of_their_own(rf, settings):
    def network(told: str) -> str:
        request = rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=told)
        return know_the_address(network_of)(request)

    settings.BEHIND_PROXY = True
    assert network("203.0.113.7") != network("203.0.113.8")
    assert network("203.0.113.7") == network("made-up, 203.0.113.7")

    settings.BEHIND_PROXY = False  # then anybody could say so
    assert network("203.0.113.7") == network("203.0.113.8")


def test_every_service_has_limits_a_health_check_and_no_secret():
    for name, service in COMPOSE["services"].items():
        assert service.get("restart") or name == "manage"
        assert "resources" in service.get("deploy", {}) or name in {"prepare", "manage"}
        assert "healthcheck" in service or name in {"web", "tls"}  # the image has it; Caddy's has none
    told = re.findall(r"(?:PASSWORD|SECRET\w*|KEY): (.+)", (ROOT / "compose.yaml").read_text())
    assert all(value.startswith("${") for value in told)


def test_what_people_send_waits_on_the_disk_of_the_proxy():
    place = re.search(r"client_body_temp_path (\S+);", (ROOT / "nginx.conf").read_text())[1]
    owned = re.search(r"install -d -o 10001 .*", (ROOT / "Dockerfile").read_text().replace("\\\n", ""))[0]
    services = COMPOSE["services"]

    assert place in owned.split()
    assert services["proxy"]["user"].startswith("10001")
    assert all(f"bodies:{place}" in services[name]["volumes"] for name in ("prepare", "proxy"))


def test_compose_starts_what_needs_others_after_them():
    services = COMPOSE["services"]
    for name in ("web", "worker", "beat"):
        conditions = {other: rule["condition"] for other, rule in services[name]["depends_on"].items()}
        assert conditions == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "prepare": "service_completed_successfully",
        }
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith((".", "$"))


def test_the_image_of_the_site_has_no_tensorflow_and_does_not_run_as_root():
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    site = next(stage for stage in stages if " AS site\n" in stage)
    packages = next(stage for stage in stages if " AS packages\n" in stage)

    assert "USER 10001" in site
    assert "HEALTHCHECK" in site
    assert "--from=packages" in site
    assert "requirements-lock.txt" not in site + packages
    assert "tensorflow" not in (ROOT / "requirements-serve.txt").read_text()
    assert stages[-1] is site  # what is built where no target is named


def test_no_secret_and_no_data_can_get_into_the_image():
    lines = (ROOT / ".dockerignore").read_text().split()
    allowed = {line[1:] for line in lines if line.startswith("!")}

    assert "*" in lines
    assert not allowed & {".env", "var", "tests", ".git", "docs"}
    assert all((ROOT / name).exists() for name in allowed)


@pytest.mark.parametrize("place", ["Dockerfile", "docs/deploy.md"])
def test_whoever_starts_the_site_in_another_way_gives_memory_back_as_bin_start_does(place):
    words = (ROOT / place).read_text().replace("Environment=", " ").split()

    assert [
        f"{name}={value}" for name, value in GIVE_BACK_MEMORY.items() if f"{name}={value}" not in words
    ] == []


def test_image_and_compose_agree_on_commands():
    command = json.loads(re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1])

    assert command == COMPOSE["services"]["web"]["command"]
