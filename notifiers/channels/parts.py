"""What every channel is made with."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from consistency.outbound import Outbound
from notifiers.messages.wording import Wording

S_co = TypeVar("S_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ChannelParts(Generic[S_co]):
    """A channel's name and settings, how it words messages, and the way out, which the channel closes.

    `outbound` may reach into the inner network only where the settings say `inner = true`, and only their own host.
    """

    name: str
    settings: S_co
    wording: Wording
    outbound: Outbound
