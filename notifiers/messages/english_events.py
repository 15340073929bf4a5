"""What has happened, in English; see event_facts on how the sentences are filled in."""

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "test": "Sent by a program",
        "test by": "Sent by {by}",
        "repair_planned": "A repair of {planned:task} is planned and waits for somebody to apply it",
        "repair_approval_needed": "A repair of {planned:task} waits for somebody's approval",
        "repair_paused": "The repair has paused itself",
        "repair_paused by": "{by} has paused the repair",
        "repair_failed": "The repair has failed",
        "repair_cancelled": "The repair has been cancelled",
        "repair_cancelled by": "{by} has cancelled the repair",
        "repair_succeeded": "Repaired: {restored} of {wanted:output} restored",
        "repair_succeeded missing": "Repaired: {restored} of {wanted:output} restored, {missing} still missing",
        "repair_succeeded_with_leftovers": "Repaired: {restored} of {wanted:output} restored",
        "repair_succeeded_with_leftovers missing": (
            "Repaired: {restored} of {wanted:output} restored, {missing} still missing"
        ),
        "repair_rolled_back": "The repair has been taken back: {deleted:row} deleted",
        "repair_rolled_back_partial": (
            "The repair has been taken back in part: {deleted:row} deleted, {kept_changed:row} kept, changed since then"
        ),
    }
)
