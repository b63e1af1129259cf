"""Laboratory results and bedside assessments, written as a laboratory writes them: ``<1.50``, ``>2000``, ``溶血``."""

from hepatrial.simulate.draws import Draws
from hepatrial.simulate.enrolment_tables import Row, clock
from hepatrial.simulate.patients import SCREENING_DAY, Patient
from hepatrial.simulate.priors import KNOWN, SPELLINGS, convert_value
from hepatrial.simulate.scenario import Shares
from hepatrial.study import Parameter, Study

SCREENED = ("BILI", "INR", "PTA", "CREAT", "ALB", "PLAT", "CRP", "HEGRADE")
BEFORE_ONSET = ("BILI", "INR", "ALB", "PLAT", "HEGRADE", "ASCITES")
"""What a record from before the onset of liver failure holds."""
SCREENING_LABEL = "筛选"


def make_results(study: Study, patients: list[Patient], group: str, seed: int, no_result: Shares) -> list[Row]:
    """One row a result of the parameters of the group (LABORATORY or CLINICAL), screening and every visit attended.

    ``no_result``: words in place of a laboratory result, with how often.
    """
    wanted = [item for item in study.parameters if item.group == group]
    rows = []
    for one in patients:
        draws = Draws(seed, 7 if group == "LABORATORY" else 8, one.number)
        for when, label, day in _occasions(one):
            minute = 6 * 60 + 5 * draws.integer(0, 30)
            for item in wanted:
                lost = draws.uniform()
                if item.code in _measured(study, when):
                    text = _no_result(item, day, lost, no_result) or write_value(item, _value(one, item, when, day))
                    rows.append(_row(one, item, label, day, clock(minute), text))
    return rows


def _measured(study: Study, when: object) -> tuple[str, ...]:
    if when == SCREENING_DAY:
        return SCREENED
    is_before = any(visit.code == when and visit.window[1] < 0 for visit in study.visits)
    return BEFORE_ONSET if is_before else tuple(item.code for item in study.parameters)


def write_value(item: Parameter, value: float) -> str:
    """The value with the parameter's digits, or ``<`` or ``>`` and the limit of quantification it is beyond."""
    if item.lower_limit is not None and value < item.lower_limit:
        return f"<{item.lower_limit:.{item.decimals}f}"
    if item.upper_limit is not None and value > item.upper_limit:
        return f">{item.upper_limit:.{item.decimals}f}"
    if item.codes:
        return str(min(max(round(value), 0), len(item.codes) - 1))
    return f"{value:.{item.decimals}f}"


def _value(one: Patient, item: Parameter, when: object, day: int) -> float:
    return convert_value(item.code, one.value(item.code, when, day), item.unit)


def _occasions(one: Patient) -> list[tuple[object, str, int]]:
    screening = (one.consented - one.origin).days
    attended = [(seen.visit.code, seen.visit.code, seen.day) for seen in one.visits if seen.day is not None]
    return [(SCREENING_DAY, SCREENING_LABEL, screening), *attended]


def _no_result(item: Parameter, day: int, lost: float, words: Shares) -> str:
    """A word in place of a laboratory result, now and then; never before the first session, where entry needs it."""
    if item.group == "CLINICAL" or day <= 0:
        return ""
    for text, share in words:
        lost -= share
        if lost < 0:
            return text
    return ""


def _row(one: Patient, item: Parameter, label: str, day: int, time: str, text: str) -> Row:
    row = {
        "subject_id": one.subject_id,
        "visit": label,
        "date": one.date_of(day).isoformat(),
        "time": time,
        "parameter": item.code,
        "result": text,
        "unit": SPELLINGS.get(item.unit, item.unit),
    }
    if item.group == "LABORATORY":
        row |= dict(zip(("ref_low", "ref_high"), (_limit(item, side) for side in (0, 1)), strict=True))
    return row


def _limit(item: Parameter, side: int) -> str:
    """Lower (0) or upper (1) limit of the reference range in the study's unit."""
    limit = KNOWN[item.code].reference[side] if item.code in KNOWN else None
    return "" if limit is None else f"{convert_value(item.code, limit, item.unit):.4g}"
