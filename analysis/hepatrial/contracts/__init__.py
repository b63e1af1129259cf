"""What crosses the doors between rooms: frozen hand-overs, each with its column list and a validator."""

from hepatrial.contracts.adam import ADAM_DATASETS, OPTIONAL_DATASETS, PROVENANCE_COLUMNS
from hepatrial.contracts.adam_labels import find_label
from hepatrial.contracts.columns import Column, TableSpec, check_columns
from hepatrial.contracts.handover import (
    DECISION_COLUMNS,
    EXCLUSION_COLUMNS,
    FINDING_COLUMNS,
    LEDGER_COLUMNS,
    PLACE_COLUMNS,
    RESULT_COLUMNS,
    RESULT_KEYS,
    SEVERITIES,
    SOURCE_FILE_COLUMNS,
    AnalysisData,
    Exports,
    Findings,
    Ledger,
    Remark,
    Results,
    make_empty_exports,
    make_finding,
)
from hepatrial.contracts.identity import (
    compute_finding_id,
    compute_id,
    compute_record_ids,
    compute_result_ids,
)
from hepatrial.contracts.personal_text import find_personal_text, mask_text
from hepatrial.contracts.standard import RECORD_COLUMNS, STANDARD_TABLES, typed_columns

__all__ = [
    "ADAM_DATASETS",
    "DECISION_COLUMNS",
    "EXCLUSION_COLUMNS",
    "FINDING_COLUMNS",
    "LEDGER_COLUMNS",
    "OPTIONAL_DATASETS",
    "PLACE_COLUMNS",
    "PROVENANCE_COLUMNS",
    "RECORD_COLUMNS",
    "RESULT_COLUMNS",
    "RESULT_KEYS",
    "SEVERITIES",
    "SOURCE_FILE_COLUMNS",
    "STANDARD_TABLES",
    "AnalysisData",
    "Column",
    "Exports",
    "Findings",
    "Ledger",
    "Remark",
    "Results",
    "TableSpec",
    "check_columns",
    "compute_finding_id",
    "compute_id",
    "compute_record_ids",
    "compute_result_ids",
    "find_label",
    "find_personal_text",
    "make_empty_exports",
    "make_finding",
    "mask_text",
    "typed_columns",
]
