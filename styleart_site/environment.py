"""What the environment and `.env` say: for the settings, and for programs that run before or without them."""

from pathlib import Path

from environs import Env

REPOSITORY = Path(__file__).resolve().parent.parent


def read() -> Env:
    """Put what `.env` says into the environment, but where that says something itself; READ_DOTENV=false: nothing."""
    env = Env()
    if env.bool("READ_DOTENV", True):
        env.read_env(REPOSITORY / ".env", recurse=False)
    return env
