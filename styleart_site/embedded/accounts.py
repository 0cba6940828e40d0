"""Running servers as somebody else when we are root."""

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .places import EmbeddedServiceError


@dataclass(frozen=True)
class Account:
    """Whom a server runs as when we are root."""

    name: str
    uid: int
    gid: int


def account_for_postgres(data: Path) -> Account | None:
    """PostgreSQL refuses to run as root: it then runs as the owner of the data, else as postgres or nobody."""
    if os.geteuid() != 0:
        return None
    owner = owner_of(data) or owner_of(data.parent)
    if owner is not None:
        return owner
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServiceError(
        "PostgreSQL does not run as root and there is no account 'postgres' or 'nobody'; "
        "add one ('useradd --system postgres'), or start StyleArt as an ordinary user."
    )


def owner_of(path: Path) -> Account | None:
    """The owner of this path, if we are root and the owner is somebody else."""
    if os.geteuid() != 0 or not path.exists() or path.stat().st_uid == 0:
        return None
    return Account(str(path.stat().st_uid), path.stat().st_uid, path.stat().st_gid)


def launcher_for(account: Account | None, needed: list[Path]) -> list[str]:
    """The words before a command that make it run as that account, able to reach the needed paths.

    A checkout below a closed folder such as /root is reached by a capability to pass through folders,
    given to this one process tree; nobody's folders are opened up.
    """
    if account is None:
        return []
    if shutil.which("setpriv") is None:
        raise EmbeddedServiceError(
            "The embedded services do not run as root and the program 'setpriv' is missing; "
            "install util-linux, or start StyleArt as an ordinary user."
        )
    plain = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    for capability in (None, "dac_read_search", "dac_override"):
        launcher = plain + (_with_capability(capability) if capability else [])
        if all(_can_reach(launcher, path) for path in needed):
            return launcher
    raise EmbeddedServiceError(
        f"The embedded services run as the account {account.name}, which cannot reach "
        f"{needed[0]} or {needed[1]}; "
        "move StyleArt and its data (STYLEART_DATA) to a folder open to all, such as /opt, "
        "or start it as an ordinary user."
    )


def _with_capability(name: str) -> list[str]:
    # initdb uses access(), which ignores an ordinary user's capabilities unless no_setuid_fixup is set.
    return [f"--inh-caps=+{name}", f"--ambient-caps=+{name}", "--securebits=+no_setuid_fixup"]


def _can_reach(launcher: list[str], path: Path) -> bool:
    test = [*launcher, "test", "-x", str(path)]
    return subprocess.run(test, stderr=subprocess.DEVNULL, cwd="/", check=False).returncode == 0


def give_tree(folder: Path, account: Account) -> None:
    os.chown(folder, account.uid, account.gid)
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(Path(parent) / name, account.uid, account.gid, follow_symlinks=False)
