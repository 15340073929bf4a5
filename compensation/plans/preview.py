"""Asks the provider for the first tasks of a plan, so that a person sees which rows would be written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select, update

from compensation.answers import text_of
from compensation.bench import Bench
from compensation.plans.claiming import PlanClaim
from compensation.provider import Answer, Kind
from compensation.runs import Run
from compensation.states import ItemState
from compensation.supply import Held
from consistency.database import database_now, transaction
from consistency.ledger.repair_tables import repair_items
from consistency.remarks import Remark

_CHUNK = 20


def preview(bench: Bench, claim: PlanClaim) -> list[Remark]:
    """Keep the provider's answers beside the items; returns what a person should know about them."""
    kinds: dict[str, int] = {}
    for chunk in _chunks(bench, claim.run):
        answers = []
        with ThreadPoolExecutor(min(len(chunk), bench.resources.settings.provider_in_flight)) as pool:
            for answer in pool.map(lambda row: bench.supply.fetch(row.provider_task_id), chunk):
                answers.append(answer)
                claim.keep()
        _keep(bench, claim, chunk, answers)
        for answer in answers:
            if isinstance(answer, Held):
                text = f"not all of the first tasks were asked for: {answer.reason}"
                return [Remark(text, "not_all_asked", {"reason": answer.reason})]
            if answer.kind is Kind.STOP_RUN:
                why = f"{answer.code} {answer.detail}".replace("  ", " ").strip()
                return [Remark(f"the provider refuses: {why}", "provider_refuses", {"why": why})]
            kinds[answer.kind] = kinds.get(answer.kind, 0) + 1
    others = {kind: count for kind, count in kinds.items() if kind != Kind.FOUND}
    return [_answers(kinds)] if others else []


def _answers(kinds: dict[str, int]) -> Remark:
    text = f"the provider's answers for the first {sum(kinds.values())} tasks: {_words(kinds)}"
    return Remark(text, "answers", {"tasks": sum(kinds.values()), "kinds": kinds})


def _words(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _chunks(bench: Bench, run: Run) -> Iterator[list[Any]]:
    chosen = select(repair_items.c.id, repair_items.c.provider_task_id)
    chosen = chosen.where(repair_items.c.run_id == run.id, repair_items.c.state == ItemState.PENDING)
    with transaction(bench.resources.reader) as connection:
        rows = connection.execute(chosen.order_by(repair_items.c.id).limit(run.parameters.preview)).all()
    for start in range(0, len(rows), _CHUNK):
        yield list(rows[start : start + _CHUNK])


def _keep(bench: Bench, claim: PlanClaim, chunk: list[Any], answers: list[Answer | Held]) -> None:
    with transaction(bench.resources.primary) as connection:
        claim.hold(connection)
        now = database_now(connection)
        for row, answer in zip(chunk, answers, strict=True):
            if isinstance(answer, Held) or answer.kind in {Kind.STOP_RUN, Kind.TRANSIENT, Kind.LIMITED}:
                continue
            found = answer.kind is Kind.FOUND
            values = {
                "outputs": text_of(answer) if found else None,
                "fetched_at": now,
                "outcome_code": None if found else (answer.code or answer.kind)[:64],
                "outcome_detail": None if found else answer.detail[:500],
            }
            connection.execute(update(repair_items).where(repair_items.c.id == row.id).values(values))
