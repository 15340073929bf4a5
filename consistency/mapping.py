"""How a rule maps the user's own tables: which tasks must have which outputs. Plain data, no database."""

import hashlib
import json
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from consistency.value_types import (
    LARGEST_INTEGER,
    ConditionValue,
    Duration,
    Label,
    Name,
    OptionalName,
    ZoneName,
    not_empty,
)

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "is null", "is not null"]
RULE_ID = r"^[a-z0-9][a-z0-9_.-]{0,63}$"


class Mapped(BaseModel):
    """What all parts of a rule share: they never change, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Condition(Mapped):
    """A structured filter on one column; `value` is a list for `in` and `not in`, and absent for the null tests."""

    column: Name = Field(description="the column to compare")
    op: Operator = Field(description="how to compare")
    value: ConditionValue | None = Field(default=None, description="what to compare with")

    @model_validator(mode="after")
    def _value_fits_the_operator(self) -> Self:
        if self.op in {"is null", "is not null"}:
            if self.value is not None:
                raise ValueError(f'"{self.op}" takes no value; remove it')
        elif self.value is None:
            raise ValueError(f'"{self.op}" needs a value')
        elif self.op in {"in", "not in"} and not (isinstance(self.value, tuple) and self.value):
            raise ValueError(f'"{self.op}" needs a list of at least one value')
        elif self.op not in {"in", "not in"} and isinstance(self.value, tuple):
            raise ValueError(f'"{self.op}" compares with one value; use "in" for a list')
        return self


class ParentMapping(Mapped):
    """The table of the tasks; an optional column that is "" is not mapped."""

    table: Name = Field(description="the table of the tasks")
    id: Name = Field(description="its primary key")
    state: Name = Field(description="the column that says how a task ended")
    state_in: Annotated[tuple[Label, ...], AfterValidator(not_empty)] = Field(
        description="the values of that column that mean success"
    )
    done_at: Annotated[tuple[Name, ...], AfterValidator(not_empty)] = Field(
        description="the columns that say when, the first non-null one counts"
    )
    tz: ZoneName = Field(default="UTC", description="the time zone of columns that store none")
    provider_task_id: OptionalName = Field(default="", description="the provider's id of the task")
    deleted_at: OptionalName = Field(default="", description="a task with a value here is deleted")
    where: tuple[Condition, ...] = Field(default=(), description="filters on the tasks")


class ChildMapping(Mapped):
    """The table of the outputs; an optional column that is "" is not mapped."""

    table: Name = Field(description="the table of the outputs")
    fk: Name = Field(description="the column that names the task")
    created_at: OptionalName = Field(default="", description="when the output came; without it lateness is unknown")
    output_key: OptionalName = Field(default="", description="what tells a task's outputs apart")
    columns: dict[Name, Name] = Field(default={}, description="column = the provider's field; without it no repair")
    deleted_at: OptionalName = Field(default="", description="an output with a value here is deleted")
    tz: ZoneName = Field(default="UTC", description="the time zone of columns that store none")
    min_rows: int = Field(
        default=1, ge=1, le=LARGEST_INTEGER, strict=True, description="how many outputs a task must have"
    )
    where: tuple[Condition, ...] = Field(default=(), description="filters on the outputs")


class RuleMapping(Mapped):
    """One rule: every task of `parent` that succeeded longer than `grace` ago has its rows in `child`."""

    id: str = Field(pattern=RULE_ID, description="the rule's name in reports, flags and messages")
    parent: ParentMapping = Field(description="the table of the tasks")
    child: ChildMapping = Field(description="the table of the outputs")
    grace: Duration = Field(default=timedelta(minutes=10), description="how long an output may take")
    late_after: Duration = Field(default=timedelta(minutes=5), description="when an output is late")
    segments: tuple[Name, ...] = Field(default=(), description="columns of the tasks that break a report down")


DEFAULT_RULE = RuleMapping(
    id="task-outputs",
    parent=ParentMapping(
        table="tasks",
        id="id",
        state="status",
        state_in=("SUCCESS",),
        done_at=("completed_at", "updated_at", "created_at"),
        provider_task_id="provider_task_id",
    ),
    child=ChildMapping(
        table="task_outputs",
        fk="task_id",
        created_at="created_at",
        output_key="output_key",
        columns={"file_url": "fileUrl", "file_type": "fileType"},
    ),
)


def rule_hash(rule: RuleMapping) -> str:
    """12 hex digits over all that the rule says: equal for equal rules, also when sets are written in another order."""
    return hashlib.sha256(_canonical(_ordered(rule.model_dump(mode="json"))).encode()).hexdigest()[:12]


def _ordered(dumped: dict[str, Any]) -> dict[str, Any]:
    """Sort what has no order of its own: states, conditions and the values of `in`."""
    dumped["parent"]["state_in"].sort(key=_canonical)
    for side in (dumped["parent"], dumped["child"]):
        for condition in side["where"]:
            if isinstance(condition["value"], list):
                condition["value"].sort(key=_canonical)
        side["where"].sort(key=_canonical)
    return dumped


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
