"""When a signed link ends, by its own words, and whether a refusal says that it has ended. Pure."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

#: A start and a length in seconds, as Amazon, Google and Aliyun write them.
_SPANS = (("x-amz-date", "x-amz-expires"), ("x-goog-date", "x-goog-expires"), ("x-oss-date", "x-oss-expires"))
_ENDED = re.compile(
    rb"expired|signature not valid in the specified time frame|past its expiry|no longer valid", re.IGNORECASE
)
_DAY_AND_TIME = "%Y%m%dT%H%M%SZ"


def expiry_of(url: str) -> datetime | None:
    """The moment (UTC) from which the link is dead, or None if it does not say."""
    try:
        query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    except ValueError:
        return None
    with suppress(ValueError, OverflowError, OSError):
        for start, span in _SPANS:
            if start in query and span in query:
                begun = datetime.strptime(query[start], _DAY_AND_TIME).replace(tzinfo=UTC)
                return begun + timedelta(seconds=int(query[span]))
        if "expires" in query:
            return datetime.fromtimestamp(int(query["expires"]), UTC)
        if "q-sign-time" in query:  # Tencent: from;until
            return datetime.fromtimestamp(int(query["q-sign-time"].partition(";")[2]), UTC)
        if "se" in query and "sig" in query:  # Azure
            ends = datetime.fromisoformat(query["se"])
            return ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    return None


def says_expired(body: bytes) -> bool:
    """Whether the body of a refusal says that the link's time is over."""
    return _ENDED.search(body) is not None
