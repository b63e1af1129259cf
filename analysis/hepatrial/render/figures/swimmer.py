"""Swimmer plot: one bar a patient from the origin to the end of follow-up, with sessions and outcomes on it."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hepatrial.render.context import Context
from hepatrial.render.figures.captions import make_record_figure
from hepatrial.render.figures.style import (
    INK,
    VERMILION,
    Frame,
    arm_style,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    pick_ticks,
    room_below,
)
from hepatrial.render.objects import Figure

SHADES = (0.75, 0.28, 0.5)
NAMED = 60  # more patients than this get no name on the axis
MARKS: dict[str, dict[str, Any]] = {
    "Session": {"marker": "v", "mfc": INK, "ms": 4.0},
    "Transplantation": {"marker": "D", "mfc": "white", "ms": 5.0},
    "Death": {"marker": "X", "mfc": VERMILION, "ms": 6.0},
    "Withdrawal": {"marker": "s", "mfc": "white", "ms": 4.6},
    "Ongoing": {"marker": ">", "mfc": "white", "ms": 5.0},
}


def draw_swimmer(context: Context) -> list[Figure]:
    """One figure of everybody in the population who reached the origin."""
    patients = _patients(context)
    height = float(np.clip(0.26 * len(patients) + 0.2, 1.0, 8.0))
    pitch = height / max(len(patients), 1)
    with figure_style():
        frame = new_frame(height, below=room_below(0))
        shown = _draw_bars(context, patients, frame, min(1.0, pitch / 0.14))
        _dress_axes(context, patients, frame)
        legend_above(frame, _handles(context, shown))
        mark_simulated(frame, context.data.simulated)
    notes = [
        "Bars: follow-up from the origin to death, withdrawal or the last contact. Patients in order of follow-up."
    ]
    rows = _drawn_rows(context, patients)
    return [make_record_figure(context, frame.drawing, rows, "ADEX, ADSL", _describe(patients), notes)]


def _patients(context: Context) -> pd.DataFrame:
    """Patients with their days of everything, the longest follow-up last (drawn at the top)."""
    adsl = context.subjects(context.population)
    adsl = adsl[adsl["ORIGDT"].notna()]
    as_of = pd.Timestamp(context.data.as_of)
    end = adsl["DTHDT"].fillna(adsl["EOSDT"]).fillna(adsl["WDRDT"]).fillna(adsl["LSTALVDT"]).fillna(as_of)
    days = {"end": end, "Death": adsl["DTHDT"], "Transplantation": adsl["LTDT"], "Withdrawal": adsl["WDRDT"]}
    out = adsl[["USUBJID", "SUBJID", "TRT01P", "EOSSTT", "ORIGDT"]].copy()
    for name, date in days.items():
        out[name] = (date - adsl["ORIGDT"]).dt.days.astype(float)
    out["Ongoing"] = out["end"].where((out["EOSSTT"] == "ONGOING") & out["Death"].isna())
    return out.sort_values(["end", "USUBJID"], kind="stable", ignore_index=True)


def _drawn_rows(context: Context, patients: pd.DataFrame) -> pd.DataFrame:
    """One row a bar's end and a mark: patient, what it is, follow-up day. The arm is in ADSL."""
    marks = ["end", *(name for name in MARKS if name != "Session")]
    long = patients.melt("USUBJID", marks, "EVENT", "AFUDY").dropna(subset="AFUDY")
    sessions = _sessions(context, patients).rename(columns={"day": "AFUDY"})
    of = patients.loc[sessions["place"], ["USUBJID"]].reset_index(drop=True)
    sessions = of.assign(EVENT="Session", AFUDY=sessions["AFUDY"].to_numpy())
    rows = pd.concat([long.replace({"EVENT": {"end": "End of follow-up"}}), sessions], ignore_index=True)
    return rows.sort_values(["USUBJID", "AFUDY", "EVENT"], kind="stable", ignore_index=True)


