"""Figures: result rows and analysis data in, matplotlib drawing out; no pyplot, no fitting."""

from hepatrial.render.figures.consort import draw_consort
from hepatrial.render.figures.cumulative_incidence import draw_cumulative_incidence
from hepatrial.render.figures.diagnostics import draw_covariance, draw_diagnostics
from hepatrial.render.figures.edish import draw_edish
from hepatrial.render.figures.event_dots import draw_event_dots
from hepatrial.render.figures.event_timeline import draw_event_timeline
from hepatrial.render.figures.forest import draw_forest
from hepatrial.render.figures.heat_map import draw_heat_map
from hepatrial.render.figures.kaplan_meier import draw_kaplan_meier
from hepatrial.render.figures.lab_panels import draw_lab_panels
from hepatrial.render.figures.missing import draw_missingness, draw_tipping_point
from hepatrial.render.figures.profile import draw_patient_profile, draw_profile, find_profiles
from hepatrial.render.figures.sequential import draw_sequential_boundary, draw_spending
from hepatrial.render.figures.state_bars import draw_state_bars
from hepatrial.render.figures.stopping import draw_stopping_boundary
from hepatrial.render.figures.style import mark_view
from hepatrial.render.figures.swimmer import draw_swimmer
from hepatrial.render.figures.trajectory import draw_spaghetti, draw_trajectory
from hepatrial.render.figures.waterfall import draw_waterfall

__all__ = [
    "draw_consort",
    "draw_covariance",
    "draw_cumulative_incidence",
    "draw_diagnostics",
    "draw_edish",
    "draw_event_dots",
    "draw_event_timeline",
    "draw_forest",
    "draw_heat_map",
    "draw_kaplan_meier",
    "draw_lab_panels",
    "draw_missingness",
    "draw_patient_profile",
    "draw_profile",
    "draw_sequential_boundary",
    "draw_spaghetti",
    "draw_spending",
    "draw_state_bars",
    "draw_stopping_boundary",
    "draw_swimmer",
    "draw_tipping_point",
    "draw_trajectory",
    "draw_waterfall",
    "find_profiles",
    "mark_view",
]
