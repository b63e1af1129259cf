"""The order of the derivations: exports in, analysis data out."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, AnalysisData, Exports
from hepatrial.derive.adae import derive_adae
from hepatrial.derive.adex import derive_adex
from hepatrial.derive.adlb import add_baseline, derive_results
from hepatrial.derive.adopt import adopt_adam
from hepatrial.derive.adsl import derive_subjects
from hepatrial.derive.adtte import derive_adtte
from hepatrial.derive.data_cut import cut_tables
from hepatrial.derive.deviations import collect_major_deviations
from hepatrial.derive.dili_rows import derive_addili
from hepatrial.derive.eligibility import derive_adel
from hepatrial.derive.event_sources import collect_events
from hepatrial.derive.frames import conform, empty_dataset, stack_rows
from hepatrial.derive.listings import derive_adcm, derive_addd, derive_addv
from hepatrial.derive.outcomes import Tables, derive_facts
from hepatrial.derive.patients import gather_patients
from hepatrial.derive.populations import derive_populations
from hepatrial.derive.score_rows import check_provisional_scores, derive_score_rows
from hepatrial.derive.special_interest import collect_special_interest
from hepatrial.derive.specimens import derive_adsp
from hepatrial.derive.status import derive_adstat
from hepatrial.derive.subject_variables import conform_subjects
from hepatrial.derive.toxicity_rows import derive_adtox
from hepatrial.errors import DeriveError
from hepatrial.study.models import Study


def derive_analysis_data(exports: Exports, study: Study, *, cutoff: date | None = None) -> AnalysisData:
    """Analysis datasets and ledger from typed standard tables.

    Parameters
    ----------
    exports : Exports
        Typed standard tables; or CDISC ADaM datasets, which are taken as they are (``adopt_adam``).
    study : Study
        Origin, windows, parameters, scores, events, populations and eligibility.
    cutoff : date, optional
        Data cut: only what was known on this day (:mod:`hepatrial.derive.data_cut`).

    Returns
    -------
    AnalysisData
        Every dataset of ``ADAM_DATASETS`` and ``OPTIONAL_DATASETS``, each with exactly the columns of its contract
        (ADSL with the study's subject variables) and sorted by its key; as of the cut, or of the export.

    Raises
    ------
    DeriveError
        Two rows for one subject, or a study file that asks for what the data or the score cannot give.
    """
    if exports.adam is not None:
        return _adopt(exports, exports.adam, study, cutoff)
    as_of = cutoff or exports.exported_on
    tables = cut_tables(exports.tables, cutoff)
    last_day = pd.Timestamp(as_of)
    check_provisional_scores(study)
    facts, alive = derive_facts(tables, last_day)
    facts = stack_rows([facts, collect_special_interest(tables, study), collect_major_deviations(tables)])
    subjects = derive_subjects(tables, facts, alive, study)
    adlb = _derive_adlb(tables, subjects, study)
    facts = stack_rows([facts, collect_events(tables, adlb, study)])
    patients = gather_patients(tables, subjects, facts, adlb, study)
    adsl, ledger = derive_populations(tables, subjects, patients, study)
    adex = derive_adex(tables["treatments"], adsl)
    adtte = derive_adtte(adsl, facts, alive, study)
    datasets = {
        "ADSL": conform_subjects(adsl, study),
        "ADTTE": adtte,
        "ADSTAT": derive_adstat(adtte, study, as_of),
        "ADLB": conform(adlb, ADAM_DATASETS["ADLB"]),
        "ADLBSENS": _derive_sensitivity(tables, subjects, study),
        "ADTOX": derive_adtox(adlb, study),
        "ADDILI": derive_addili(adlb, study),
        "ADAE": derive_adae(tables["adverse_events"], adsl, adex, study),
        "ADEX": adex,
        "ADEL": derive_adel(tables["eligibility"], patients, study),
        "ADSP": derive_adsp(tables["specimens"], adsl, study, last_day),
        "ADDV": derive_addv(tables["deviations"], adsl),
        "ADDD": derive_addd(tables["device_deficiencies"], adsl),
        "ADCM": derive_adcm(tables["medications"], adsl),
    }
    return AnalysisData(datasets, ledger, as_of, exports.simulated)


def _adopt(exports: Exports, adam: Mapping[str, pd.DataFrame], study: Study, cutoff: date | None) -> AnalysisData:
    if cutoff is not None:
        raise DeriveError("a data cut needs source records; ADaM input is cut by whoever derived it: leave cutoff out")
    return adopt_adam(adam, study, as_of=exports.exported_on, simulated=exports.simulated)


def _derive_sensitivity(tables: Tables, subjects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """ADLB without the samples soon after a session: visits and scores are found anew; empty where not asked for."""
    hours, spec = study.visit_rule.sensitivity_hours_after_session, OPTIONAL_DATASETS["ADLBSENS"]
    return empty_dataset(spec).copy() if hours is None else conform(_derive_adlb(tables, subjects, study, hours), spec)


def _derive_adlb(tables: Tables, subjects: pd.DataFrame, study: Study, min_hours: float | None = None) -> pd.DataFrame:
    """Measured results and scores with baseline and change; working columns kept."""
    results = derive_results(tables, subjects, study, min_hours=min_hours)
    scores = derive_score_rows(results, subjects, study)
    return add_baseline(stack_rows([results, scores]))
