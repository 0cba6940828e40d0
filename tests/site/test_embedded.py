"""The embedded services, with real servers in folders of their own, killed in every way we could think of."""

import contextlib
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from styleart_site.embedded import EmbeddedServiceError, join
from styleart_site.embedded.places import Places
from styleart_site.embedded.redis import _program

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0

# A process that joins, says what it got, and stays until its input is closed.
USER = """
import json, sys, time
from pathlib import Path
from styleart_site import embedded
begun = time.perf_counter()
try:
    services = embedded.join(Path(sys.argv[1]), postgres=True, redis=True)
except embedded.EmbeddedServiceError as error:
    print(json.dumps({"error": str(error)}), flush=True)
    sys.exit(1)
answer = {"host": services.postgres["HOST"], "redis": str(services.redis_socket)}
print(json.dumps(answer | {"seconds": time.perf_counter() - begun}), flush=True)
sys.stdin.read()
"""


class User:
    """Another process that uses the services of a data folder."""

    def __init__(self, data_dir, *, launcher=(), code=USER):
        self.data_dir = Path(data_dir)
        self.process = subprocess.Popen(
            [*launcher, sys.executable, "-c", code, str(data_dir)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait(self):
        """Wait until it has joined."""
        self.answer = json.loads(self.process.stdout.readline())
        assert "error" not in self.answer, self.answer
        return self

    def refusal(self):
        """The sentence it got instead."""
        return json.loads(self.process.stdout.readline())["error"]

    def state(self):
        return Places(self.data_dir.resolve()).read_state()

    def query(self, sql):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None

    def connect(self):
        connection = psycopg2.connect(
            dbname="styleart", user="styleart", host=self.answer["host"], port="5432", connect_timeout=5
        )
        connection.autocommit = True
        return connection

    @property
    def redis(self):
        return redis.Redis(unix_socket_path=self.answer["redis"])

    def leave(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.leave()


def kill(pid):
    """Kill a process of another family and wait until it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.kill()
        wait_until(lambda: not is_running(pid))


def is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_quiet(data_dir):
    places = Places(Path(data_dir).resolve())
    return not places.run.exists() or not places.guardian_lives()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Every data folder of this module; in the end none of them may have anything running."""
    found = []
    yield found
    for folder in found:
        with contextlib.suppress(AssertionError):
            wait_until(lambda folder=folder: is_quiet(folder))
    left = [process for process in psutil.process_iter() if names_one_of(process, found)]
    for process in left:
        process.kill()
    assert not left


def names_one_of(process, folders):
    with contextlib.suppress(psutil.Error):
        line = " ".join(process.cmdline())
        marks = [mark for folder in folders for mark in (str(folder), Places(folder.resolve()).key)]
        return process.pid != os.getpid() and any(mark in line for mark in marks)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory, folders):
    """A stopped data folder, so that not every test makes a database."""
    data_dir = open_folder(tmp_path_factory) / "made"
    folders.append(data_dir)
    User(data_dir).wait().leave()
    wait_until(lambda: is_quiet(data_dir))
    return data_dir


def open_folder(tmp_path_factory):
    """A folder that other accounts may pass through: pytest's own are closed."""
    folder = tmp_path_factory.mktemp("data")
    if AS_ROOT:
        for closed in (folder, *list(folder.parents)[:2]):
            closed.chmod(0o755)
    return folder


@pytest.fixture
def data_dir(tmp_path_factory, made_once, folders):
    folder = open_folder(tmp_path_factory) / "var"
    folders.append(folder)
    copy(made_once, folder)
    return folder


def copy(made, folder):
    """Copy a stopped data folder, owners kept."""
    folder.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(made / "postgres"), str(made / "redis"), str(folder)], check=True)


@pytest.fixture
def users(data_dir):
    """Start users of the data folder; those that a test leaves behind are ended."""
    started = []

    def start(folder=data_dir, **options):
        started.append(User(folder, **options))
        return started[-1]

    yield start
    for user in started:
        if user.process.poll() is None:
            user.kill()


@pytest.fixture
def user(users):
    return users().wait()


