"""A template's example read with plain pandas, for recounts that share nothing with the derivation."""

import pandas as pd

from hepatrial.study import templates_dir


def read_tables(template: str) -> dict[str, pd.DataFrame]:
    """Every CSV of the example as text, by name."""
    folder = templates_dir() / template / "example"
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder.rglob("*.csv"))}


def first_dates(tables: dict[str, pd.DataFrame], outcome: str) -> pd.Series:
    """Date of a subject's first outcome of this kind."""
    rows = tables["outcomes"][tables["outcomes"]["outcome"] == outcome]
    return pd.to_datetime(rows.groupby("subject_id")["date"].min())


def last_alive(tables: dict[str, pd.DataFrame]) -> pd.Series:
    """Latest complete date of any record that shows a subject alive."""
    alive = tables["vital_status"]["status"] == "alive"
    seen = {
        **tables,
        "vital_status": tables["vital_status"][alive],
        "outcomes": tables["outcomes"][~tables["outcomes"]["outcome"].isin(["death", "lost to follow-up"])],
    }
    columns = {name: [c for c in ("date", "start_date", "randomisation_date") if c in seen[name]] for name in seen}
    rows = [
        seen[name][["subject_id", column]].set_axis(["subject_id", "date"], axis=1)
        for name, found in columns.items()
        for column in found
        if name not in ("deviations", "screening")
    ]
    dates = pd.concat(rows)
    dates = dates[dates["date"].str.len() == 10]
    return pd.to_datetime(dates.groupby("subject_id")["date"].max())


def follow_up(tables: dict[str, pd.DataFrame], last_day: int, events: tuple[str, ...]) -> pd.DataFrame:
    """Days from randomisation and whether one of the outcomes happened by ``last_day``; one row a subject."""
    subjects = tables["subjects"].set_index("subject_id")
    origin = pd.to_datetime(subjects["randomisation_date"])
    happened = pd.concat([first_dates(tables, name).reindex(origin.index) for name in events], axis=1).min(axis=1)
    death = first_dates(tables, "death").reindex(origin.index)
    known = last_alive(tables).reindex(origin.index)
    end = death.fillna(known)
    day = (happened.fillna(end) - origin).dt.days
    is_event = happened.notna() & (day <= last_day)
    return pd.DataFrame({"day": day.clip(upper=last_day), "event": is_event, "stratum": subjects["stratum"]})


def kaplan_meier(times: pd.DataFrame, day: int) -> float:
    """Survival at a day, by the product over the event days."""
    survival = 1.0
    for at in sorted(times.loc[times["event"] & (times["day"] <= day), "day"].unique()):
        n_events = (times["event"] & (times["day"] == at)).sum()
        survival *= 1 - n_events / (times["day"] >= at).sum()
    return survival


def logrank(times: pd.DataFrame, is_first: pd.Series, strata: pd.Series) -> float:
    """Chi-square of the log-rank test of two groups, stratified."""
    difference = variance = 0.0
    for stratum in strata.unique():
        own = times[strata == stratum]
        for at in sorted(own.loc[own["event"], "day"].unique()):
            at_risk = own["day"] >= at
            n, n_first = at_risk.sum(), (at_risk & is_first[own.index]).sum()
            now = own["event"] & (own["day"] == at)
            d, d_first = now.sum(), (now & is_first[own.index]).sum()
            difference += d_first - d * n_first / n
            if n > 1:
                variance += d * (n_first / n) * (1 - n_first / n) * (n - d) / (n - 1)
    return difference**2 / variance
