"""Values of a simulated trial by visit, as load and derive make them of the same patients' export.

Value of an analyte: severity at its lag, the patient's and the visit's deviation (``course``); written with the
parameter's decimals and limits of quantification; the record that stands for a visit by the study's rule; scores from
the records of a visit. Values after transplantation are there, and marked by the day.
"""

from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from hepatrial.derive.score_rows import find_score, list_codes, list_inputs
from hepatrial.derive.scores import compute_score
from hepatrial.simulate.course import BEFORE_ONSET_DAYS, RECOVERED, RISE_BEFORE_ONSET, TRANSPLANT_LAG_DAYS
from hepatrial.simulate.priors import KNOWN, PROPORTIONAL, SUPPORT, Prior, convert_value
from hepatrial.simulate.scenario import Disease
from hepatrial.simulate.trial import BoolArray, FloatArray, Trial, TrialPlan
from hepatrial.simulate.visits import Visits
from hepatrial.study import Parameter, Score, Study
from hepatrial.units import ANALYTES, convert

BASELINE: Final = "BL"


def compute_severity(disease: Disease, trial: Trial, day: FloatArray, lag_days: float) -> FloatArray:
    """``Course.severity_at`` of every patient (rows) at days of follow-up (columns)."""
    lag, severity, drift = lag_days * disease.pace, trial.severity[:, None], trial.drift[:, None]
    done = trial.transplant[:, None]
    native = severity + drift * (1 - np.exp(-np.maximum(np.fmin(day, done), 0.0) / lag))
    after = 1 - np.exp(-np.maximum(day - done, 0.0) / min(lag, TRANSPLANT_LAG_DAYS))
    after = np.where(day > done, after, 0.0)
    before = severity + RISE_BEFORE_ONSET * np.maximum(day, BEFORE_ONSET_DAYS)
    return np.where(day < 0, before, native + (RECOVERED - native) * after)


def compute_analyte(
    disease: Disease, code: str, trial: Trial, day: FloatArray, deviation: FloatArray, noise: FloatArray
) -> FloatArray:
    """``Course.value`` of every patient (rows) at days of follow-up (columns), in the simulator's unit."""
    prior = disease.priors[code]
    shift = prior.slope * compute_severity(disease, trial, day, prior.lag_days) + _regrow(prior, trial, day)
    shift = shift + prior.between * deviation[:, None] + prior.within * noise
    if not prior.is_log:
        return np.clip(prior.middle + shift, prior.low, prior.high)
    value = prior.middle * np.exp(shift)
    levelled: FloatArray = value / (1 + (value / prior.high) ** 4) ** 0.25
    return np.maximum(levelled, prior.low)


def _regrow(prior: Prior, trial: Trial, day: FloatArray) -> FloatArray | float:
    if not prior.regrowth:
        return 0.0
    wave = np.where(day > 0, day / 20 * np.exp(1 - day / 20), 0.0)
    removed = np.where(day > trial.transplant[:, None], 0.25, 1.0)
    return prior.regrowth * np.maximum(0.0, -trial.drift)[:, None] * wave * removed


