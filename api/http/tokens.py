"""Bearer tokens: how they are made, and whose one is. Only their hashes are kept, in the settings."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address

from consistency.token_settings import TokenSettings

_PREFIX = "rcy_"


def new_token() -> str:
    """A token of 256 bits of chance; its prefix lets people and scanners see what it is."""
    return _PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the settings know of it. Nobody guesses 256 bits, so a slow hash would protect nothing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_token(known: Sequence[TokenSettings], token: str) -> TokenSettings | None:
    """The entry of this token; it takes as long for any other, so that nothing can be learnt from the time."""
    presented, found = token_hash(token), None
    for each in known:
        if hmac.compare_digest(each.sha256, presented):
            found = each
    return found


def is_expired(token: TokenSettings, now: datetime) -> bool:
    """Whether its time is over."""
    return token.expires is not None and token.expires <= now


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address or name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
