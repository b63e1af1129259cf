"""A study file proposed from a public registry record, or from nothing: everything that is a guess says so."""

from hepatrial.study.proposal.propose import format_proposal, propose_study, write_toml
from hepatrial.study.proposal.recognise import Recognised, recognise_outcome
from hepatrial.study.proposal.record import Outcome, RegistryRecord, blank_record, read_registry_record
from hepatrial.study.proposal.time_frames import parse_days

__all__ = [
    "Outcome",
    "Recognised",
    "RegistryRecord",
    "blank_record",
    "format_proposal",
    "parse_days",
    "propose_study",
    "read_registry_record",
    "recognise_outcome",
    "write_toml",
]
