"""`python -m styleart_site.probe`: does the web server of this machine answer? Exit code 0 or 1.

For health checks of containers and service managers; PORT and ALLOWED_HOSTS say whom to ask, and how.
"""

import sys
from http.client import HTTPConnection, HTTPException

from environs import Env

from . import environment


def main() -> None:
    env = environment.read()
    sys.exit(0 if answers(env.int("PORT", 8000), host_of(env)) else 1)


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """True when a StyleArt answers on this port."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        response = connection.getresponse()
        return response.status == 200 and b'"status": "ok"' in response.read(200)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def host_of(env: Env) -> str:
    """A name that the site answers to; it refuses all but ALLOWED_HOSTS."""
    hosts = env.list("ALLOWED_HOSTS", []) or ["127.0.0.1"]
    return hosts[0].replace("*", "127.0.0.1").lstrip(".")


if __name__ == "__main__":
    main()
