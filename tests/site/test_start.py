"""bin/start: what it says when something is missing, what it installs, and how it keeps its children."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from styleart_site import run

REPOSITORY = Path(__file__).resolve().parents[2]


# bin/start


@pytest.fixture
def checkout(tmp_path):
    """A folder with bin/ and requirements only, and a PATH that has a shell but no Python."""
    folder = tmp_path / "checkout"
    shutil.copytree(REPOSITORY / "bin", folder / "bin")
    shutil.copy(REPOSITORY / "requirements-serve.txt", folder)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "cat"):
        (tools / name).symlink_to(shutil.which(name))
    return folder


def start(checkout, *arguments):
    environment = {"PATH": str(checkout.parent / "tools"), "HOME": str(checkout.parent)}
    return subprocess.run(
        [checkout / "bin" / "start", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_help_needs_no_python(checkout):
    done = start(checkout, "--help")

    assert done.returncode == 0
    assert "STYLEART_DATA" in done.stdout


def test_without_python_a_sentence_says_how_to_get_it(checkout):
    done = start(checkout)

    assert done.returncode == 1
    assert "StyleArt needs Python 3.11, and none was found" in done.stderr
    assert not (checkout / ".venv").exists()


def test_another_python_does_not_do(checkout):
    put_program(checkout, "python3", "exit 1")

    assert "StyleArt needs Python 3.11" in start(checkout).stderr


def test_a_python_without_venv_is_named_with_the_remedy(checkout):
    put_program(checkout, "python3.11", 'case "$2" in *ensurepip*) exit 1 ;; esac')

    done = start(checkout)

    assert done.returncode == 1
    assert "apt install python3.11-venv" in done.stderr


def put_program(checkout, name, script):
    program = checkout.parent / "tools" / name
    program.write_text(f"#!{shutil.which('sh')}\n{script}\n")
    program.chmod(0o755)


# bin/install.py


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def shelf(tmp_path):
    """A requirements file for a package of ours, and the wheel of it."""
    (tmp_path / "requirements.txt").write_text("-r more.txt  # the rest\n")
    (tmp_path / "more.txt").write_text('styleart-probe==1.0\nnever==1; sys_platform == "nowhere"\n')
    name = "styleart_probe-1.0"
    files = {
        "styleart_probe.py": "",
        f"{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: styleart-probe\nVersion: 1.0\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{name}.dist-info/RECORD"] = "".join(f"{path},,\n" for path in files)
    with zipfile.ZipFile(tmp_path / f"{name}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return tmp_path


def install(environment, shelf):
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [environment / "bin" / "python", REPOSITORY / "bin" / "install.py", shelf / "requirements.txt"],
        env=os.environ | pip,
        capture_output=True,
        text=True,
        check=False,
    )


def can_import(environment):
    command = [environment / "bin" / "python", "-c", "import styleart_probe"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def test_requirements_are_installed_once_and_a_killed_installation_is_repaired(environment, shelf):
    first = install(environment, shelf)
    assert (first.returncode, can_import(environment)) == (0, True)

    second = install(environment, shelf)
    assert (second.returncode, second.stderr) == (0, "")

    packages = next(environment.glob("lib/python3*/site-packages"))
    (packages / "styleart_probe-1.0.dist-info" / "RECORD").unlink()  # as a killed pip leaves it
    (packages / "styleart_probe.py").unlink()
    (environment / "installed-requirements").unlink()
    third = install(environment, shelf)
    assert (third.returncode, can_import(environment)) == (0, True)


def test_an_environment_that_has_everything_is_used_as_it_is(environment, shelf):
    install(environment, shelf)
    (environment / "installed-requirements").unlink()
    next(shelf.glob("*.whl")).unlink()  # nothing to install from

    done = install(environment, shelf)

    assert (done.returncode, done.stderr) == (0, "")


def test_pips_own_words_are_shown_when_it_fails(environment, shelf):
    (shelf / "more.txt").write_text("styleart-probe==2.0\n")

    done = install(environment, shelf)

    assert done.returncode == 1
    assert "No matching distribution found for styleart-probe==2.0" in done.stderr
    assert "Start again" in done.stderr


# What stands in the way


def run_site(tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "-m", "styleart_site.run"],
        cwd=REPOSITORY,
        env=os.environ | {"STYLEART_DATA": str(tmp_path / "var")} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_named_with_the_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = run_site(tmp_path, PORT=str(port))

    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} is taken by another program. Choose another one: PORT={port + 1} bin/start\n"
    )
    assert not (tmp_path / "var").exists()


def test_a_second_start_of_the_same_site_is_recognized(tmp_path):
    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.headers["Host"] == "styleart.example.org" else 400)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "ok"}).encode())

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run_site(tmp_path, PORT=str(server.server_port), ALLOWED_HOSTS="styleart.example.org")
        server.shutdown()

    assert done.returncode == 1
    assert "StyleArt is already running at http://127.0.0.1:" in done.stderr


def test_a_second_start_in_the_same_folder_is_refused_whatever_its_port(tmp_path):
    (tmp_path / "var/run").mkdir(parents=True)

    with (tmp_path / "var/run/site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as the first one does
        done = run_site(tmp_path, PORT=str(free_port()))

    assert done.returncode == 1
    assert f"StyleArt is already running in {tmp_path}/var" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("port", ["many", "0", "70000"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    done = run_site(tmp_path, PORT=port)

    assert done.returncode == 1
    assert "Try PORT=8000 bin/start" in done.stderr


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "var").write_text("a file in its place")

    done = run_site(tmp_path, PORT=str(free_port()))

    assert done.returncode == 1
    assert "StyleArt cannot write to" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_nearly_full_disk_is_noticed_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "NEEDED_BYTES", 10**18)

    with pytest.raises(run.CannotStart, match="Make some space"):
        run._check_data_dir(tmp_path / "var")


def test_a_database_that_lacks_pgvector_is_named_with_the_way_out(empty_database, tmp_path):
    own = {"SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789", "EMAIL_HOST": "localhost"}
    servers = {
        "DATABASE_URL": empty_database,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "ALLOWED_HOSTS": "localhost",
    }

    done = run_site(tmp_path, PORT=str(free_port()), **own, **servers)

    assert done.returncode == 1
    assert "StyleArt could not be prepared: permission denied to create extension" in done.stderr
    assert "in this database: CREATE EXTENSION vector\n" in done.stderr
    assert "Traceback" not in done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# The supervisor

SUPERVISOR = """
import sys
from pathlib import Path
from styleart_site.supervisor import Child, Supervisor
folder = Path(sys.argv[1])
children = [Child(name, [sys.executable, "-c", code]) for name, code in zip(sys.argv[2::2], sys.argv[3::2])]
supervisor = Supervisor(children, log=folder / "log" / "site.log")
supervisor.run(is_ready=(folder / "ready").exists, ready_timeout_s=30, greeting="Ready.", keep_up=lambda: None)
sys.exit(0 if supervisor.has_been_ready else 1)
"""
STEADY = "import os, time; print('here is', os.getpid(), flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STEADY}"
SHORT = "raise SystemExit(3)"


class Troupe:
    """A supervisor with small children."""

    def __init__(self, folder, **children):
        words = [word for pair in children.items() for word in pair]
        self.folder = folder
        self.output = folder / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, folder, *words],
                cwd=REPOSITORY,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def says(self, words):
        wait_until(lambda: words in self.output.read_text())

    def pid_of(self, name, which=0):
        def lines():
            text = self.output.read_text().splitlines()
            return [line for line in text if line.startswith(name) and "here is" in line]

        wait_until(lambda: len(lines()) > which)
        return int(lines()[which].split()[-1])


@pytest.fixture
def troupe(tmp_path):
    started = []

    def begin(**children):
        started.append(Troupe(tmp_path, **children))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.wait()


def wait_until(condition, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_a_dead_child_is_started_again_and_said_so(troupe):
    running = troupe(web=STEADY, worker=STEADY)

    os.kill(running.pid_of("web"), signal.SIGKILL)

    running.says("site   | web was killed by SIGKILL and is started again")
    assert is_running(running.pid_of("web", 1))
    assert is_running(running.pid_of("worker"))


def test_one_interrupt_ends_all(troupe):
    running = troupe(web=STEADY, worker=STEADY)
    pids = [running.pid_of("web"), running.pid_of("worker")]
    (running.folder / "ready").touch()
    running.says("Ready.")

    running.process.send_signal(signal.SIGINT)

    assert running.process.wait(timeout=60) == 0
    assert not any(is_running(pid) for pid in pids)


def test_a_child_that_does_not_listen_is_ended_within_ten_seconds(troupe):
    running = troupe(worker=STUBBORN)
    pid = running.pid_of("worker")

    running.process.send_signal(signal.SIGINT)

    running.process.wait(timeout=60)
    assert not is_running(pid)


def test_a_second_interrupt_ends_all_at_once(troupe):
    running = troupe(worker=STUBBORN)
    running.pid_of("worker")

    running.process.send_signal(signal.SIGINT)
    running.says("stopping")
    running.process.send_signal(signal.SIGINT)

    running.process.wait(timeout=7)  # it would take 8


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_children_do_not_outlive_a_killed_supervisor(troupe):
    running = troupe(web=STEADY, worker=STEADY)
    pids = [running.pid_of("web"), running.pid_of("worker")]

    running.process.kill()

    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_a_child_that_keeps_failing_at_the_start_ends_the_attempt(troupe):
    running = troupe(web=SHORT, worker=STEADY)
    pid = running.pid_of("worker")

    assert running.process.wait(timeout=60) == 1
    assert "web    | " not in running.output.read_text()
    assert running.output.read_text().count("web ended with code 3") == 3
    assert not is_running(pid)


def test_what_children_say_is_kept_in_the_log(troupe):
    running = troupe(web=STEADY)
    pid = running.pid_of("web")

    log = running.folder / "log" / "site.log"

    wait_until(lambda: f"web  | here is {pid}" in log.read_text())
    assert log.stat().st_mode & 0o077 == 0
