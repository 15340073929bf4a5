import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from consistency.mapping import DEFAULT_RULE, ChildMapping, Condition, ParentMapping, RuleMapping, rule_hash

PARENT: dict[str, Any] = {"table": "jobs", "id": "id", "state": "state", "state_in": ["done"], "done_at": ["ended"]}
CHILD: dict[str, Any] = {"table": "files", "fk": "job"}


def rule(*, parent: dict[str, Any] | None = None, child: dict[str, Any] | None = None, **own: Any) -> RuleMapping:
    parts = {"id": "mine", "parent": PARENT | (parent or {}), "child": CHILD | (child or {})}
    return RuleMapping.model_validate(parts | own)


def test_the_built_in_rule_is_the_documented_one() -> None:
    assert DEFAULT_RULE.model_dump(mode="json", exclude_defaults=True) == {
        "id": "task-outputs",
        "parent": {
            "table": "tasks",
            "id": "id",
            "state": "status",
            "state_in": ["SUCCESS"],
            "done_at": ["completed_at", "updated_at", "created_at"],
            "provider_task_id": "provider_task_id",
        },
        "child": {
            "table": "task_outputs",
            "fk": "task_id",
            "created_at": "created_at",
            "output_key": "output_key",
            "columns": {"file_url": "fileUrl", "file_type": "fileType"},
        },
    }
    assert (DEFAULT_RULE.grace, DEFAULT_RULE.late_after) == (timedelta(minutes=10), timedelta(minutes=5))


def test_what_a_users_rule_leaves_out_is_not_mapped() -> None:
    mapped = rule()
    assert (mapped.parent.provider_task_id, mapped.parent.deleted_at, mapped.parent.where) == ("", "", ())
    assert (mapped.child.created_at, mapped.child.output_key, mapped.child.columns) == ("", "", {})
    assert (mapped.parent.tz, mapped.child.tz, mapped.child.min_rows) == ("UTC", "UTC", 1)
    assert (mapped.grace, mapped.late_after, mapped.segments) == (timedelta(minutes=10), timedelta(minutes=5), ())


def test_parent_and_child_may_be_the_same_table() -> None:
    mapped = rule(child={"table": "jobs", "fk": "parent_id"})
    assert mapped.parent.table == mapped.child.table


@pytest.mark.parametrize(
    "name",
    ['jobs"; DROP TABLE jobs; --', "jobs`", "order", "Größe", "任务", "a b", "app.jobs", "%(x)s", ":bind", "jobs\n--"],
)
def test_a_hostile_name_is_kept_as_it_is(name: str) -> None:
    mapped = rule(parent={"table": name, "id": name}, child={"fk": name, "columns": {name: name}}, segments=[name])
    assert (mapped.parent.table, mapped.parent.id, mapped.child.fk) == (name, name, name)
    assert (mapped.child.columns, mapped.segments) == ({name: name}, (name,))


@pytest.mark.parametrize(
    ("states", "kept"),
    [
        (["SUCCESS"], ("SUCCESS",)),
        ([2, "2", True], (2, "2", True)),  # a number, its text and a switch stay three different states
        (["'; DELETE FROM tasks"], ("'; DELETE FROM tasks",)),
    ],
)
def test_states_keep_their_type(states: list[Any], kept: tuple[Any, ...]) -> None:
    found = rule(parent={"state_in": states}).parent.state_in
    assert found == kept
    assert [type(state) for state in found] == [type(state) for state in kept]


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("=", "x"),
        ("!=", 0),
        (">=", 1.5),
        ("<", -(2**63) + 1),
        ("=", False),
        ("in", ["a", 1]),
        ("not in", ["a"]),
        ("is null", None),
        ("is not null", None),
    ],
)
def test_a_condition_that_fits_its_operator(op: str, value: Any) -> None:
    kept = Condition.model_validate({"column": "kind", "op": op} | ({} if value is None else {"value": value}))
    assert kept.value == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"op": "="},  # nothing to compare with
        {"op": "is null", "value": 1},  # a null test compares with nothing
        {"op": "in", "value": "a"},  # not a list
        {"op": "in", "value": []},  # a list of nothing
        {"op": "=", "value": ["a"]},  # a list where one value is meant
        {"op": "like", "value": "a%"},  # an operator that does not exist
        {"op": "=", "value": {"sql": "1"}},  # a table
        {"op": "=", "value": float("nan")},  # equal to nothing
        {"op": "=", "value": 2**63},  # larger than a column holds
        {"op": "=", "value": "a", "or": "b"},  # a key that does not exist
    ],
)
def test_a_condition_that_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Condition.model_validate({"column": "kind"} | wrong)


