"""What a provider of outputs is asked and how it answers; RunningHub is one, a folder of JSON files another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

Scalar = str | int | float | bool | None


class Kind(StrEnum):
    """What an answer means for the item that asked, or for the whole run."""

    FOUND = "found"  # the outputs are here
    NO_OUTPUT = "no_output"  # the task ended there and has none
    LATER = "later"  # it has not ended there yet
    UPSTREAM_FAILED = "upstream_failed"  # it failed there, whatever our table says
    GONE = "gone"  # the provider does not know the task, or not any more
    BAD_ITEM = "bad_item"  # the provider refuses this id as such
    TRANSIENT = "transient"  # the provider or the way to it is ill; asking again can help
    LIMITED = "limited"  # it was asked too often
    LINK_EXPIRED = "link_expired"  # the outputs are known, but some of their links are dead: see `expired`
    STOP_RUN = "stop_run"  # key, site or account: no item is to blame, and asking again cannot help


@dataclass(frozen=True, slots=True)
class Output:
    """One output: what tells it apart within its task, and the provider's fields by name."""

    key: str
    fields: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `code` and `detail` are safe to show (no key, one line), `source` says who answered.

    `expired` are the keys of outputs whose link is dead; with it, the links of all others were alive. `calls` is how
    often the provider was asked for it, which counts against the limit.
    """

    kind: Kind
    outputs: tuple[Output, ...] = ()
    code: str = ""
    detail: str = ""
    source: str = ""
    retry_after: timedelta | None = None
    expired: tuple[str, ...] = ()
    calls: int = 1


class OutputProvider(Protocol):
    """Reads what a task has made. Implementations never raise for what the other side does, and never cost money."""

    @property
    def name(self) -> str:
        """A short name that is safe to show, one per account: limits and breakers are kept under it."""

    @property
    def link_field(self) -> str:
        """The field that holds an output's address, or "" if outputs have none."""

    @property
    def own_hosts(self) -> frozenset[str]:
        """`host:port` of the provider itself: links to it are fetched though they may be on an inner network."""

    def fetch(self, provider_task_id: str) -> Answer:
        """The outputs of one task, within a deadline of the implementation's own."""

    def check(self) -> Answer:
        """FOUND if the account is usable, else why not; one cheap question."""

    def close(self) -> None:
        """Close connections."""
