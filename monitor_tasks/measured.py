"""What the parts of a run counted, merged: the sums behind a report, and the hours that later checks can reuse."""

from dataclasses import dataclass, field
from datetime import timedelta

from consistency.host import BoundRule
from consistency.ledger import parts, runs
from consistency.model import Window, parse_utc, utc_text
from consistency.remarks import Remark, reason_values
from consistency.stretches import HOUR, ceil_to
from consistency.tally import Slots, Tally
from monitor_tasks.report import Evidence
from monitor_tasks.scan import Timing


@dataclass
class Measured:
    """What the parts of a run counted: hourly tallies of the window and of the time before it."""

    hours: Slots = field(default_factory=Slots)
    history: Slots = field(default_factory=Slots)
    before: Tally = field(default_factory=Tally)  # the two sides of the date that a range check compares at
    after: Tally = field(default_factory=Tally)
    covered: list[Window] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)


def measure(run: runs.Run, ended: list[parts.Part]) -> Measured:
    """Merge the results of all parts; what is missing of the window lowers the coverage and is named as a problem."""
    measured, evidence, seconds = Measured(), Evidence(), 0.0
    compare_at = parse_utc(run.options["compare_at"]) if run.options.get("compare_at") else None
    for part in ended:
        if part.state == parts.INCOMPLETE:
            evidence.problems.append(_unmeasured(part))
        if part.state != parts.DONE or part.result is None or part.purpose == parts.SUMMARY:
            continue
        slots = Slots.from_dict(part.result["slots"])
        measured.covered.append(part.window)
        (measured.hours if part.purpose == parts.SCAN else measured.history).merge(slots)
        evidence.timings = [*evidence.timings, *(Timing(*timing) for timing in part.result["timings"])]
        if part.purpose == parts.SCAN:
            seconds += part.window.length.total_seconds()
            if compare_at:
                (measured.before if part.window.end <= compare_at else measured.after).merge(slots.total())
    length = run.window.length.total_seconds()
    evidence.coverage = 1.0 if seconds >= length else round(seconds / length, 6) if length else 1.0
    evidence.comparison = {"at": utc_text(compare_at)} if compare_at else None
    measured.evidence = evidence
    return measured


def _unmeasured(part: parts.Part) -> Remark:
    ends = part.window.as_dict()
    text = f"not measured: {ends['start']} to {ends['end']}: {part.reason}"
    return Remark(text, "part_not_measured", {**ends, **reason_values(part.remark)})


def whole_hours(run: runs.Run, rule: BoundRule, measured: Measured) -> Slots:
    """The hours that were counted from end to end and in which every task had matured."""
    # The hour in which the window begins is whole in the history only.
    counted = Slots({**measured.hours.tallies, **measured.history.tallies})
    mature_until = run.as_of - rule.mapping.grace - timedelta(seconds=1)
    whole = Slots()
    for window in measured.covered:
        hour = ceil_to(window.start, HOUR)
        while hour + HOUR <= min(window.end, mature_until):
            start = int(hour.timestamp())
            whole.tallies[start] = counted.tallies.get(start, Tally())
            hour += HOUR
    return whole
