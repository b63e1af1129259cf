"""Criteria: a condition as data, never as an expression.

A leaf compares a column of the subject's record or a parameter's value; groups join leaves::

    { all = [ {column = "age", op = ">=", value = 18}, {column = "age", op = "<=", value = 65} ] }
    { any = [ {parameter = "BILI", op = ">=", value = 171.0, unit = "umol/L", at = "baseline"},
              {predicate = "rise per day", parameter = "BILI", op = ">=", value = 17.1, unit = "umol/L"} ] }
    { not = {column = "outcome.transplant", op = "missing"} }

A named predicate says what columns cannot.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Op = Literal["<", "<=", "=", "!=", ">=", ">", "in", "not in", "missing", "not missing"]
Value = float | int | str | bool
Predicate = Literal[
    "rise per day",
    "raised",
    "treated",
    "enrolled",
    "randomised",
    "randomised again",
    "within weeks of",
    "worst before",
    "evaluable at",
]
PREDICATES = get_args(Predicate)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class ColumnTest(_Closed):
    """A column of the subjects table, or ``outcome.NAME`` for the date of an outcome.

    ``outcome.major deviation`` is the first deviation marked major, ``outcome.special interest CODE`` the first
    event of that group.
    """

    column: str = Field(description="column, or outcome.NAME")
    op: Op = Field(description="comparator")
    value: Value | None = Field(default=None, description="value compared with")
    values: tuple[Value, ...] = Field(default=(), description="values for in and not in")


class ParameterTest(_Closed):
    """A parameter's value at baseline (last before the origin), at any visit, or at a visit code."""

    parameter: str = Field(description="parameter code")
    op: Op = Field(description="comparator")
    value: Value | None = Field(default=None, description="value compared with")
    values: tuple[Value, ...] = Field(default=(), description="values for in and not in")
    unit: str = Field(default="", description="unit of the value")
    at: str = Field(default="baseline", description="baseline, any, or a visit code")


class PredicateTest(_Closed):
    """A named predicate with its arguments.

    ``rise per day``: largest rise of the parameter per day between two values up to the origin;
    ``raised``: baseline above the upper reference limit; ``treated``, ``enrolled``, ``randomised``,
    ``randomised again`` (the second randomisation): has that date;
    ``within weeks of``: first of ``parameter`` op value within ``weeks`` of date column ``of``;
    ``worst before``: worst value of the parameter before date column ``of``;
    ``evaluable at``: on follow-up ``day`` it is known whether the time to event ``parameter`` has happened, or the
    subject died or was transplanted by then.
    """

    predicate: Predicate = Field(description="name of the predicate")
    parameter: str = Field(default="", description="parameter code")
    op: Op | None = Field(default=None, description="comparator")
    value: Value | None = Field(default=None, description="value compared with")
    unit: str = Field(default="", description="unit of the value, without per day")
    weeks: float | None = Field(default=None, description="weeks, for within weeks of")
    of: str = Field(default="", description="date column")
    day: int | None = Field(default=None, ge=0, description="follow-up day, for evaluable at")


class AllOf(_Closed):
    """Every member holds."""

    all: tuple["Criterion", ...] = Field(min_length=1, description="every member holds")


class AnyOf(_Closed):
    """At least one member holds."""

    any: tuple["Criterion", ...] = Field(min_length=1, description="at least one member holds")
    agree_on: str = Field(
        default="",
        description="what the members measure alike, such as coagulation: a finding (criterion-disagrees) where one "
        "holds and another does not; for eligibility",
    )


class NotOf(_Closed):
    """The member does not hold."""

    not_: "Criterion" = Field(alias="not", description="the member does not hold")


def _kind(node: Any) -> str:
    """Which form a node has, told by its key, so that a fault is reported for that form alone."""
    keys = node if isinstance(node, dict) else type(node).model_fields if isinstance(node, BaseModel) else {}
    return next((key for key in ("all", "any", "not", "not_", "predicate", "parameter") if key in keys), "column")


Criterion = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NotOf, Tag("not")]
    | Annotated[NotOf, Tag("not_")]
    | Annotated[PredicateTest, Tag("predicate")]
    | Annotated[ParameterTest, Tag("parameter")]
    | Annotated[ColumnTest, Tag("column")],
    Discriminator(_kind),
]

for _model in (AllOf, AnyOf, NotOf):
    _model.model_rebuild()


def leaves(criterion: Criterion) -> tuple[ColumnTest | ParameterTest | PredicateTest, ...]:
    """Every leaf of a criterion, left to right."""
    if isinstance(criterion, AllOf | AnyOf):
        members = criterion.all if isinstance(criterion, AllOf) else criterion.any
        return tuple(leaf for member in members for leaf in leaves(member))
    return leaves(criterion.not_) if isinstance(criterion, NotOf) else (criterion,)
