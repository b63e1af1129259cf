"""Result rows for the study of report_factory: plausible numbers for layout, computed in the plainest way."""

import numpy as np
import pandas as pd

from hepatrial.contracts import AnalysisData, Results
from hepatrial.results import bind_results, make_source
from hepatrial.study import Study


class RowMaker:
    """Collects rows with the keys of one analysis."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.sources: list[dict] = []

    def add(self, keys: dict, dataset: str = "ADSL", status: str = "ok", message: str = "", **stats: float) -> None:
        codes = [keys["variable"]] if dataset in ("ADTTE", "ADLB") else []
        source = make_source(dataset, [("PARAMCD", "in", codes)] if codes else [])
        self.sources.append(source)
        for stat, value in stats.items():
            self.rows.append(
                keys
                | {
                    "stat": stat,
                    "value": value,
                    "status": status,
                    "message": message,
                    "method": "by hand",
                    "n_used": 1,
                    "source_id": source["source_id"],
                    "checked_by": "none",
                }
            )


def make_results(study: Study, data: AnalysisData) -> Results:
    """Rows of every analysis of the study."""
    maker = RowMaker()
    for analysis in study.analyses:
        groups = [arm.code for arm in study.design.arms] if analysis.by_arm else ["all"]
        for group in groups:
            keys = {"analysis_id": analysis.id, "population": analysis.population, "group": group}
            adsl = data.datasets["ADSL"]
            adsl = adsl if group == "all" else adsl[adsl["TRT01P"] == group]
            maker.add(keys | {"measure": "patients", "variable": "N"}, n_total=float(len(adsl)))
            _MAKERS[analysis.method](maker, keys, analysis, data, adsl, study)
    return bind_results(maker.rows, maker.sources)


def _disposition(maker, keys, analysis, data, adsl, study):
    n = len(adsl)
    for variable, count in (
        ("screened", n + 2),
        ("screen failed", 2),
        ("enrolled", n),
        ("treated", n),
        ("died", n // 3),
        ("transplanted", 0),
        ("FAS", n),
        ("SAF", n),
    ):
        maker.add(keys | {"measure": "patients", "variable": variable}, n=float(count), percent=100 * count / n)
    maker.add(
        keys
        | {
            "measure": "patients",
            "variable": "excluded",
            "level": "not treated",
            "by_variable": "population",
            "by_level": "FAS",
        },
        n=0.0,
    )


def _baseline(maker, keys, analysis, data, adsl, study):
    _summary(maker, keys | {"measure": "baseline", "variable": "AGE", "visit": "BL"}, adsl["AGE"])
    for column in ("SEX", "AETIOL"):
        for level, count in adsl[column].value_counts().items():
            own = keys | {"measure": "baseline", "variable": column, "level": level}
            maker.add(own, n=float(count), percent=100 * count / len(adsl))
    for code in analysis.parameters:
        values = _values(data, adsl, code, "BL")
        _summary(maker, keys | {"measure": "baseline", "variable": code, "visit": "BL"}, values, "ADLB")


def _values(data, adsl, code, visit):
    adlb = data.datasets["ADLB"]
    keep = (adlb["PARAMCD"] == code) & (adlb["AVISIT"] == visit) & (adlb["AFTLTFL"] != "Y")
    return adlb.loc[keep & adlb["USUBJID"].isin(adsl["USUBJID"]), "AVAL"]


def _summary(maker, keys, values, dataset="ADSL", **extra):
    n = len(values)
    maker.add(keys, dataset, n=float(n), n_missing=0.0, **extra)
    ok = n > 0
    stats = (
        {
            "mean": values.mean(),
            "median": values.median(),
            "q1": values.quantile(0.25),
            "q3": values.quantile(0.75),
            "min": values.min(),
            "max": values.max(),
        }
        if ok
        else dict.fromkeys(("mean", "median", "q1", "q3", "min", "max"))
    )
    maker.add(keys, dataset, *(() if ok else ("not_estimable", "no values")), **stats)
    maker.add(
        keys,
        dataset,
        *(() if n > 1 else ("not_estimable", "fewer than two values")),
        sd=values.std() if n > 1 else None,
    )


def _eligibility(maker, keys, analysis, data, adsl, study):
    for item in study.eligibility:
        for level in ("met", "not met", "not assessable", "differs from investigator"):
            own = keys | {"measure": "patients", "variable": item.id, "level": level}
            maker.add(own, "ADEL", n=float(len(adsl)) if level == "met" else 0.0)


def _exposure(maker, keys, analysis, data, adsl, study):
    n = len(adsl)
    _summary(maker, keys | {"measure": "observed value", "variable": "sessions per patient"}, pd.Series([3.0] * n))
    _summary(maker, keys | {"measure": "observed value", "variable": "session hours"}, pd.Series([6.5] * n))
    for name in ("sessions", "sessions completed", "device deficiencies"):
        maker.add(keys | {"measure": "count", "variable": name}, "ADEX", n_total=3.0 * n if name[0] == "s" else 0.0)
    maker.add(keys | {"measure": "patients", "variable": "sessions", "level": "3"}, "ADEX", n=float(n), percent=100.0)


def _specimens(maker, keys, analysis, data, adsl, study):
    adsp = data.datasets["ADSP"]
    for (visit, kind), own in adsp[adsp["USUBJID"].isin(adsl["USUBJID"])].groupby(["AVISIT", "SPEC"]):
        got = float((own["COLLFL"] == "Y").sum())
        row = keys | {"measure": "specimens", "variable": kind, "visit": visit}
        maker.add(row, "ADSP", n=got, n_total=float(len(own)), percent=100 * got / len(own))


def _survival(maker, keys, analysis, data, adsl, study):
    adtte = data.datasets["ADTTE"]
    own = adtte[(adtte["PARAMCD"] == analysis.parameter) & adtte["USUBJID"].isin(adsl["USUBJID"])]
    time, event = own["AVAL"].to_numpy(), (own["CNSR"] == 0).to_numpy()
    for day in sorted({*map(float, analysis.days), *time[event]}):
        survival, variance = 1.0, 0.0
        for t in np.unique(time[event & (time <= day)]):
            r, d = (time >= t).sum(), (event & (time == t)).sum()
            survival *= 1 - d / r
            variance += d / (r * (r - d)) if r > d else 0.0
        row = keys | {"measure": "survival", "variable": analysis.parameter, "time_days": day}
        maker.add(
            row,
            "ADTTE",
            n_risk=float((time >= day).sum()),
            n_events=float((event & (time <= day)).sum()),
            n_censored=float((~event & (time < day)).sum()),
        )
        if day > time.max() and survival > 0:
            maker.add(
                row,
                "ADTTE",
                "not_estimable",
                "follow-up ended before this day",
                estimate=None,
                std_error=None,
                conf_low=None,
                conf_high=None,
            )
            continue
        se = survival * np.sqrt(variance)
        maker.add(
            row,
            "ADTTE",
            estimate=survival,
            std_error=se,
            conf_low=max(survival - 1.9 * se, 0.0),
            conf_high=min(survival + 1.9 * se, 1.0),
        )
        if day in analysis.days:
            known = keys | {"measure": "known status", "variable": analysis.parameter, "time_days": day}
            dead, n = float((event & (time <= day)).sum()), len(time)
            maker.add(
                known,
                "ADTTE",
                n_alive=n - dead,
                n_dead=dead,
                n_unknown=0.0,
                best_case=1 - dead / n,
                worst_case=1 - dead / n,
            )
            if day == 28:
                maker.add(known | {"measure": "quality control"}, "ADTTE", second_path=survival)
    middle = keys | {"measure": "event time quantile", "variable": analysis.parameter, "level": "0.5"}
    maker.add(
        middle, "ADTTE", "not_estimable", "survival stays above one half", estimate=None, conf_low=None, conf_high=None
    )
    if analysis.comparison and keys["group"] == "MSC":
        bare = keys | {"variable": analysis.parameter}
        maker.add(bare | {"group": "", "measure": "log-rank test"}, "ADTTE", statistic=1.2, df=1.0, p_value=0.00004)
        maker.add(
            bare | {"comparator": "SOC", "measure": "hazard ratio"},
            "ADTTE",
            estimate=0.8123,
            conf_low=0.5,
            conf_high=1.2,
            p_value=0.3,
        )


def _incidence(maker, keys, analysis, data, adsl, study):
    adtte = data.datasets["ADTTE"]
    own = adtte[(adtte["PARAMCD"] == analysis.parameter) & adtte["USUBJID"].isin(adsl["USUBJID"])]
    time, cause = own["AVAL"].to_numpy(), own["CNSR"].to_numpy()
    for level, code in (("event", 0), ("competing", 2)):
        for day in sorted({*map(float, analysis.days), *time[cause != 1]}):
            survival, total = 1.0, 0.0
            for t in np.unique(time[(cause != 1) & (time <= day)]):
                r = (time >= t).sum()
                total += survival * ((cause == code) & (time == t)).sum() / r
                survival *= 1 - ((cause != 1) & (time == t)).sum() / r
            row = keys | {
                "measure": "cumulative incidence",
                "variable": analysis.parameter,
                "level": level,
                "time_days": day,
            }
            maker.add(
                row,
                "ADTTE",
                n_risk=float((time >= day).sum()),
                n_events=float(((cause == code) & (time <= day)).sum()),
                estimate=total,
                std_error=0.1,
                conf_low=total / 2,
                conf_high=min(1.0, total * 1.5),
            )


def _by_visit(maker, keys, analysis, data, adsl, study):
    for code in analysis.parameters:
        base = _values(data, adsl, code, "BL")
        for visit in analysis.visits:
            values = _values(data, adsl, code, visit)
            own = keys | {"measure": "observed value", "variable": code, "visit": visit}
            _summary(maker, own, values, "ADLB", n_native=float(len(values)), n_below_limit=0.0, n_above_limit=0.0)
            is_log = study.parameter(code).scale == "log"
            if is_log and len(values):
                gm = float(np.exp(np.log(values).mean()))
                maker.add(
                    own | {"measure": "geometric mean"}, "ADLB", estimate=gm, conf_low=gm * 0.8, conf_high=gm * 1.2
                )
            if visit != "BL":
                row = own | {"measure": "change from baseline", "level": "ratio" if is_log else "difference"}
                pairs = float(min(len(values), len(base)))
                maker.add(row, "ADLB", n_pairs=pairs)
                few = pairs < analysis.min_pairs
                status = ("not_estimable", f"{pairs:g} pairs, at least {analysis.min_pairs} are needed") if few else ()
                shift = None if few else values.mean() / base.mean() if is_log else values.mean() - base.mean()
                maker.add(
                    row,
                    "ADLB",
                    *status,
                    estimate=shift,
                    conf_low=shift and shift - 0.2,
                    conf_high=shift and shift + 0.2,
                )


def _mixed(maker, keys, analysis, data, adsl, study):
    for code in analysis.parameters:
        failed = code == "MELD" and len(adsl) < 5
        for visit in analysis.visits:
            values = _values(data, adsl, code, visit)
            mean = float(np.exp(np.log(values).mean())) if len(values) else None
            level = "geometric mean" if study.parameter(code).scale == "log" else "mean"
            row = keys | {"measure": "least squares mean", "variable": code, "level": level, "visit": visit}
            status = (
                ("failed", "the model did not converge")
                if failed or mean is None
                else ("note", "provisional inference")
            )
            value = None if failed or mean is None else mean
            maker.add(
                row,
                "ADLB",
                *status,
                estimate=value,
                std_error=value and 0.1,
                df=40.0,
                conf_low=value and value * 0.85,
                conf_high=value and value * 1.18,
            )
        fit = keys | {"measure": "model fit", "variable": code}
        maker.add(fit, "ADLB", n=float(len(adsl)), n_total=80.0, log_likelihood=-12.3, converged=0.0 if failed else 1.0)
        for level in ("between patients", "within patients"):
            maker.add(
                keys | {"measure": "variance component", "variable": code, "level": level}, "ADLB", variance=0.0123
            )


def _adverse(maker, keys, analysis, data, adsl, study):
    n = len(adsl)
    for variable in ("any", "related", "serious", "grade 3 or more", "on therapy"):
        count = float(n if variable == "any" else n // 2)
        own = keys | {"measure": "adverse events", "variable": variable}
        maker.add(own, "ADAE", n=count, percent=100 * count / n, conf_low=12.3, conf_high=99.0, n_events=count + 1)
    for term in ("", "Pyrexia", "Chills"):
        own = keys | {"measure": "adverse events", "variable": "class", "level": "General disorders", "by_level": term}
        own["by_variable"] = "term" if term else ""
        maker.add(own, "ADAE", n=float(n), percent=100.0, n_events=float(n))
    for grade in "12345":
        own = keys | {"measure": "adverse events", "level": grade}
        maker.add(
            own | {"variable": "worst grade"},
            "ADAE",
            n=0.0 if grade > "3" else 1.0,
            percent=0.0 if grade > "3" else 100 / n,
        )
        maker.add(own | {"variable": "grade"}, "ADAE", n_events=0.0)
    rate = keys | {"measure": "rate", "variable": "on therapy", "level": "per session"}
    maker.add(rate, "ADAE", n_events=3.0, n_total=3.0 * n, estimate=1 / n, conf_low=0.02, conf_high=0.4)


_MAKERS = {
    "disposition": _disposition,
    "eligibility": _eligibility,
    "baseline": _baseline,
    "exposure": _exposure,
    "specimens": _specimens,
    "survival": _survival,
    "cumulative incidence": _incidence,
    "by visit": _by_visit,
    "mixed model": _mixed,
    "adverse events": _adverse,
}
