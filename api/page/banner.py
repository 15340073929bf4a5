"""The first thing that is read: how things stand in one sentence, and what it rests on in a few more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.page.mostly import mostly_text
from api.page.wording import Words
from api.views.health import GRAVEST_FIRST
from api.views.overview import periods, telling_check
from consistency.model import CheckType, Health
from consistency.rules import rate_text
from consistency.settings import Settings

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Banner:
    """`check` is the latest check that the verdict on the data rests on, None where there is none."""

    health: str
    headline: str
    lines: tuple[str, ...]
    check: Record | None


def banner_of(
    health: Mapping[str, Any],
    checks: Sequence[Record],
    settings: Settings,
    words: Words,
) -> Banner:
    """`health` is that of the whole system, `checks` the latest ones; the gravest comes first."""
    check = telling_check(checks)
    said = {name: _said(name, part, check, settings, words) for name, part in health["components"].items()}
    wrong = [name for name, part in health["components"].items() if part["status"] != Health.HEALTHY]
    wrong.sort(key=lambda name: GRAVEST_FIRST.index(Health(health["components"][name]["status"])))
    first = wrong[0] if wrong else "checks"
    status = str(health["status"])
    headline = words.say("headline", health=words.known("health", status), what=said[first])
    others = [said[name] for name in wrong[1:] if name != "checks"]
    checked = () if first == "checks" else (said["checks"],)
    more = _more(check, words) if check else ()
    return Banner(status, headline, (*checked, *more, *others), check)


def _said(
    name: str,
    part: Mapping[str, Any],
    check: Record | None,
    settings: Settings,
    words: Words,
) -> str:
    if name == "checks" and part.get("unchecked"):
        return words.say("unchecked", rules=", ".join(part["unchecked"]))
    if name == "checks":
        return _of_checks(check, settings, words) if part["status"] == Health.HEALTHY or check else _unread(part, words)
    if name in {"workers", "beat"}:
        return _of_process(name, part, words)
    if part.get("broken"):
        return _of_channels(part["broken"], words)
    if part["status"] == Health.HEALTHY:
        return part["detail"]  # type: ignore[no-any-return]
    return words.say(f"wrong_{name}", why=part["detail"])


def _unread(part: Mapping[str, Any], words: Words) -> str:
    return words.say("no_check_yet") if "yet" in part["detail"] else words.say("wrong_checks", why=part["detail"])


def _of_checks(check: Record | None, settings: Settings, words: Words) -> str:
    if check is None:
        return words.say("no_check_yet")
    kind = CheckType(check["type"])
    named = words.known("check", kind)
    if check["stale"]:
        every = periods(settings)[kind] / timedelta(seconds=1)
        age = words.length(check["age_seconds"])
        return words.say("stale", check=named, rule=check["rule"], age=age, every=words.length(every))
    counts = check["report"]["counts"]
    if check["report"]["coverage"] < 1:
        share = f"{int(100 * check['report']['coverage'])} %"
        return words.say("uncovered", check=named, share=share)
    if not counts["tasks"]:
        return words.say(f"idle_{kind}")
    return words.say(f"rate_{kind}", rate=rate_text(counts["tasks_with_outputs"], counts["tasks"]))


def _of_process(name: str, part: Mapping[str, Any], words: Words) -> str:
    if part["status"] == Health.UNKNOWN:
        return words.say(f"wrong_{name}_unknown")
    if part["age_seconds"] is None:
        return words.say(f"wrong_{name}_never")
    return words.say(f"wrong_{name}", age=words.length(part["age_seconds"]))


def _of_channels(broken: Sequence[Mapping[str, Any]], words: Words) -> str:
    named = ", ".join(each["channel"] for each in broken)
    return words.say("wrong_channels", channels=named, why=broken[0]["reason"])


def _more(check: Record, words: Words) -> Iterator[str]:
    counts, confidence = check["report"]["counts"], check["report"]["confidence"]
    if not counts["tasks"] or not confidence:
        return
    low, high = (words.rate(bound) for bound in confidence)
    key = "lack" if counts["missing"] else "lack_none"
    if check["stale"]:
        yield words.say("when_seen")
    yield words.say(key, missing=counts["missing"], tasks=counts["tasks"], low=low, high=high)
    if mostly := mostly_text(check["report"], words):
        yield mostly
