"""Planned analyses to result rows: each analysis of the study file calls estimate once per group."""

from hepatrial.analyse.headline import measure_survival
from hepatrial.analyse.headline_visits import measure_composite, measure_mmrm, measure_proportion
from hepatrial.analyse.study import analyse_study

__all__ = ["analyse_study", "measure_composite", "measure_mmrm", "measure_proportion", "measure_survival"]
