"""What the environment and `.env` say: for the settings, and for programs that run before or without them."""

import os
from pathlib import Path

from dotenv import dotenv_values
from environs import Env, EnvError

REPOSITORY = Path(__file__).resolve().parent.parent


def read() -> Env:
    """What the environment says and, where that says nothing, `.env`, unless READ_DOTENV is false.

    It goes into the environment, for those who look there by themselves: boto3, `ml.inference`, our children.
    """
    env = Env()
    if env.bool("READ_DOTENV", True):
        for name, value in dotenv_values(REPOSITORY / ".env").items():
            if value is not None:
                os.environ.setdefault(name, value)
    return env


def in_words(error: EnvError) -> str:
    """What somebody reads whose settings cannot be used."""
    return f"A setting in the environment or in .env is wrong: {error}. See .env.example."
