"""Runs checks in this process, as of any moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from consistency.ledger import runs
from consistency.ledger.tables import metadata
from consistency.mapping import RuleMapping, rule_hash
from consistency.model import CheckType, Window
from consistency.resources import Resources
from consistency.settings import Settings
from monitor_tasks import checks
from monitor_tasks.windows import parts_of, window_of
from tests.factories.oracle import Spec


def mapping_of(spec: Spec, rule_id: str = "task-outputs", **changes: Any) -> RuleMapping:
    """The mapping of the spec on the tables of `Application`; `parent` and `child` change single keys."""
    parent = {
        "table": "tasks",
        "id": "id",
        "state": "state",
        "state_in": spec.states,
        "done_at": spec.places,
        "deleted_at": "deleted_at" if spec.soft_deleted_tasks else "",
        "where": [_condition(*each) for each in spec.parent_where],
    }
    child = {
        "table": "task_outputs",
        "fk": "task_id",
        "created_at": "created_at" if spec.created else "",
        "output_key": "output_key" if spec.keyed else "",
        "deleted_at": "deleted_at" if spec.soft_deleted_outputs else "",
        "min_rows": spec.min_rows,
        "where": [_condition(*each) for each in spec.child_where],
    }
    rule = {"id": rule_id, "grace": spec.grace, "late_after": spec.late_after}
    parent |= changes.get("parent", {})
    child |= changes.get("child", {})
    return RuleMapping.model_validate({**rule, "parent": parent, "child": child})


def _condition(column: str, op: str, value: Any) -> dict[str, Any]:
    return {"column": column, "op": op} if op.endswith("null") else {"column": column, "op": op, "value": value}


def resources_of(primary: Engine, *rules: RuleMapping, read: Engine | None = None, **changes: Any) -> Resources:
    """Resources over engines that the test made; the ledger's tables are created beside the application's."""
    store = changes.pop("store", None) or primary
    metadata.create_all(store)
    settings = Settings(rules=rules or (mapping_of(Spec()),), **changes)
    return Resources(settings, primary, read or primary, store)


def open_run(
    resources: Resources,
    kind: CheckType,
    as_of: datetime,
    *,
    window: Window | None = None,
    slot: str = "",
    compare_at: datetime | None = None,
    detailed: bool = False,
    rule: int = 0,
) -> tuple[runs.Run, bool]:
    """Open a run as of a chosen moment, as `checks.start` does as of the database's."""
    mapping = resources.settings.rules[rule]
    window = window or window_of(kind, as_of)
    options = {"compare_at": compare_at.isoformat() if compare_at else None, "detailed": detailed}
    request = runs.RunRequest(mapping.id, rule_hash(mapping), kind, window, as_of, slot, options)
    return runs.open_run(resources.store, request, parts_of(kind, window, compare_at))


def check(resources: Resources, kind: CheckType, as_of: datetime, **options: Any) -> dict[str, Any]:
    """The report of a whole check, as of a chosen moment."""
    run, is_new = open_run(resources, kind, as_of, **options)
    assert is_new
    report = checks.work(resources, run.id).report
    assert report is not None
    return report
