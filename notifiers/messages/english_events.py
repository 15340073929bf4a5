"""What has happened, in English."""

from collections.abc import Callable, Mapping

from notifiers.messages.event_facts import actor, number
from notifiers.messages.figures import figure
from notifiers.messages.message import NoticeFact


def event_in_english(notice: NoticeFact) -> str:
    """What has happened, without a full stop; empty for an event of others, which bring words of their own."""
    said = _SAID.get(notice.event_type)
    return said(notice) if said else ""


def _test(notice: NoticeFact) -> str:
    return f"Sent by {actor(notice) or 'nobody'}"


def _approval_needed(notice: NoticeFact) -> str:
    return f"A repair of {_counted(number(notice, 'planned'), 'task')} waits for somebody's approval"


def _paused(notice: NoticeFact) -> str:
    by = actor(notice)
    return f"{by} has paused the repair" if by else "The repair has paused itself"


def _failed(_: NoticeFact) -> str:
    return "The repair has failed"


def _cancelled(notice: NoticeFact) -> str:
    by = actor(notice)
    return f"{by} has cancelled the repair" if by else "The repair has been cancelled"


def _restored(notice: NoticeFact) -> str:
    outputs, left = _counted(number(notice, "wanted"), "output"), number(notice, "missing")
    restored = f"Repaired: {figure(number(notice, 'restored'))} of {outputs} restored"
    return restored + (f", {figure(left)} still missing" if left else "")


def _rolled_back(notice: NoticeFact) -> str:
    return f"The repair has been taken back: {_counted(number(notice, 'deleted'), 'row')} deleted"


def _rolled_back_partial(notice: NoticeFact) -> str:
    deleted, kept = _counted(number(notice, "deleted"), "row"), _counted(number(notice, "kept_changed"), "row")
    return f"The repair has been taken back in part: {deleted} deleted, {kept} kept, changed since then"


def _counted(count: int, what: str) -> str:
    return f"{figure(count)} {what if count == 1 else f'{what}s'}"


_SAID: Mapping[str, Callable[[NoticeFact], str]] = {
    "test": _test,
    "repair_approval_needed": _approval_needed,
    "repair_paused": _paused,
    "repair_failed": _failed,
    "repair_cancelled": _cancelled,
    "repair_succeeded": _restored,
    "repair_succeeded_with_leftovers": _restored,
    "repair_rolled_back": _rolled_back,
    "repair_rolled_back_partial": _rolled_back_partial,
}
