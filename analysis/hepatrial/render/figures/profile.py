"""Patient profile: one page a patient with sessions and outcome, scores and laboratory values, and adverse events.

All panels share the axis of days. Nothing is computed: the page shows records.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hepatrial.render.context import Context, parameter_label
from hepatrial.render.figures.captions import make_patient_figure
from hepatrial.render.figures.course import parameters_of
from hepatrial.render.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    VERMILION,
    WIDTH,
    Frame,
    figure_style,
    legend_above,
    mark_simulated,
    new_frame,
    pick_ticks,
    scale_panel,
)
from hepatrial.render.objects import Figure

MOST_PANELS, MOST_EVENTS, MOST_PATIENTS = 8, 22, 40
ACROSS, PANEL, PANEL_GAP, COURSE, EVENT = 2, 0.95, 0.42, 0.5, 0.19
COLUMN_GAP = 0.75
GRADES = {1: "#d9e8f2", 2: "#a6c8de", 3: "#e7a35a", 4: "#c2571a", 5: "#3b1212"}
MARKS: dict[str, dict[str, Any]] = {
    "Session": {"marker": "v", "mfc": INK, "ms": 4.5},
    "Transplantation": {"marker": "D", "mfc": "white", "ms": 5.5},
    "Death": {"marker": "X", "mfc": VERMILION, "ms": 7.0},
    "Last known alive": {"marker": "|", "mfc": INK, "ms": 9.0},
}


@dataclass(frozen=True, eq=False)
class Profile:
    """One patient's rows, with days since the origin."""

    context: Context
    subject: Any
    values: pd.DataFrame
    events: pd.DataFrame
    items: list[Any]
    n_left_out: int
    """Patients without a page of their own."""

    def day(self, date: Any) -> float:
        """Days since the origin; NaN for no date."""
        return float((date - self.subject.ORIGDT).days) if pd.notna(date) else float("nan")

    @property
    def end(self) -> float:
        """Last day of the axis: of the protocol, or of this patient where follow-up went on."""
        return float(np.nanmax([self.context.study.time.study_end_day, self.last_day]))

    @property
    def last_day(self) -> float:
        """Death, else the last day known alive."""
        days = [self.day(self.subject.DTHDT), self.day(self.subject.LSTALVDT), 0.0]
        return days[0] if np.isfinite(days[0]) else float(np.nanmax(days))


def draw_patient_profile(context: Context) -> list[Figure]:
    """One figure a patient that ``find_profiles`` gives."""
    return [draw_profile(patient) for patient in find_profiles(context)]


def find_profiles(context: Context) -> list[Profile]:
    """Each patient of the population who reached the origin, in the order of their names.

    Of more than MOST_PATIENTS these: who died soonest, then who was transplanted soonest, then the first by name.
    """
    items = parameters_of(context, context.analyses_of("by visit"))[:MOST_PANELS]
    subjects = context.subjects(context.population)
    subjects = subjects[subjects["ORIGDT"].notna()].sort_values("SUBJID", kind="stable")
    left_out = max(len(subjects) - MOST_PATIENTS, 0)
    subjects = _gravest(subjects).sort_values("SUBJID", kind="stable") if left_out else subjects
    adlb, adae = context.data.datasets["ADLB"], context.data.datasets["ADAE"]
    adlb = adlb[adlb["PARAMCD"].isin([item.code for item in items]) & adlb["AVAL"].notna() & adlb["AFUDY"].notna()]
    values, events = dict(tuple(adlb.groupby("USUBJID"))), dict(tuple(adae.groupby("USUBJID")))
    return [
        Profile(
            context, SimpleNamespace(**subject), values.get(subject["USUBJID"], adlb.iloc[:0]),
            events.get(subject["USUBJID"], adae.iloc[:0]), items, left_out,
        )
        for subject in subjects.to_dict("records")
    ]  # fmt: skip


def _gravest(subjects: pd.DataFrame) -> pd.DataFrame:
    """MOST_PATIENTS of them: by days to death, then by days to transplantation, then by name."""
    days = {name: subjects[name] - subjects["ORIGDT"] for name in ("DTHDT", "LTDT")}
    ordered = subjects.assign(**{f"days {name}": value for name, value in days.items()})
    return ordered.sort_values([*(f"days {name}" for name in days), "SUBJID"], kind="stable").head(MOST_PATIENTS)


