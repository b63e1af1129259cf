"""Errors of every room.

::

    HepatrialError
    ├── StudyError        study.toml, data.toml or a template is wrong           exit 2
    ├── UnitError         an unknown unit or analyte, or no factor between units  exit 2
    ├── LoadError         a file cannot be read                                  exit 2
    ├── FindingsError     findings at or above the study's limit                 exit 1
    ├── DeriveError       the derivation cannot be done as the study asks        exit 2
    ├── EstimateError     an estimator was called with impossible input          exit 2
    ├── ResultsError      the results table breaks its contract                  exit 2
    ├── RenderError       a table or figure cannot be drawn from its rows        exit 2
    ├── ReportError       the report cannot be written where asked               exit 2
    ├── DeviationError    a method does not give its reference numbers           exit 1
    ├── SimulateError     the study asks for what the simulator has no prior for exit 2
    └── ContractError     what crosses between rooms breaks its column list      exit 2

A message says what is wrong, where, the value seen, what is allowed and what to do.
"""

from collections.abc import Sequence


class HepatrialError(Exception):
    """Root of every error that hepatrial raises on purpose."""

    exit_code = 2


class StudyError(HepatrialError):
    """A study or data definition is wrong; ``faults`` lists every fault with its path in the file."""

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__("\n".join([message, *(f"  {fault}" for fault in faults)]))
        self.faults = tuple(faults)


class UnitError(HepatrialError):
    """An unknown unit or analyte, or two units without a factor between them."""


class LoadError(HepatrialError):
    """A file cannot be read at all."""


class FindingsError(HepatrialError):
    """The data have findings at or above the study's limit; nothing is written."""

    exit_code = 1


class DeriveError(HepatrialError):
    """An analysis dataset cannot be derived as the study asks."""


class EstimateError(HepatrialError):
    """An estimator was called with input that it cannot mean anything for."""


class ResultsError(HepatrialError):
    """The long results table breaks its schema."""


class RenderError(HepatrialError):
    """A table, figure or listing cannot be made from its rows."""


class ReportError(HepatrialError):
    """The report cannot be written where it was asked for."""


class DeviationError(HepatrialError):
    """A method does not give the numbers of its reference."""

    exit_code = 1


class SimulateError(HepatrialError):
    """The simulator has no clinical prior for what the study asks."""


class ContractError(HepatrialError):
    """A frame handed from one room to the next breaks its column list."""
