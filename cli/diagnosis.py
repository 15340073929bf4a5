"""What `doctor` finds: one line for each thing it looked at, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from consistency.database import first_line
from consistency.errors import ReconcileryError
from consistency.masking import mask_text


class State(StrEnum):
    """How good it is, best first."""

    OK = "ok"
    WARN = "warn"  # works, but not as well as it could, or not for long
    FAIL = "fail"  # does not work


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at; texts are one line each and hold no password."""

    check: str
    state: State
    message: str
    fix: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def diagnosis(check: str, state: State, message: str, fix: str = "") -> Diagnosis:
    """A diagnosis whose texts are fit to be shown."""
    return Diagnosis(check, state, _one_line(message), _one_line(fix))


def _one_line(text: str) -> str:
    return mask_text(" ".join(text.split()))


def examined(check: str, examine: Callable[[], Iterable[Diagnosis]], fix: str = "") -> Iterator[Diagnosis]:
    """What the examination finds; an error that ends it is a finding too, and the others go on."""
    try:
        yield from examine()
    except ReconcileryError as error:
        yield diagnosis(check, State.FAIL, str(error), fix)
    except (SQLAlchemyError, OSError) as error:
        yield diagnosis(check, State.FAIL, first_line(error), fix)


def worst(found: Iterable[Diagnosis]) -> State:
    """The gravest state of all."""
    states = {each.state for each in found}
    return next((state for state in reversed(State) if state in states), State.OK)
