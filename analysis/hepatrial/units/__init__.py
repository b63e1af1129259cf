"""Analytes, units and the factors between units.

A unit is canonical ASCII text (``umol/L``, ``10^9/L``). :func:`normalise_unit` reads what laboratories write,
:func:`convert` changes numbers, and refuses where no factor exists: prothrombin activity (PTA, %) is never
turned into INR, and AFP changes between IU and ng only with the laboratory's own factor.
"""

from hepatrial.units.analytes import Analyte, Factor, Limits
from hepatrial.units.conversion import convert, convert_limits
from hepatrial.units.table import ANALYTES, find_analyte, get_analyte
from hepatrial.units.text import UNIT_SYNONYMS, UNITS, Unit, normalise_unit

__all__ = [
    "ANALYTES",
    "UNITS",
    "UNIT_SYNONYMS",
    "Analyte",
    "Factor",
    "Limits",
    "Unit",
    "convert",
    "convert_limits",
    "find_analyte",
    "get_analyte",
    "normalise_unit",
]
