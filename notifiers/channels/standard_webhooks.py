"""Signatures by Standard Webhooks 1.0, so that receivers can check them with the libraries that they have."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"


def signed_headers(message_id: str, now: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Id and moment of this attempt, and a signature by each key; both keys sign while receivers change over."""
    moment = str(int(now.timestamp()))
    found = {"webhook-id": message_id, "webhook-timestamp": moment}
    if secrets:
        signed = f"{message_id}.{moment}.".encode() + body
        found["webhook-signature"] = " ".join(_signature(secret, signed) for secret in secrets)
    return found


def _signature(secret: str, signed: bytes) -> str:
    return f"v1,{b64encode(hmac.digest(key_of(secret), signed, 'sha256')).decode()}"


def key_of(secret: str) -> bytes:
    """The bytes of a key as it is written, `whsec_` and base64, padded or not."""
    text = secret.removeprefix(_PREFIX).rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4))
