"""What the product says to people: in English, and with what is needed to say it in another language."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from consistency.errors import ReconcileryError


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence; one that is not a provider's or a person's has a `code`, and its `values` are plain JSON ones."""

    text: str
    code: str = ""
    values: dict[str, Any] = field(default_factory=dict, hash=False)


def remark_of(error: ReconcileryError) -> Remark:
    """What the error says."""
    return Remark(str(error), error.code, error.values)


def reason_values(reason: Remark) -> dict[str, Any]:
    """The reason among the values of a remark that names it: as text, and anew where it has a code."""
    anew = {"reason_code": reason.code, "reason_values": reason.values} if reason.code else {}
    return {"reason": reason.text, **anew}


def known_remarks(remarks: Iterable[Remark]) -> list[dict[str, Any]]:
    """Those that have a code, as they are kept beside all the texts."""
    return [asdict(remark) for remark in remarks if remark.code]


def remarks_object(remarks: Iterable[Remark]) -> dict[str, Any]:
    """For the payload of an event of a run: `{"remarks": [...]}` of those that have a code, or nothing."""
    known = known_remarks(remarks)
    return {"remarks": known} if known else {}


def kept_remark(text: str, remarks: object) -> dict[str, Any]:
    """The `code` and `values` that are kept of this text, or nothing; whoever wrote that may have been a stranger."""
    kept = remarks if isinstance(remarks, list | tuple) else ()
    same = (each for each in kept if isinstance(each, Mapping) and each.get("text") == text)
    return next(({name: each[name] for name in ("code", "values") if name in each} for each in same), {})