def draw_profile(patient: Profile) -> Figure:
    """The page of one patient."""
    context = patient.context
    shown = [item for item in patient.items if (patient.values["PARAMCD"] == item.code).any()]
    events = _shown_events(patient)
    lines = -(-len(shown) // ACROSS)
    heights = (COURSE, lines * (PANEL + PANEL_GAP), max(len(events), 1) * EVENT + 0.1)
    with figure_style():
        frame = new_frame(sum(heights) + 0.45, below=0.5, left=0.75, right=0.2)
        frame.axes.set_axis_off()
        legend_above(frame, _handles(patient, events))
        top = frame.box[1] + frame.box[3]
        _draw_course(patient, _place(frame, 0.75, top - COURSE, WIDTH - 0.95, COURSE))
        wide = (WIDTH - 0.95 - COLUMN_GAP) / ACROSS
        for place, item in enumerate(shown):
            row, column = divmod(place, ACROSS)
            bottom = top - COURSE - (row + 1) * (PANEL + PANEL_GAP)
            axes = _place(frame, 0.75 + column * (wide + COLUMN_GAP), bottom, wide, PANEL)
            _draw_values(patient, item, axes)
        _draw_events(patient, events, _place(frame, 0.75, frame.box[1], WIDTH - 0.95, heights[2]))
        mark_simulated(frame, context.data.simulated)
    notes = [
        "Grey points: after transplantation. Open points: beyond a limit of quantification. Band: reference range."
    ]
    left_out = len(patient.events) - len(events)
    notes += [f"{left_out} further adverse events are in the listing."] if left_out else []
    if patient.n_left_out:
        notes.append(
            f"Profiles of {MOST_PATIENTS} patients: by days to death, then to transplantation, then by name; "
            f"{patient.n_left_out} more are in the listings."
        )
    notes += ["Events: grade in the bar; * serious; > ongoing or end not known."] if len(events) else []
    alt = f"Profile of one patient: {len(shown)} parameters and {len(events)} adverse events over {patient.end:g} days."
    part = str(patient.subject.SUBJID)
    return make_patient_figure(context, frame.drawing, patient.values, alt, notes, part)


def _place(frame: Frame, left: float, bottom: float, width: float, height: float) -> Axes:
    total = float(frame.drawing.get_size_inches()[1])
    return frame.drawing.add_axes((left / WIDTH, bottom / total, width / WIDTH, height / total))


def _draw_course(patient: Profile, axes: Axes) -> None:
    """Follow-up as a bar, with sessions and outcome on it."""
    axes.barh([0], [patient.last_day], height=0.5, color=BLUE, alpha=0.3, lw=0)
    for name, days in _course(patient).items():
        style = MARKS[name]
        axes.plot(days, [0.0] * len(days), ls="", mec=INK, mew=0.9, clip_on=False, zorder=4, **style)
    axes.set_ylim(-0.5, 0.5)
    axes.set_yticks([0], ["Course"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    _share_days(patient, axes, WIDTH - 0.95, is_labelled=True)


def _course(patient: Profile) -> dict[str, list[float]]:
    adex = patient.context.data.datasets["ADEX"]
    sessions = adex[(adex["USUBJID"] == patient.subject.USUBJID) & adex["ASTDT"].notna()]
    found = {
        "Session": [patient.day(date) for date in sessions["ASTDT"]],
        "Transplantation": [patient.day(patient.subject.LTDT)],
        "Death": [patient.day(patient.subject.DTHDT)],
    }
    if not np.isfinite(found["Death"][0]):
        found["Last known alive"] = [patient.last_day]
    return {name: days for name, days in found.items() if days and np.isfinite(days).all()}


def _share_days(patient: Profile, axes: Axes, inches: float, *, is_labelled: bool = True) -> None:
    first = float(patient.values["AFUDY"].min()) if len(patient.values) else 0.0
    low = min(first, 0.0) - 0.02 * patient.end
    axes.set_xlim(low, patient.end * 1.02)
    days = [0.0, *(float(visit.day) for visit in patient.context.study.visits if 0 < visit.day <= patient.end)]
    ticks = pick_ticks(days, low, patient.end, inches, gap=0.3)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks] if is_labelled else [""] * len(ticks), fontsize=7)
    axes.tick_params(axis="x", length=2, pad=2)


def _draw_values(patient: Profile, item: Any, axes: Axes) -> None:
    own = patient.values[patient.values["PARAMCD"] == item.code].sort_values("AFUDY", kind="stable")
    ranges = own[["ANRLO", "ANRHI"]].dropna()
    if len(ranges):
        low, high = ranges.iloc[-1]
        axes.axhspan(low, high, color=GREEN, alpha=0.12, lw=0, zorder=0)
    is_native, is_beyond = own["AFTLTFL"] != "Y", own["ACENS"].isin(["L", "R"])
    native = own[is_native]
    axes.plot(native["AFUDY"], native["AVAL"], color=BLUE, lw=1.1, zorder=2)
    for rows, fill, edge in (
        (own[is_native & ~is_beyond], BLUE, BLUE),
        (own[is_native & is_beyond], "white", BLUE),
        (own[~is_native], GREY, GREY),
    ):
        axes.plot(rows["AFUDY"], rows["AVAL"], ls="", marker="o", ms=3, mfc=fill, mec=edge, mew=0.7, zorder=3)
    scale_panel(axes, own["AVAL"], is_log=item.scale == "log")
    axes.tick_params(axis="y", labelsize=7, pad=2)
    axes.set_title(parameter_label(item), fontsize=8, loc="left", pad=3)
    _share_days(patient, axes, (WIDTH - 0.95 - COLUMN_GAP) / ACROSS)


def _shown_events(patient: Profile) -> pd.DataFrame:
    """Events with a day, by start; where there are too many, the gravest."""
    events = patient.events[patient.events["ASTDT"].notna()]
    if len(events) > MOST_EVENTS:
        events = events.sort_values("AETOXGR", ascending=False, kind="stable").head(MOST_EVENTS)
    return events.sort_values(["ASTDT", "AESEQ"], kind="stable")


def _draw_events(patient: Profile, events: pd.DataFrame, axes: Axes) -> None:
    _share_days(patient, axes, WIDTH - 0.95)
    axes.set_xlabel(f"Days since {patient.context.origin}")
    axes.set_title("Adverse events", fontsize=8, loc="left", pad=3)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(max(len(events), 1) - 0.4, -0.6)
    if events.empty:
        axes.text(0.0, 0.5, "No adverse event", transform=axes.transAxes, va="center", fontsize=8, color=GREY)
    for place, event in enumerate(events.itertuples()):
        _draw_event(patient, event, place, axes)


def _draw_event(patient: Profile, event: Any, place: int, axes: Axes) -> None:
    start, low = patient.day(event.ASTDT), axes.get_xlim()[0]
    is_open = pd.isna(event.AENDT)
    stop = patient.last_day if is_open else patient.day(event.AENDT)
    shown_start, least = max(start, low), 0.012 * patient.end
    width = max(stop - shown_start, least)
    grade = int(event.AETOXGR) if pd.notna(event.AETOXGR) else 0
    axes.barh([place], [width], left=[shown_start], height=0.66, color=GRADES.get(grade, "white"), lw=0.4,
              edgecolor=GREY)  # fmt: skip
    name = f"{event.AEDECOD or event.AETERM}{' *' if event.AESER == 'Y' else ''}{' >' if is_open else ''}"
    label = f"{grade or '–'}  {_shorten(name)}"
    is_late = shown_start > 0.6 * patient.end
    x, side = (shown_start - 0.4 * least, "right") if is_late else (shown_start + width + 0.4 * least, "left")
    if not is_late and x > 0.62 * patient.end:
        x = shown_start + 0.3 * least
    colour = "white" if grade in (4, 5) and x < shown_start + width and not is_late else INK
    axes.text(x, place, label, ha=side, va="center", fontsize=7, color=colour, clip_on=True)


def _shorten(text: str, longest: int = 46) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _handles(patient: Profile, events: pd.DataFrame) -> list[Any]:
    course = [name for name in MARKS if name in _course(patient)]
    marks = [Line2D([], [], ls="", mec=INK, mew=0.9, label=name, **MARKS[name]) for name in course]
    present = sorted({int(grade) for grade in events["AETOXGR"].dropna()})
    return [
        *marks,
        *(Patch(facecolor=GRADES[grade], edgecolor=GREY, lw=0.4, label=f"Grade {grade}") for grade in present),
    ]
