"""What the environment and `.env` say: for the settings, and for programs that run before or without them."""

from pathlib import Path

from environs import Env

REPOSITORY = Path(__file__).resolve().parent.parent


def read() -> Env:
    """What the environment says and, where that says nothing, `.env`, unless READ_DOTENV is false."""
    env = Env()
    if env.bool("READ_DOTENV", True):
        env.read_env(REPOSITORY / ".env", recurse=False)
    return env
