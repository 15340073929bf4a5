"""When a run is stopped for a person to look."""

import pytest

from compensation.batches.judging import reason_to_pause
from compensation.states import ItemState

DONE, BAD, GONE = ItemState.DONE, ItemState.QUARANTINED, ItemState.UPSTREAM_GONE
CANARY = 20

#: What has ended by state, the latest first, and the beginning of the reason; None where the run goes on.
CASES: list[tuple[dict[ItemState, int], list[ItemState], str | None]] = [
    ({}, [], None),
    # Few items say nothing of quarantine; from 20 on more than a fifth is too much.
    ({DONE: 0, BAD: 9}, [BAD] * 9, None),
    ({DONE: 16, BAD: 4}, [DONE], None),
    ({DONE: 15, BAD: 5}, [DONE], "5 of 20 tasks could not be repaired"),
    ({DONE: 14, BAD: 5}, [DONE], None),
    ({DONE: 1000, BAD: 251}, [DONE], "251 of 1251 tasks"),
    ({DONE: 1000, BAD: 250}, [DONE], None),
    # Ten in a row are too many, however many went well before.
    ({DONE: 990, BAD: 10}, [BAD] * 10, "the last 10 tasks could not be repaired"),
    ({DONE: 990, BAD: 10}, [BAD] * 9 + [DONE], None),
    ({DONE: 990, BAD: 10}, [BAD] * 10 + [DONE], "the last 10 tasks"),
    # A wrong site shows in the first few: the provider knows none of them.
    ({GONE: 4}, [GONE] * 4, None),
    ({GONE: 5}, [GONE] * 5, "the provider does not know 5 of the first 5 tasks; is it the right key and site?"),
    ({GONE: 2, DONE: 3}, [DONE], "the provider does not know 2 of the first 5"),
    ({GONE: 3, DONE: 7}, [DONE], None),
    ({GONE: 7, DONE: 13}, [DONE], "the provider does not know 7 of the first 20"),
    ({GONE: 21}, [GONE] * 10, None),
    # Nothing else that ends without a row is a failure.
    ({ItemState.NO_OUTPUT: 50, ItemState.UPSTREAM_FAILED: 50, ItemState.LINK_EXPIRED: 50}, [], None),
]


@pytest.mark.parametrize(("counts", "latest", "said"), CASES)
def test_a_run_pauses_when_it_goes_wrong(
    counts: dict[ItemState, int], latest: list[ItemState], said: str | None
) -> None:
    reason = reason_to_pause(counts, latest, CANARY)
    assert (reason is None) is (said is None)
    assert (reason.text if reason else "").startswith(said or "")
