"""A provider behind its limits, in one process without Redis."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from compensation.limits.breaker_rules import BreakerTimes
from compensation.limits.gate import GateTimes
from compensation.limits.line import Line
from compensation.provider import Answer, Kind
from compensation.supply import Held, Supply
from tests.factories.limiting import Scripted, Station, eventually, found, limits

HASTY = GateTimes(patience=0.0)
FOUND = found("http://a/1", "http://a/2", "http://a/3")


def kinds(supply: Supply, count: int) -> list[str]:
    answers = [supply.fetch(str(number)) for number in range(count)]
    return ["held" if isinstance(answer, Held) else answer.kind.value for answer in answers]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in {Kind.TRANSIENT, Kind.LIMITED}])
def test_answers_come_through_and_the_provider_stays_well(kind: Kind) -> None:
    provider = Scripted([kind])
    supply = Supply(provider, limits(), None)
    assert kinds(supply, 50) == [kind.value] * 50
    assert supply.calls == len(provider.asked) == 50
    assert supply.throttle_reason() is None


@pytest.mark.parametrize("neither", [Kind.LIMITED, Kind.STOP_RUN])
def test_a_refusal_of_the_account_neither_helps_nor_harms(neither: Kind) -> None:
    provider = Scripted([Kind.TRANSIENT, Kind.TRANSIENT, neither, Kind.TRANSIENT, Kind.TRANSIENT, Kind.TRANSIENT])
    assert kinds(Supply(provider, limits(), None), 7)[-1] == "held"


def test_an_ill_provider_is_left_alone_and_nobody_is_asked() -> None:
    provider = Scripted([Kind.TRANSIENT])
    supply = Supply(provider, limits(), None)
    assert kinds(supply, 8) == ["transient"] * 5 + ["held"] * 3
    assert supply.calls == len(provider.asked) == 5
    held = supply.fetch("9")
    assert isinstance(held, Held)
    assert held.reason.startswith("provider_open until 20")
    assert held.reason.endswith("Z")
    assert "." not in held.reason
    assert held.reason == supply.throttle_reason()
    assert 0 < held.seconds <= 36


def test_three_probes_that_succeed_close_the_breaker() -> None:
    provider = Scripted([*[Kind.TRANSIENT] * 5, Kind.GONE])
    times = GateTimes(breaker=BreakerTimes(first=0.01))
    supply = Supply(provider, limits(), None, times=times)
    kinds(supply, 5)
    eventually(lambda: kinds(supply, 1) == ["gone"])
    assert supply.throttle_reason() == "provider_half_open: one call at a time"
    assert kinds(supply, 2) == ["gone", "gone"]
    assert supply.throttle_reason() is None


def test_while_one_probe_is_under_way_the_others_are_held() -> None:
    station = Station()
    provider = Scripted([*[Kind.TRANSIENT] * 5, Kind.FOUND])
    supply = Supply(provider, limits(), None, times=GateTimes(breaker=BreakerTimes(first=0.01)))
    kinds(supply, 5)
    eventually(lambda: "half_open" in (supply.throttle_reason() or ""))
    provider.meanwhile = station
    probe = threading.Thread(target=supply.fetch, args=("probe",))
    probe.start()
    assert station.reached.wait(60)
    assert kinds(supply, 3) == ["held"] * 3
    station.go_on.set()
    probe.join()
    assert len(provider.asked) == 6
    assert kinds(supply, 1) == ["found"]


def test_a_call_that_raises_gives_everything_back() -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    provider = Scripted([Kind.FOUND], meanwhile=fail)
    supply = Supply(provider, limits(provider_in_flight=1), None, times=HASTY)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            supply.fetch("1")
    provider.meanwhile = lambda: None
    assert kinds(supply, 1) == ["found"]


def test_the_rate_holds_and_says_so() -> None:
    provider = Scripted([Kind.FOUND])
    supply = Supply(provider, limits(provider_rate=0.01), None, times=HASTY)
    assert kinds(supply, 3) == ["found", "held", "held"]
    held = supply.fetch("4")
    assert isinstance(held, Held)
    assert held.reason == supply.throttle_reason() == "limit of 0.01 calls/s"
    assert 50 < held.seconds <= 100
    assert len(provider.asked) == 1


def test_a_retry_after_holds_even_without_a_rate() -> None:
    provider = Scripted([Answer(Kind.LIMITED, retry_after=timedelta(minutes=5)), Kind.FOUND])
    supply = Supply(provider, limits(), None, times=HASTY)
    assert kinds(supply, 3) == ["limited", "held", "held"]
    held = supply.fetch("4")
    assert isinstance(held, Held)
    assert held.reason.startswith("the provider asked to be left alone until 20")
    assert held.reason == supply.throttle_reason()


def test_an_ill_provider_can_ask_to_be_left_alone() -> None:
    provider = Scripted([Answer(Kind.TRANSIENT, retry_after=timedelta(minutes=5)), Kind.FOUND])
    supply = Supply(provider, limits(provider_rate=1000), None, times=HASTY)
    assert kinds(supply, 2) == ["transient", "held"]
    assert (supply.throttle_reason() or "").startswith("the provider asked to be left alone until 20")


def test_who_waited_while_the_breaker_opened_does_not_ask() -> None:
    station = Station()
    provider = Scripted([Kind.TRANSIENT], meanwhile=station)
    times = GateTimes(patience=60, breaker=BreakerTimes(in_a_row=1))
    supply = Supply(provider, limits(provider_in_flight=1), None, times=times)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(supply.fetch, "first")
        assert station.reached.wait(60)
        second = pool.submit(supply.fetch, "second")
        eventually(lambda: len(supply._gate._line) == 1)
        station.go_on.set()
        assert isinstance(first.result(), Answer)
        assert isinstance(second.result(), Held)
    assert provider.asked == ["first"]


def test_ids_that_nobody_asks_about_do_not_close_the_breaker() -> None:
    provider = Scripted([*[Kind.TRANSIENT] * 5, Kind.BAD_ITEM])
    supply = Supply(provider, limits(), None, times=GateTimes(breaker=BreakerTimes(first=0.01)))
    kinds(supply, 5)
    eventually(lambda: kinds(supply, 1) == ["bad_item"])
    assert kinds(supply, 5) == ["bad_item"] * 5
    assert supply.throttle_reason() == "provider_half_open: one call at a time"


def test_a_refused_call_halves_the_rate() -> None:
    supply = Supply(Scripted([Kind.LIMITED]), limits(provider_rate=1000), None)
    supply.fetch("1")
    reason = supply.throttle_reason()
    assert reason is not None
    assert reason.startswith("limit of 5")
    assert reason.endswith(" calls/s, slowed down from 1000 because the provider refused calls")


def test_no_more_calls_are_under_way_than_allowed_and_every_thread_has_its_turn() -> None:
    provider = Scripted([Kind.FOUND])
    provider.meanwhile = lambda: eventually(lambda: provider.most_at_once == 2)
    supply = Supply(provider, limits(provider_in_flight=2, provider_rate=500), None, times=GateTimes(patience=60))
    threads = [threading.Thread(target=kinds, args=(supply, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.asked) == 80
    assert provider.most_at_once == 2


def test_a_full_house_is_told() -> None:
    station = Station()
    provider = Scripted([Kind.FOUND], meanwhile=station)
    supply = Supply(provider, limits(provider_in_flight=1), None, times=HASTY)
    long = threading.Thread(target=supply.fetch, args=("long",))
    long.start()
    assert station.reached.wait(60)
    held = supply.fetch("2")
    assert held == Held("1 call to the provider is under way, which is the limit", HASTY.come_again)
    assert supply.throttle_reason() == held.reason
    station.go_on.set()
    long.join()


def test_who_came_first_goes_first() -> None:
    line, order = Line(), list[int]()
    deadline = time.monotonic() + 60

    def stand(number: int) -> None:
        with line.front(deadline) as before:
            assert before == 0
            order.append(number)

    with line.front(deadline):
        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=stand, args=(number,)))
            threads[-1].start()
            eventually(lambda expected=number + 2: len(line) == expected)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_who_waits_too_long_leaves_the_line() -> None:
    line = Line()
    with line.front(0.0) as first, line.front(0.0) as second:
        assert (first, second) == (0, 1)
        assert len(line) == 2
    assert len(line) == 0


@pytest.mark.parametrize(
    ("states", "kind", "expired"),
    [
        ({}, Kind.FOUND, ()),
        ({"http://a/2": "expired"}, Kind.LINK_EXPIRED, ("1#0",)),
        ({"http://a/1": "expired", "http://a/2": "expired", "http://a/3": "expired"}, Kind.LINK_EXPIRED, None),
        ({"http://a/2": "unknown"}, Kind.TRANSIENT, ()),
        ({"http://a/1": "expired", "http://a/2": "unknown"}, Kind.TRANSIENT, ()),  # first all of them must be clear
    ],
)
def test_links_are_looked_at_before_an_answer_is_passed_on(
    states: dict[str, str], kind: Kind, expired: tuple[str, ...] | None
) -> None:
    answer = Supply(Scripted([FOUND]), limits(), None, link_check=lambda url: states.get(url, "alive")).fetch("1")
    assert isinstance(answer, Answer)
    assert answer.kind is kind
    assert answer.outputs == FOUND.outputs
    assert answer.expired == (("0#0", "1#0", "2#0") if expired is None else expired)


def test_links_of_which_nothing_is_known_do_not_make_the_provider_ill() -> None:
    supply = Supply(Scripted([FOUND]), limits(), None, link_check=lambda _: "unknown")
    assert kinds(supply, 20) == ["transient"] * 20


@pytest.mark.parametrize(
    ("provider", "check_links"), [(Scripted([FOUND], link_field=""), True), (Scripted([FOUND]), False)]
)
def test_links_are_not_looked_at_where_there_are_none_or_nobody_wants_it(
    provider: Scripted, *, check_links: bool
) -> None:
    supply = Supply(provider, limits(check_links=check_links), None, link_check=unasked)
    assert supply.fetch("1") == FOUND


def unasked(link: str) -> str:
    raise AssertionError(link)
