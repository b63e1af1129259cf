"""Hierarchical outcomes by pairs: win ratio, win odds and net benefit, and what each component decided."""

from typing import Any

import pandas as pd

from hepatrial.analyse.by_visit import pick_visit
from hepatrial.analyse.rows import Group, Plan, Row, Rows, contrast_rows, find_reference, said
from hepatrial.estimate import TimedEndpoint, ValuedEndpoint, compare_wins
from hepatrial.study import WinComponent

MEASURES = {"win_ratio": "win ratio", "win_odds": "win odds", "net_benefit": "net benefit"}
ALL = "all"
"""Level of the counts over all components."""


def compare_by_pairs(plan: Plan, groups: list[Group]) -> Rows:
    """Each arm against the reference arm."""
    reference = find_reference(plan, groups)
    for group in groups:
        if group.code != reference.code:
            yield from _compare(plan, group, reference)


def _compare(plan: Plan, group: Group, reference: Group) -> Rows:
    """Patients without follow-up are left out and counted: nothing is known of them."""
    planned = plan.analysis
    subjects = pd.concat([side.subjects.assign(ARM=side.code) for side in (group, reference)]).set_index("USUBJID")
    known = pd.Series(True, index=subjects.index)
    for item in (item for item in planned.components if not item.visit):
        known &= subjects.index.isin(_times(plan, item)["USUBJID"])
    left_out, subjects = int((~known).sum()), subjects[known]
    keys: Row = {"n_used": len(subjects), "source": ("ADTTE", _parameters(planned.components))}
    if set(subjects["ARM"]) != {group.code, reference.code}:
        nothing = dict.fromkeys(("estimate", "conf_low", "conf_high"), float("nan"))
        more = {"status": "not_estimable", "message": "an arm has nobody to compare"}
        yield from contrast_rows(plan, group, reference, "win ratio", nothing, **keys | more)
        return
    endpoints = [_endpoint(plan, item, subjects) for item in planned.components]
    is_exact = planned.p_value == "permutation"
    found = compare_wins(
        subjects["ARM"],
        endpoints,
        reference=reference.code,
        exact=is_exact,
        rng=plan.rng(),
        conf_level=planned.conf_level,
    )
    more = said(found)
    if left_out:
        note = f"{left_out} patients without follow-up are left out"
        more |= {"status": "note" if more["status"] == "ok" else more["status"]}
        more["message"] = "; ".join(part for part in (str(more["message"]), note) if part)
    yield from _result_rows(plan, group, reference, found, keys | more)


def _result_rows(plan: Plan, group: Group, reference: Group, found: Any, keys: Row) -> Rows:
    for line in found.table.itertuples(index=False):
        stats = {name: float(getattr(line, name)) for name in ("estimate", "conf_low", "conf_high")}
        stats = {name: value if abs(value) != float("inf") else float("nan") for name, value in stats.items()}
        yield from contrast_rows(plan, group, reference, MEASURES[line.measure], stats, **keys)
    test = {"statistic": found.statistic, "p_value": found.p_value}
    yield from contrast_rows(plan, group, reference, "win test", test, **keys | {"method": _test_name(plan)})
    names = [f"{place}. {item.label}" for place, item in enumerate(plan.analysis.components, start=1)]
    for name, line in zip(names, found.endpoints.itertuples(index=False), strict=True):
        stats = {"n_pairs": line.pairs, "n_wins": line.wins, "n_losses": line.losses, "n_ties": line.ties}
        yield from contrast_rows(plan, group, reference, "pairs", stats, level=name, **keys)
    table = found.endpoints
    total = {"n_pairs": table["pairs"].iloc[0], "n_wins": table["wins"].sum(), "n_losses": table["losses"].sum()}
    yield from contrast_rows(
        plan, group, reference, "pairs", total | {"n_ties": table["ties"].iloc[-1]}, level=ALL, **keys
    )


def _test_name(plan: Plan) -> str:
    return f"Finkelstein–Schoenfeld test, {plan.analysis.p_value}"


def _endpoint(plan: Plan, item: WinComponent, subjects: pd.DataFrame) -> TimedEndpoint | ValuedEndpoint:
    if not item.visit:
        rows = _times(plan, item).set_index("USUBJID").reindex(subjects.index)
        return TimedEndpoint(rows["AVAL"].to_numpy(dtype=float), (rows["CNSR"] == 0).to_numpy())
    adlb = plan.data.datasets["ADLB"]
    rows = adlb[(adlb["PARAMCD"] == item.parameter) & adlb["AVAL"].notna() & (adlb["AFTLTFL"] != "Y")]
    values = pick_visit(rows, item.visit).set_index("USUBJID")["AVAL"].reindex(subjects.index)
    return ValuedEndpoint(values.to_numpy(dtype=float), higher_is_better=item.worse == "low", margin=item.margin)


def _times(plan: Plan, item: WinComponent) -> pd.DataFrame:
    adtte = plan.data.datasets["ADTTE"]
    return adtte[(adtte["PARAMCD"] == item.parameter) & adtte["AVAL"].notna()]


def _parameters(components: tuple[WinComponent, ...]) -> list[tuple[str, str, list[object]]]:
    """The conditions of the times; the values of a score are found through the analysis' own listing."""
    return [("PARAMCD", "in", [item.parameter for item in components if not item.visit])]
