"""ADLB: one row a laboratory or clinical result of a parameter of the study, and one a derived score and visit.

Values are in the study's unit (standardised by load). A result beyond a limit of quantification keeps the bound
and gets the value that the study file says: half the lower limit or the limit itself; the upper limit. A number
below the study's own lower limit (or above its upper) is treated in the same way.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.derive.blood_products import flag_blood_products
from hepatrial.derive.days import derive_follow_up_day, derive_study_day
from hepatrial.derive.frames import flag, source_of, stack_rows
from hepatrial.derive.outcomes import Tables
from hepatrial.derive.session_hours import derive_hours_since_session, find_soon_after_session
from hepatrial.derive.windows import assign_visits, find_before_origin
from hepatrial.errors import UnitError
from hepatrial.study.models import Parameter, Study
from hepatrial.units import ANALYTES, convert

FloatArray = npt.NDArray[np.float64]

LOQ = "LOQ"
AFTER_DEATH = "dated after death"
SUBJECT_COLUMNS = ["ORIGDT", "ORIGTM", "DTHDT", "LTDT"]


def derive_results(
    tables: Tables, subjects: pd.DataFrame, study: Study, *, is_sensitivity: bool = False
) -> pd.DataFrame:
    """Rows of ``labs`` and ``clinical`` for the study's parameters and subjects, with visits, baseline and change.

    One row a record (and a row per mean where the study asks for means). For the sensitivity dataset without the
    records after the origin that were taken too soon after a session or a blood product. Working columns beside the
    contract's: ORIGDT, ORIGTM, DTHDT, LTDT, IS_BEFORE.
    """
    parameters = {parameter.code: parameter for parameter in study.parameters}
    frames = [
        _standardise(table[table["parameter"].isin(parameters) & table["subject_id"].isin(subjects["USUBJID"])], name)
        for name, table in (("labs", tables["labs"]), ("clinical", tables["clinical"]))
    ]
    frame = stack_rows(frames)
    frame = _describe(frame, parameters)
    frame = _apply_limits(frame, parameters)
    frame = _explain_missing(frame, parameters)
    frame = _add_reference_range(frame, parameters)
    frame = leave_out_after_death(_add_time(frame, subjects))
    frame["HRSSESS"] = derive_hours_since_session(frame, tables["treatments"])
    rule = study.visit_rule
    frame = frame.join(flag_blood_products(frame, tables["medications"], rule.blood_products))
    if is_sensitivity:
        hours = rule.sensitivity_hours_after_session or 0.0
        is_soon = find_soon_after_session(frame, tables["treatments"], hours)
        frame = frame[frame["IS_BEFORE"] | ~(is_soon | (frame["BPFL"] == "Y"))]
    return add_baseline(assign_visits(frame, study))


def add_baseline(frame: pd.DataFrame) -> pd.DataFrame:
    """BASE, CHG and PCHG. Change is given after the origin only, so never without a date; PCHG not where BASE is 0."""
    group = ["USUBJID", "PARAMCD"]
    base = frame[frame["ABLFL"] == "Y"].set_index(group)["AVAL"]
    keys = pd.MultiIndex.from_frame(frame[group])
    frame = frame.assign(BASE=base.reindex(keys).to_numpy(dtype="float64", na_value=np.nan))
    change = (frame["AVAL"] - frame["BASE"]).where(~frame["IS_BEFORE"] & frame["ADT"].notna())
    return frame.assign(CHG=change, PCHG=100 * change / frame["BASE"].where(frame["BASE"] != 0).abs())


def leave_out_after_death(frame: pd.DataFrame) -> pd.DataFrame:
    """Death ends the record: a result dated after it keeps its text (AVALC) and its date, and has no value.

    So it counts in no analysis, figure or grade. Needs ADT, DTHDT and the columns of a value.
    """
    is_late = (frame["ADT"] > frame["DTHDT"]) & frame["AVAL"].notna()
    frame = frame.assign(**{name: frame[name].mask(is_late) for name in ("AVAL", "ABOUND")})
    frame = frame.assign(**{name: frame[name].mask(is_late, "") for name in ("ACENS", "DTYPE")})
    reason = frame["REASND"].astype("object").mask(is_late, AFTER_DEATH)
    return frame.assign(ANRIND=frame["ANRIND"].astype("object").mask(is_late, None), REASND=reason)


def _standardise(table: pd.DataFrame, name: str) -> pd.DataFrame:
    number = pd.Series(np.nan, index=table.index)
    frame = pd.DataFrame(
        {
            "USUBJID": table["subject_id"], "PARAMCD": table["parameter"], "VISIT": table["visit"],
            "ADT": table["date"], "ATM": table["time"], "AVAL": table["std_value"], "ABOUND": table["std_bound"],
            "SIGN": table["qualifier"], "NUMBER": table["value"].fillna(table["bound"]),
            "RESULT": table["result"], "REASND": table["missing_reason"],
            "UNIT": table["unit"], "REF_LOW": table.get("ref_low", number), "REF_HIGH": table.get("ref_high", number),
        },
        index=table.index,
    )  # fmt: skip
    return frame.join(source_of(table, name, "result"))


def _describe(frame: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    def of(attribute: str) -> pd.Series:
        return frame["PARAMCD"].map({code: getattr(item, attribute) for code, item in parameters.items()})

    units = of("unit").astype("object")
    label = of("label").astype("object").str.cat(units.map(lambda unit: f" ({unit})" if unit else ""))
    frame = frame.assign(PARAM=label, PARCAT1=of("group"), AVALU=units, PROVFL="N", DTYPE="", ACENS="")
    return _read_grades(frame, parameters)


def _read_grades(frame: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """Graded parameters: the number of the text, or its place (from 0) among the texts the study file allows."""
    values = frame["AVAL"].copy()
    for code, parameter in parameters.items():
        if parameter.codes:
            is_graded = frame["PARAMCD"] == code
            grades = _grades(parameter.codes)
            as_text = frame.loc[is_graded, "RESULT"].map(grades).astype("float64")
            as_number = values[is_graded].where(values[is_graded].isin(grades.values()) & _are_numbers(parameter.codes))
            values[is_graded] = as_text.fillna(as_number)
    return frame.assign(AVAL=values)


def _grades(codes: tuple[str, ...]) -> dict[str, float]:
    if _are_numbers(codes):
        return {code: float(code) for code in codes}
    return {code: float(place) for place, code in enumerate(codes)}


def _are_numbers(codes: tuple[str, ...]) -> bool:
    return all(code.replace(".", "", 1).isdigit() for code in codes)


def _apply_limits(frame: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """ACENS, ABOUND, AVAL by the rule of the parameter, AVALC and DTYPE."""
    low = frame["PARAMCD"].map({code: item.lower_limit for code, item in parameters.items()}).astype("float64")
    high = frame["PARAMCD"].map({code: item.upper_limit for code, item in parameters.items()}).astype("float64")
    below = frame["SIGN"].isin(["<", "<="]) & frame["ABOUND"].notna()
    above = frame["SIGN"].isin([">", ">="]) & frame["ABOUND"].notna()
    bound = frame["ABOUND"].where(below | above)
    under, over = frame["AVAL"] < low, frame["AVAL"] > high
    bound = bound.mask(under, low).mask(over, high)
    below, above = below | under, above | over
    halved = frame["PARAMCD"].isin([code for code, item in parameters.items() if item.below_limit == "half"])
    value = frame["AVAL"].mask(below, bound.where(~halved, bound / 2)).mask(above, bound)
    return frame.assign(
        AVAL=value, ABOUND=bound, AVALC=frame["RESULT"], DTYPE=np.where(below | above, LOQ, ""),
        ACENS=np.where(below, "L", np.where(above, "R", "")),
    )  # fmt: skip


def _explain_missing(frame: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """REASND of a record without a value, or with one that can stand for no visit; the file's own reason goes first."""
    is_missing = frame["AVAL"].isna()
    is_graded = frame["PARAMCD"].isin([code for code, parameter in parameters.items() if parameter.codes])
    result = frame["RESULT"].astype("object")
    graded = result.map("not among the allowed texts: {}".format, na_action="ignore")
    written = result.map("no numeric value: {}".format, na_action="ignore")
    reason = written.mask(frame["NUMBER"].notna(), "not convertible to the study's unit").mask(is_graded, graded)
    reason = reason.fillna("no result")
    reason = reason.where(is_missing, None).mask(~is_missing & frame["ADT"].isna(), "date incomplete: in no visit")
    return frame.assign(REASND=frame["REASND"].where(frame["REASND"].notna(), reason))


