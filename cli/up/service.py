"""What the launcher must know about one service, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Ready = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Service:
    """One long-running command; `ready` is polled with the command's whole environment and must return soon."""

    name: str
    command: tuple[str, ...]
    url: str = ""  # where others find it
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Ready | None = None  # None: ready as soon as it runs
    first: bool = False  # the services after it start only when it is ready
    stop_seconds: float = 10.0  # between the polite signal and the hard one
