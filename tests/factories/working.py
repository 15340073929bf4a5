"""The signs of work that services do, written in one line."""

import re
from datetime import UTC, datetime, timedelta

from monitoring.figures.operations import Sign

BEGIN = datetime(2026, 9, 16, 3, 0, tzinfo=UTC)
_SIGN = re.compile(r"(start|success|failure)(?::(\w+))?@(\d+)(?:=([\d.]+))?(?:\+(\d+))?")


def signs(happened: str, service: str = "datasync", kind: str = "sync") -> list[Sign]:
    """`start:a@3` is the start of a at second 3, `success@9=2.5+10` an end after 2.5 seconds and with 10 records."""
    return [_sign(word, service, kind) for word in happened.split()]


def _sign(word: str, service: str, kind: str) -> Sign:
    found = _SIGN.fullmatch(word)
    assert found is not None, word
    stage, name, second, seconds, records = found.groups()
    return Sign(
        f"{kind}_{stage}",
        service,
        BEGIN + timedelta(seconds=int(second)),
        name,
        float(seconds) if seconds else None,
        int(records) if records else None,
    )
