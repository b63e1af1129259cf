"""Codes that a column of a standard table may hold in one study, and which columns the study uses."""

from hepatrial.contracts import Column, TableSpec
from hepatrial.study.criteria import PredicateTest, leaves
from hepatrial.study.models import Study


def find_codes(column: Column, study: Study) -> tuple[str, ...]:
    """The column's own codes, or the study's arms or parameters; empty where any text may stand."""
    second = study.design.second
    own = {
        "arm": tuple(arm.code for arm in study.design.arms),
        "second_arm": tuple(arm.code for arm in second.arms) if second else (),
        "parameter": tuple(parameter.code for parameter in study.parameters),
    }
    return own.get(column.name, column.codes)


def find_columns(spec: TableSpec, study: Study) -> tuple[Column, ...]:
    """Columns of a standard table that this study can use.

    Left out are those of a second randomisation where there is none, and the onset where no criterion asks for it.
    """
    unused = set() if study.design.second else {"second_randomisation_date", "second_arm"}
    if not _asks_for_onset(study):
        unused.add("onset_date")
    return tuple(column for column in spec.columns if column.name not in unused)


def _asks_for_onset(study: Study) -> bool:
    criteria = [item.criterion for item in study.eligibility if item.criterion is not None]
    criteria += [step.keep for population in study.populations for step in population.steps]
    tests = [leaf for criterion in criteria for leaf in leaves(criterion)]
    return any(isinstance(test, PredicateTest) and test.of == "onset_date" for test in tests)
