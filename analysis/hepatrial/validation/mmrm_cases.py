"""Mixed models for repeated measures against R mmrm and SAS PROC MIXED, on mmrm's example data (Apache licence).

Estimates are compared in standard errors, standard errors and df relatively, p-values absolutely; the likelihood of
SAS, which stops at a relative change of 1e-8, on its own scale.
"""

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import pandas as pd

from hepatrial.errors import HepatrialError
from hepatrial.estimate import MmrmFit, compare_means, compare_terms, estimate_means, fit_mmrm
from hepatrial.validation.outcome import CaseOutcome
from hepatrial.validation.pack import SHIPPED

SANDWICH = {"-empirical": "CR0", "-empirical-jackknife": "CR3", "-empirical-bias-reduced": "CR2"}
R_SOURCE = "mmrm 0.3.18 and emmeans 1.8.4 on R 4.2.2"
ROWS = (("std_error", "se"), ("df", "df"))
TOLERANCE = 1e-5


class MmrmPack:
    """Specifications, their data and what R and SAS gave, from a folder; a model is fitted once."""

    def __init__(self, folder: Traversable = SHIPPED / "mmrm", name: str = "expected.json.gz") -> None:
        self.folder = folder
        self.content: dict[str, Any] = json.loads(gzip.decompress((folder / name).read_bytes()))
        self.specs: dict[str, Any] = self.content["specs"]
        self.fit = cache(self._fit)
        self.read_data = cache(self._read_data)

    def _read_data(self, name: str) -> Any:
        data = pd.read_csv(io.BytesIO(gzip.decompress((self.folder / f"{name}.csv.gz").read_bytes())))
        for column, levels in self.content["factors"][name].items():
            data[column] = pd.Categorical(data[column], categories=levels)
        return data

    def _fit(self, name: str, method: str) -> MmrmFit:
        """``method`` is the df method as mmrm's tables name it, with the sandwich behind it if there is one."""
        spec = self.specs[name]["spec"]
        df, dash, robust = method.partition("-empirical")
        coords = spec.get("coordinates", [])
        return fit_mmrm(
            spec["fixed"], self.read_data(spec["data"]), subject=spec["subject"], visit=spec.get("visit"),
            covariance=spec["covariance"], covariance_group=spec.get("group"), weights=spec.get("weights"),
            coords=[coords] if isinstance(coords, str) else coords, reml=spec["reml"], df=df,
            sandwich=SANDWICH[dash + robust] if dash else None,
        )  # fmt: skip


def compare_mmrm(pack: MmrmPack | None = None) -> Iterator[CaseOutcome]:
    """A row for each df method, one for R's likelihoods, one for SAS's."""
    pack = pack or MmrmPack()
    for method in sorted({method for spec in pack.specs.values() for method in spec["inference"]}):
        names = [name for name, spec in pack.specs.items() if method in spec["inference"]]
        found = {name: _attempt(lambda n=name, m=method: _inference_gaps(pack, n, m)) for name in names}
        title = f"MMRM, {method}: coefficients, joint tests, least-squares means and differences"
        reason = "both searches stop when the gradient is below 1e-6"
        yield _describe(f"mmrm.{method}", title, R_SOURCE, found, (TOLERANCE, reason))
    found = {name: _attempt(lambda n=name: _likelihood_gaps(pack, n)) for name in pack.specs}
    yield _describe("mmrm.likelihood", "MMRM, likelihood of every covariance structure", R_SOURCE, found,
                    (1e-6, "absolute, in units of the log likelihood"))  # fmt: skip
    found = {name: _attempt(lambda n=name: _sas_gaps(pack, n)) for name, spec in pack.specs.items() if spec["sas"]}
    yield _describe("mmrm.sas", "MMRM, -2 log likelihood", "SAS 9.4 PROC MIXED, listings of the mmrm repository", found,
                    (2e-5, "absolute; SAS stops at a relative change of 1e-8 in the likelihood"))  # fmt: skip


def _attempt(gaps: Any) -> Any:
    try:
        return np.concatenate([np.ravel(np.asarray(part, float)) for part in gaps()])
    except (HepatrialError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def _describe(id_: str, method: str, source: str, found: Mapping[str, Any], allowed: tuple[float, str]) -> CaseOutcome:
    tolerance, reason = allowed
    numbers = [gaps for gaps in found.values() if not isinstance(gaps, str)]
    faults = [f"{name}: {gaps}" for name, gaps in found.items() if isinstance(gaps, str)]
    # a number that is missing on one side only is a deviation without bound
    worst = [float(np.nan_to_num(gaps, nan=np.inf).max(initial=0.0)) for gaps in numbers] + [np.inf] * len(faults)
    deviation = max(worst, default=np.inf)
    return CaseOutcome(
        id=id_, method=method, source=source, n_cases=len(found), n_numbers=sum(gaps.size for gaps in numbers),
        deviation=deviation, tolerance=tolerance, reason=reason, passed=bool(deviation <= tolerance),
        message="; ".join(faults),
    )  # fmt: skip


def _inference_gaps(pack: MmrmPack, name: str, method: str) -> Iterator[Any]:
    expected, fit, by = pack.specs[name]["inference"][method], pack.fit(name, method), pack.specs[name]["spec"]
    yield from _table_gaps(fit.coefficients, expected["coefficients"])
    if expected["terms"]:
        got, theirs = compare_terms(fit), pd.DataFrame(expected["terms"])
        yield np.abs(got["p_value"].to_numpy(float) - theirs["p"].to_numpy(float))
        for mine, other in (("num_df", "num_df"), ("denom_df", "denom_df"), ("statistic", "f")):
            yield np.abs(got[mine].to_numpy(float) / theirs[other].to_numpy(float) - 1)
    if by := by.get("lsmeans"):
        within = [by["visit"]] if "visit" in by else []
        yield from _table_gaps(estimate_means(fit, [*within, by["arm"]]).table, expected["lsmeans"]["means"])
        differences = compare_means(fit, within, contrast=by["arm"]).table
        yield from _table_gaps(differences, expected["lsmeans"]["arm_differences"])


def _table_gaps(got: Any, rows: Any) -> Iterator[Any]:
    theirs = pd.DataFrame(rows)
    if len(got) != len(theirs):
        raise ValueError(f"{len(got)} rows for {len(theirs)}")
    yield np.abs(got["estimate"].to_numpy() - theirs["estimate"]) / theirs["se"]
    for mine, other in ROWS:
        yield np.abs(got[mine].to_numpy() / theirs[other].to_numpy() - 1)
    yield np.abs(got["p_value"].to_numpy() - theirs["p"].to_numpy(dtype=float))


def _likelihood_gaps(pack: MmrmPack, name: str) -> Iterator[Any]:
    spec = pack.specs[name]
    yield abs(pack.fit(name, next(iter(spec["inference"]))).log_likelihood - spec["fit"]["logLik"])


def _sas_gaps(pack: MmrmPack, name: str) -> Iterator[Any]:
    spec = pack.specs[name]
    ours = -2 * pack.fit(name, next(iter(spec["inference"]))).log_likelihood
    yield [abs(ours - sas["neg2ll"]) for sas in spec["sas"]]
