"""What is said of a run for people: in English, and with what is needed to say it in another language."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence; one that is not a provider's or a person's has a `code`, and its `values` are plain JSON ones."""

    text: str
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict, hash=False)


def remarks_object(remarks: Iterable[Remark]) -> dict[str, Any]:
    """For the payload of an event of a run: `{"remarks": [...]}` of those that have a code, or nothing."""
    known = [asdict(remark) for remark in remarks if remark.code]
    return {"remarks": known} if known else {}