def test_two_users_share_the_same_servers(user, users):
    second = users().wait()

    user.query("CREATE TABLE t (x int)")
    user.redis.set("x", "1")
    assert second.query("SELECT count(*) FROM t") == [(0,)]
    assert second.redis.get("x") == b"1"
    assert second.answer["seconds"] < 0.05


def test_joining_again_is_quick_and_changes_nothing(user, users):
    state = user.state()
    join = "embedded.join(Path(sys.argv[1]), postgres=True, redis=True)"
    code = USER.replace("begun =", f"first = {join}\nbegun =") + "assert services == first"

    second = users(code=code).wait()

    assert second.answer["seconds"] < 0.05
    assert user.state() == state
    second.leave()
    assert second.process.returncode == 0


def test_the_last_one_to_leave_stops_the_servers_and_the_data_stays(user, users):
    second = users().wait()
    user.query("CREATE TABLE t (x int)")
    user.redis.set("x", "1")
    pids = [user.state()[name]["pid"] for name in ("postgres", "redis")]

    user.leave()
    time.sleep(2.5)
    assert all(is_running(pid) for pid in pids)
    second.leave()
    wait_until(lambda: not any(is_running(pid) for pid in pids))
    third = users().wait()

    assert third.query("SELECT count(*) FROM t") == [(0,)]
    assert third.redis.get("x") == b"1"


def test_a_killed_user_no_longer_counts(user):
    pids = [user.state()[name]["pid"] for name in ("postgres", "redis")]

    user.kill()

    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_a_forked_child_counts_as_a_user(users):
    code = USER.replace("sys.stdin.read()", "import os\nif os.fork(): os._exit(0)\nsys.stdin.read()")
    user = users(code=code).wait()
    user.process.wait()

    time.sleep(3)

    assert user.query("SELECT 1") == [(1,)]


def test_a_killed_guardian_is_replaced_and_the_servers_go_on(user, users):
    before = user.state()
    kill(before["guardian"])

    second = users().wait()

    wait_until(lambda: second.state()["guardian"] != before["guardian"])  # until it has written who it is
    after = second.state()
    assert [after[name]["pid"] for name in ("postgres", "redis")] == [
        before[name]["pid"] for name in ("postgres", "redis")
    ]