@pytest.mark.parametrize("rule_id", ["a", "0", "task-outputs", "a.b_c-d", "a" * 64])
def test_a_good_rule_id(rule_id: str) -> None:
    assert rule(id=rule_id).id == rule_id


@pytest.mark.parametrize("rule_id", ["", "A", "-a", ".a", "a b", "a/b", "a\n", "a:b", "ä", "a" * 65, 7])
def test_a_bad_rule_id_is_refused(rule_id: Any) -> None:
    with pytest.raises(ValidationError):
        rule(id=rule_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"parent": {"state_in": []}},
        {"parent": {"state_in": [1.5]}},
        {"parent": {"state_in": "SUCCESS"}},
        {"parent": {"done_at": []}},
        {"parent": {"done_at": "ended"}},
        {"parent": {"table": ""}},
        {"parent": {"table": "a\x00b"}},
        {"parent": {"table": "a" * 256}},
        {"parent": {"tz": "Mars/Base"}},
        {"child": {"min_rows": 0}},
        {"child": {"min_rows": True}},
        {"child": {"columns": {"": "x"}}},
        {"grace": "soon"},
        {"grace": 600},
        {"grace": "-1m"},
        {"late_after": "99999999w"},
    ],
)
def test_a_wrong_part_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)


def test_a_rule_never_changes() -> None:
    with pytest.raises(ValidationError):
        DEFAULT_RULE.id = "other"  # type: ignore[misc] # the very thing that must not work


def test_a_rule_survives_json() -> None:
    given = rule(grace="1h30m", parent={"where": [{"column": "kind", "op": "in", "value": ["a", 2, True]}]})
    assert RuleMapping.model_validate(json.loads(given.model_dump_json())) == given


def test_equal_rules_have_the_same_hash() -> None:
    spelled_out = rule(grace="600s", parent={"tz": "UTC", "where": []}, child={"min_rows": 1})
    assert rule_hash(rule()) == rule_hash(spelled_out)
    assert len(rule_hash(rule())) == 12


def test_the_hash_ignores_the_order_of_what_has_none() -> None:
    first, second = {"column": "a", "op": "in", "value": [1, "1"]}, {"column": "b", "op": "is null"}
    turned = {"column": "a", "op": "in", "value": ["1", 1]}
    one = rule(parent={"state_in": ["x", 1], "where": [first, second]}, child={"columns": {"a": "b", "c": "d"}})
    other = rule(parent={"state_in": [1, "x"], "where": [second, turned]}, child={"columns": {"c": "d", "a": "b"}})
    assert rule_hash(one) == rule_hash(other)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"grace": "11m"},
        {"late_after": "6m"},
        {"segments": ["kind"]},
        {"parent": {"state_in": ["done", "ok"]}},
        {"parent": {"done_at": ["ended", "started"]}},
        {"parent": {"tz": "Asia/Shanghai"}},
        {"parent": {"where": [{"column": "kind", "op": "=", "value": 1}]}},
        {"child": {"min_rows": 2}},
        {"child": {"columns": {"a": "b"}}},
        {"child": {"deleted_at": "gone"}},
    ],
)
def test_the_hash_changes_with_the_meaning(change: dict[str, Any]) -> None:
    assert rule_hash(rule(**change)) != rule_hash(rule())


def test_the_hash_tells_types_and_the_order_of_done_at_apart() -> None:
    states: list[Any] = [1, "1", True]
    assert len({rule_hash(rule(parent={"state_in": [state]})) for state in states}) == 3
    assert rule_hash(rule(parent={"done_at": ["a", "b"]})) != rule_hash(rule(parent={"done_at": ["b", "a"]}))


def test_the_hash_of_the_built_in_rule_stays_the_same_between_versions() -> None:
    assert rule_hash(DEFAULT_RULE) == "fa147dfbadf9"


def test_every_key_says_what_it_is_for() -> None:
    for model in (Condition, ParentMapping, ChildMapping, RuleMapping):
        assert all(field.description for field in model.model_fields.values()), model