def _add_reference_range(frame: pd.DataFrame, parameters: dict[str, Parameter]) -> pd.DataFrame:
    """ANRLO and ANRHI in the study's unit, ANRIND by the value."""
    frame = frame.assign(ANRLO=np.nan, ANRHI=np.nan)
    has_range = frame["REF_LOW"].notna() | frame["REF_HIGH"].notna()
    for (code, unit), rows in frame[has_range].groupby(["PARAMCD", "UNIT"], sort=True, dropna=False):
        factors = parameters[code]
        frame.loc[rows.index, "ANRLO"] = _to_study_unit(rows["REF_LOW"], unit, factors)
        frame.loc[rows.index, "ANRHI"] = _to_study_unit(rows["REF_HIGH"], unit, factors)
    is_low, is_high = frame["AVAL"] < frame["ANRLO"], frame["AVAL"] > frame["ANRHI"]
    known = frame["AVAL"].notna() & (frame["ANRLO"].notna() | frame["ANRHI"].notna())
    indicator = pd.Series(np.where(is_low, "LOW", np.where(is_high, "HIGH", "NORMAL")), index=frame.index)
    return frame.assign(ANRIND=indicator.where(known, None))


def _to_study_unit(values: pd.Series, unit: object, parameter: Parameter) -> FloatArray:
    """Limits of a range written in ``unit``; NaN where no factor leads to the study's unit."""
    if not isinstance(unit, str) or unit == parameter.unit:
        return np.asarray(values, dtype=float)
    if parameter.factor is not None and unit == parameter.factor_unit:
        return np.asarray(values, dtype=float) * parameter.factor
    if parameter.code not in ANALYTES:
        return np.full(len(values), np.nan)
    try:
        return convert(values, parameter.code, unit, parameter.unit)
    except UnitError:  # load has a finding for this unit; a range that cannot be converted is not used
        return np.full(len(values), np.nan)


def _add_time(frame: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    of = subjects.set_index("USUBJID")
    frame = frame.assign(**{name: frame["USUBJID"].map(of[name]) for name in ["STUDYID", *SUBJECT_COLUMNS]})
    for name in ("ORIGDT", "DTHDT", "LTDT"):
        frame[name] = frame[name].astype("datetime64[ns]")
    return frame.assign(
        ADY=derive_study_day(frame["ADT"], frame["ORIGDT"]),
        AFUDY=derive_follow_up_day(frame["ADT"], frame["ORIGDT"]),
        IS_BEFORE=find_before_origin(frame),
        AFTLTFL=flag(frame["ADT"] >= frame["LTDT"]),
    )