def _draw_bars(context: Context, patients: pd.DataFrame, frame: Frame, scale: float) -> list[str]:
    arms = {arm.code: arm_style(place).colour for place, arm in enumerate(context.study.design.arms)}
    shades = {arm.code: _shade(context, place) for place, arm in enumerate(context.study.design.arms)}
    colours = [(arms.get(code, arm_style(0).colour), shades.get(code, SHADES[-1])) for code in patients["TRT01P"]]
    frame.axes.barh(patients.index, patients["end"], height=0.62, color=colours, lw=0)
    points = {name: patients[name] for name in MARKS if name != "Session"}
    shown = []
    sessions = _sessions(context, patients)
    if len(sessions):
        _mark(frame, "Session", sessions["day"], sessions["place"], scale)
        shown.append("Session")
    for name, days in points.items():
        if days.notna().any():
            offset = 0.012 * patients["end"].max() if name == "Ongoing" else 0.0
            _mark(frame, name, days[days.notna()] + offset, days[days.notna()].index, scale)
            shown.append(name)
    return shown


def _shade(context: Context, place: int) -> float:
    """How strong the bar of an arm is, so that the arms differ in grey too."""
    return SHADES[place % len(SHADES)] if len(context.study.design.arms) > 1 else SHADES[-1]


def _mark(frame: Frame, name: str, days: Any, places: Any, scale: float) -> None:
    style = MARKS[name] | {"ms": max(MARKS[name]["ms"] * scale, 1.2), "mew": max(0.9 * scale, 0.3)}
    frame.axes.plot(days, places, ls="", mec=INK, clip_on=False, zorder=4, **style)


def _sessions(context: Context, patients: pd.DataFrame) -> pd.DataFrame:
    places = pd.Series(patients.index, index=patients["USUBJID"])
    adex = context.data.datasets["ADEX"]
    adex = adex[adex["USUBJID"].isin(places.index) & adex["ASTDT"].notna()]
    origins = patients.set_index("USUBJID")["ORIGDT"]
    day = (adex["ASTDT"] - adex["USUBJID"].map(origins)).dt.days.astype(float)
    return pd.DataFrame({"day": day, "place": adex["USUBJID"].map(places)})


def _dress_axes(context: Context, patients: pd.DataFrame, frame: Frame) -> None:
    axes = frame.axes
    end = float(np.nanmax([*patients["end"], context.study.time.study_end_day]))
    ticks = pick_ticks(
        [0.0, *(float(visit.day) for visit in context.study.visits if visit.day >= 0)], 0, end, frame.x_inches
    )
    axes.set_xlim(-0.012 * end, end * 1.015)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_ylim(-0.7, len(patients) - 0.3)
    axes.set_xlabel(f"Days since {context.origin}")
    if len(patients) <= NAMED:
        size = float(np.clip(0.55 * 72 * frame.box[3] / max(len(patients), 1), 4.5, 8.0))
        axes.set_yticks(patients.index, [_short(name) for name in patients["SUBJID"]], fontsize=size)
        axes.tick_params(axis="y", length=0)
    else:
        axes.set_yticks([])
        axes.set_ylabel(f"{len(patients)} patients")


def _short(name: object, longest: int = 16) -> str:
    text = str(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _handles(context: Context, shown: list[str]) -> list[Any]:
    arms = context.study.design.arms
    bars = [
        Patch(color=arm_style(place).colour, alpha=_shade(context, place), lw=0, label=arm.label)
        for place, arm in enumerate(arms)
    ]
    words = {"Session": context.treatment_word.capitalize()}
    marks = [Line2D([], [], ls="", mec=INK, mew=0.9, label=words.get(name, name), **MARKS[name]) for name in shown]
    return [*(bars if len(arms) > 1 else []), *marks]


def _describe(patients: pd.DataFrame) -> str:
    deaths, transplants = int(patients["Death"].notna().sum()), int(patients["Transplantation"].notna().sum())
    return f"Follow-up of {len(patients)} patients as bars: {deaths} died, {transplants} were transplanted."
