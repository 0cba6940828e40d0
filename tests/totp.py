"""An authenticator app, as RFC 6238 has it."""

import base64
import hashlib
import hmac
import struct
import time

STEP_S = 30


def code(secret: str, *, steps_ahead: int = 0) -> str:
    """The six digits that the app shows now, or so many half minutes later: no code lets in twice."""
    counter = struct.pack(">Q", int(time.time()) // STEP_S + steps_ahead)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 0xF
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
