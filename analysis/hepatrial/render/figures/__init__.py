"""Figures: result rows and analysis data in, matplotlib drawing out; no pyplot, no fitting."""

from hepatrial.render.figures.consort import draw_consort
from hepatrial.render.figures.cumulative_incidence import draw_cumulative_incidence
from hepatrial.render.figures.kaplan_meier import draw_kaplan_meier
from hepatrial.render.figures.stopping import draw_stopping_boundary
from hepatrial.render.figures.swimmer import draw_swimmer
from hepatrial.render.figures.trajectory import draw_trajectory

__all__ = [
    "draw_consort",
    "draw_cumulative_incidence",
    "draw_kaplan_meier",
    "draw_stopping_boundary",
    "draw_swimmer",
    "draw_trajectory",
]