class Values:
    """The values of one trial by visit; each parameter is worked out when it is first asked for."""

    def __init__(self, plan: TrialPlan, trial: Trial, seen: Visits) -> None:
        self._plan, self._trial, self._seen = plan, trial, seen
        self._known: dict[str, FloatArray] = {}

    @cached_property
    def standing(self) -> tuple[np.ndarray[Any, np.dtype[np.int64]], BoolArray]:
        """For each patient and visit the place of the visit whose record stands for it, and whether there is one."""
        return find_standing(self._plan.study, self._seen)

    @cached_property
    def day(self) -> FloatArray:
        """Day of the record that stands for each visit; NaN without one."""
        return self._pick(self._seen.day)

    @property
    def is_native(self) -> BoolArray:
        """Whether the record of a visit is from before a transplantation."""
        done = self._trial.transplant[:, None]
        return ~(self.day >= done)

    def at(self, code: str, visit: str) -> FloatArray:
        """Value of a parameter or score that stands for a visit, transplanted or not; NaN without one."""
        codes = [item.code for item in self._seen.visits]
        found: FloatArray = self._of(code)[:, codes.index(visit)]
        return found

    def native(self, code: str, visit: str) -> FloatArray:
        """The same on the native liver alone."""
        place = [item.code for item in self._seen.visits].index(visit)
        return np.where(self.is_native[:, place], self._of(code)[:, place], np.nan)

    def long(self, code: str, visits: tuple[str, ...]) -> pd.DataFrame:
        """A row a patient and visit with a value on the native liver: what a model of repeated measures is fitted to.

        USUBJID, ARM, STRATUM, AVISIT, AVAL and BASE.
        """
        base, names = self.native(code, BASELINE), self._trial.names
        parts = []
        for visit in visits:
            value = self.native(code, visit)
            keep = np.flatnonzero(~np.isnan(value))
            own = {"USUBJID": names[keep], "ARM": self._trial.arm[keep], "STRATUM": self._trial.stratum[keep]}
            parts.append(pd.DataFrame(own | {"AVISIT": visit, "AVAL": value[keep], "BASE": base[keep]}))
        return pd.concat(parts, ignore_index=True)

    def _of(self, code: str) -> FloatArray:
        if code not in self._known:
            score = next((item for item in self._plan.study.scores if item.code == code), None)
            self._known[code] = self._parameter(code) if score is None else self._score(score)
        return self._known[code]

    def _pick(self, value: FloatArray) -> FloatArray:
        """Values of the visits on their own days as those that stand for each visit."""
        place, is_there = self.standing
        return np.where(is_there, np.take_along_axis(value, place, axis=1), np.nan)

    def _parameter(self, code: str) -> FloatArray:
        item = self._plan.study.parameter(code)
        assert isinstance(item, Parameter)  # the plan was checked
        return self._pick(write_values(item, self._convert(item, self._raw(code))))

    def _convert(self, item: Parameter, value: FloatArray) -> FloatArray:
        return value * convert_value(item.code, 1.0, item.unit)

    def _raw(self, code: str) -> FloatArray:
        if code in SUPPORT:
            base, sign, limit = SUPPORT[code]
            shown = self._raw(base)
            return np.where(np.isnan(shown), np.nan, shown < limit if sign == "<" else shown > limit)
        if code in PROPORTIONAL:
            base, factor = PROPORTIONAL[code]
            return factor * self._raw(base)
        seen, disease = self._seen, self._plan.scenario.disease
        return compute_analyte(disease, code, self._trial, seen.day, seen.deviation[code], seen.noise[code])

    def _score(self, score: Score) -> FloatArray:
        code, shape = find_score(score), self.day.shape
        inputs: dict[str, object] = {}
        for item in list_inputs(code):
            if item.code == "AGE":
                inputs["AGE"] = np.repeat(self._seen.age, shape[1])
            elif item.code == "SEX":
                inputs["SEX"] = np.repeat(np.where(self._seen.is_male, "M", "F"), shape[1])
            for name in list_codes(item):
                if isinstance(self._plan.study.parameter(name), Parameter):
                    inputs[name] = self._input(name, item.unit)
        found = np.asarray(compute_score(code, inputs, variant=score.variant).value, dtype=float).reshape(shape)
        return np.where(np.isnan(self.day), np.nan, found)

    def _input(self, name: str, unit: str) -> FloatArray:
        own = getattr(self._plan.study.parameter(name), "unit", "")
        value = self._of(name).ravel()
        return convert(value, name, own, unit) if name in ANALYTES and unit and own != unit else value


def write_values(item: Parameter, value: FloatArray) -> FloatArray:
    """Values as they come back from an export: rounded, a grade, or what stands for one beyond a limit."""
    if item.codes:
        return np.clip(np.rint(value), 0, len(item.codes) - 1)
    written = np.round(value, item.decimals)
    if item.lower_limit is not None:
        low = item.lower_limit / 2 if item.below_limit == "half" else item.lower_limit
        written = np.where(value < item.lower_limit, low, written)
    if item.upper_limit is not None:
        written = np.where(value > item.upper_limit, item.upper_limit, written)
    return written


def find_standing(study: Study, seen: Visits) -> tuple[np.ndarray[Any, np.dtype[np.int64]], BoolArray]:
    """Which of a patient's visits stands for each visit: that whose day is in the window and nearest to the target.

    The baseline is the record of the day of the origin. Of two equally near the earlier or later, as the study says.
    """
    sign = 1.0 if study.visit_rule.tie == "earlier" else -1.0
    places, known = [], []
    for column, visit in enumerate(seen.visits):
        if visit.day <= 0:
            is_in = np.zeros_like(seen.is_missed)
            is_in[:, column] = ~np.isnan(seen.day[:, column])
        else:
            is_in = (seen.day > 0) & (seen.day >= visit.window[0]) & (seen.day <= visit.window[1])
        distance = np.abs(seen.day - visit.day) + 0.25 * (sign * (seen.day - visit.day) > 0)
        distance = np.where(is_in, distance, np.inf)
        places.append(distance.argmin(axis=1))
        known.append(is_in.any(axis=1))
    return np.array(places).T, np.array(known).T


def has_prior(code: str) -> bool:
    """Whether replicates can draw a parameter."""
    return code in KNOWN or code in SUPPORT