def test_servers_that_a_killed_guardian_left_behind_are_stopped_by_the_stop_command(user):
    before = user.state()
    kill(before["guardian"])
    user.kill()

    answer = subprocess.run(
        [sys.executable, "-m", "styleart_site.embedded", "stop", str(user.data_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == "Stopped.\n"
    assert not any(is_running(before[name]["pid"]) for name in ("postgres", "redis"))


def test_the_stop_command_does_not_stop_what_is_in_use(user):
    answer = subprocess.run(
        [sys.executable, "-m", "styleart_site.embedded", "stop", str(user.data_dir)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert "in use" in answer.stderr
    assert user.query("SELECT 1") == [(1,)]


def test_a_killed_postmaster_is_started_again_although_a_query_goes_on(user, users):
    user.query("CREATE TABLE t (x int)")
    busy = user.connect()
    start_endless_query(busy)

    kill(user.state()["postgres"]["pid"])
    second = users().wait()

    assert second.query("SELECT count(*) FROM t") == [(0,)]


def start_endless_query(connection):
    """A query that computes without a pause, so that it does not notice the postmaster's death."""

    def run():
        with contextlib.suppress(psycopg2.Error):
            connection.cursor().execute(
                "SELECT count(*) FROM generate_series(1, 1000000000) a WHERE a % 7 = 3"
            )

    threading.Thread(target=run, daemon=True).start()
    backend = psutil.Process(connection.info.backend_pid)
    wait_until(lambda: backend.cpu_times().user > 0.1)


def test_everything_killed_at_once_does_not_hinder_the_next_start(user, users):
    user.query("CREATE TABLE t (x int)")
    user.redis.set("x", "1")
    time.sleep(1.1)  # Redis writes to the disk every second
    busy = user.connect()
    start_endless_query(busy)
    state = user.state()

    for pid in (state["guardian"], state["postgres"]["pid"], state["redis"]["pid"]):
        kill(pid)
    user.kill()
    second = users().wait()

    assert second.query("SELECT count(*) FROM t") == [(0,)]
    assert second.redis.get("x") == b"1"


def test_a_killed_redis_is_started_again(user, users):
    user.redis.set("x", "1")
    time.sleep(1.1)

    kill(user.state()["redis"]["pid"])
    second = users().wait()

    assert second.redis.get("x") == b"1"


def test_a_stale_pid_file_that_names_a_living_stranger_is_seen_through(data_dir, users):
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_dir}/postgres\n1\n5432\n{data_dir}/run/pg\n\n0 0\nready\n")
    owner = (data_dir / "postgres").stat()
    os.chown(pid_file, owner.st_uid, owner.st_gid)

    assert users().wait().query("SELECT 1") == [(1,)]


def test_a_half_made_database_is_made_again(data_dir, users):
    shutil.rmtree(data_dir / "postgres")
    (data_dir / "postgres.new" / "base").mkdir(parents=True)

    assert users().wait().query("SELECT 1") == [(1,)]
    assert not (data_dir / "postgres.new").exists()


def test_a_cut_off_append_only_file_keeps_what_was_whole(user, users):
    user.redis.set("x", "1")
    user.leave()
    wait_until(lambda: is_quiet(user.data_dir))
    file = newest_append_only_file(user.data_dir)
    with file.open("ab") as tail:
        tail.write(b"*3\r\n$3\r\nSET\r\n$1\r\ny\r\n$10")

    second = users().wait()

    assert second.redis.get("x") == b"1"


def newest_append_only_file(data_dir):
    files = [
        path for path in (data_dir / "redis").rglob("*aof*") if path.is_file() and "manifest" not in path.name
    ]
    return max(files, key=lambda path: (path.stat().st_mtime, path.name))


def test_an_unreadable_append_only_file_is_put_aside(user, users):
    user.redis.set("x", "1")
    user.leave()
    wait_until(lambda: is_quiet(user.data_dir))
    newest_append_only_file(user.data_dir).write_bytes(b"this is a letter, not a log\r\n" * 20)

    second = users().wait()

    assert second.redis.get("x") is None
    assert list((user.data_dir / "redis").glob("unreadable-*/*"))


def test_a_deleted_data_folder_ends_its_servers_and_can_be_made_anew(user, users):
    pids = [user.state()[name]["pid"] for name in ("postgres", "redis")]

    shutil.rmtree(user.data_dir)
    second = users().wait()

    assert second.query("SELECT 1") == [(1,)]
    assert second.redis.ping()
    wait_until(lambda: not any(is_running(pid) for pid in pids))


@pytest.mark.parametrize("name", ["deep-" * 30, "with space, comma and 'quotes'", "Gemälde"])
def test_any_path_will_do(tmp_path_factory, made_once, folders, users, name):
    data_dir = open_folder(tmp_path_factory) / name / "var"
    data_dir.parent.mkdir()
    folders.append(data_dir)
    copy(made_once, data_dir)

    user = users(data_dir).wait()

    assert user.query("SELECT 1") == [(1,)]
    assert user.redis.ping()
    assert Path(user.answer["host"]).stat().st_mode & 0o077 == 0
    user.leave()
    wait_until(lambda: is_quiet(data_dir))
    assert not Path(user.answer["redis"]).parent.exists()


def test_two_data_folders_run_side_by_side(user, users, tmp_path_factory, made_once, folders):
    other = open_folder(tmp_path_factory) / "other"
    folders.append(other)
    copy(made_once, other)
    second = users(other).wait()

    user.redis.set("x", "1")
    user.query("CREATE TABLE t (x int)")

    assert second.redis.get("x") is None
    assert second.query("SELECT to_regclass('t')") == [(None,)]


def test_four_processes_may_join_first_at_the_same_time(tmp_path_factory, folders, users):
    data_dir = open_folder(tmp_path_factory) / "var"
    folders.append(data_dir)

    started = [users(data_dir) for _ in range(4)]
    states = [user.wait().state()["guardian"] for user in started]

    assert len(set(states)) == 1
    assert all(user.query("SELECT 1") == [(1,)] for user in started)


def test_sentences_sort_alike_on_every_machine(user):
    rows = user.query("SELECT x, upper(x) FROM (VALUES ('é'), ('a'), ('B'), ('z')) v(x) ORDER BY x")

    assert rows == [("B", "B"), ("a", "A"), ("z", "Z"), ("é", "É")]


def test_nothing_listens_on_the_network(user):
    for name in ("postgres", "redis"):
        server = psutil.Process(user.state()[name]["pid"])
        assert [socket for socket in server.net_connections(kind="inet") if socket.status == "LISTEN"] == []


def test_a_file_in_the_place_of_the_data_folder_gets_a_sentence(tmp_path):
    (tmp_path / "var").write_text("a file")

    with pytest.raises(EmbeddedServiceError, match="choose another one with STYLEART_DATA"):
        join(tmp_path / "var", postgres=True, redis=False)


def test_the_data_of_another_postgresql_gets_a_sentence(data_dir, users):
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n")

    assert "made by PostgreSQL 16" in users().refusal()


def test_a_server_that_cannot_start_says_why_and_the_next_try_is_a_new_one(data_dir, users):
    settings = data_dir / "postgres" / "postgresql.conf"
    whole = settings.read_text()
    settings.write_text(whole + "\nwork_mem = 'a lot'\n")

    assert re.search(r"^PostgreSQL could not start: .+postgres\.log\.$", users().refusal())
    settings.write_text(whole)
    assert users().wait().query("SELECT 1") == [(1,)]


def test_without_any_redis_a_sentence_says_how_to_get_one(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [str(REPOSITORY)])

    with pytest.raises(EmbeddedServiceError, match="install 'redis-server' or 'valkey-server'"):
        _program()


def test_the_guardian_needs_no_django():
    code = "import sys, styleart_site.embedded.__main__; sys.exit('django' in sys.modules or 'celery' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_runs_everything_as_itself(tmp_path_factory, folders, users):
    data_dir = open_folder(tmp_path_factory) / "theirs" / "var"
    folders.append(data_dir)
    data_dir.parent.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir.parent, nobody.pw_uid, nobody.pw_gid)

    user = users(data_dir, launcher=become(nobody)).wait()

    assert user.query("SELECT 1") == [(1,)]
    for name in ("postgres", "redis"):
        assert psutil.Process(user.state()[name]["pid"]).uids().effective == nobody.pw_uid


def become(account):
    """An ordinary user; allowed to pass through closed folders, since our Python may lie in one."""
    return [
        "setpriv",
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--securebits=+no_setuid_fixup",
    ]


@pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
def test_root_may_use_the_data_of_an_ordinary_user_and_leaves_it_usable(tmp_path_factory, folders, users):
    data_dir = open_folder(tmp_path_factory) / "theirs" / "var"
    folders.append(data_dir)
    data_dir.mkdir(parents=True)
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)

    users(data_dir).wait().leave()
    wait_until(lambda: is_quiet(data_dir))
    user = users(data_dir, launcher=become(nobody)).wait()

    assert user.query("SELECT 1") == [(1,)]
    assert user.redis.ping()


@pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_is_told_when_the_data_is_roots(user, users):
    user.leave()
    wait_until(lambda: is_quiet(user.data_dir))

    stranger = users(launcher=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    if stranger.process.wait(timeout=60) == 127:
        pytest.skip("our Python lies in a folder that is closed to others")

    assert "run it as the user who owns" in stranger.refusal()


@pytest.mark.skipif(not AS_ROOT, reason="only root has folders closed to the account of PostgreSQL")
def test_root_may_keep_the_data_below_a_closed_folder(tmp_path_factory, made_once, folders, users):
    closed = open_folder(tmp_path_factory) / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / "var"
    folders.append(data_dir)
    copy(made_once, data_dir)

    user = users(data_dir).wait()

    assert user.query("SELECT 1") == [(1,)]
    assert psutil.Process(user.state()["postgres"]["pid"]).uids().effective != 0
    assert closed.stat().st_mode & 0o777 == 0o700
