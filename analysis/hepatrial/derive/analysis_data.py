"""The order of the derivations: exports in, analysis data out."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, OPTIONAL_DATASETS, AnalysisData, Exports, Ledger
from hepatrial.derive.adae import derive_adae
from hepatrial.derive.adex import derive_adex
from hepatrial.derive.adlb import add_baseline, derive_results
from hepatrial.derive.adopt import adopt_adam
from hepatrial.derive.adsl import derive_subjects, find_origin
from hepatrial.derive.adtte import derive_adtte
from hepatrial.derive.data_cut import cut_tables, derive_adlate, derive_cut_facts, find_data_cut
from hepatrial.derive.deaths import derive_addth
from hepatrial.derive.deviations import collect_major_deviations
from hepatrial.derive.dili_rows import derive_addili
from hepatrial.derive.eligibility import derive_adel
from hepatrial.derive.evaluable import judge_evaluable
from hepatrial.derive.event_sources import collect_events
from hepatrial.derive.frames import conform, empty_dataset, stack_rows
from hepatrial.derive.grade_check import derive_adaegr
from hepatrial.derive.lab_levels import derive_adlev
from hepatrial.derive.listings import derive_adcm, derive_addd, derive_addv
from hepatrial.derive.narratives import derive_adnarr
from hepatrial.derive.outcomes import Tables, derive_facts, start_at_origin
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
    check_provisional_scores(study)
    if cutoff is not None:
        return _derive_cut(exports, study, cutoff)
    facts, alive = derive_facts(exports.tables, pd.Timestamp(exports.exported_on))
    nothing = {name: empty_dataset(OPTIONAL_DATASETS[name]).copy() for name in ("ADTTESEN", "ADLATE")}
    datasets, ledger = _derive_datasets(exports.tables, facts, alive, study, exports.exported_on, exports.exclusions)
    return AnalysisData(datasets | nothing, ledger, exports.exported_on, exports.simulated)


def _derive_cut(exports: Exports, study: Study, cutoff: date) -> AnalysisData:
    """As of a data cut, with time to event by the other rule and the deaths after the cut beside it."""
    rules, whole, extracted = find_data_cut(study, cutoff, exports.exported_on), exports.tables, exports.exported_on
    cut = cut_tables(whole, cutoff, rules)
    facts, alive = derive_cut_facts(whole, cut, cutoff, extracted, rules, rules.time_to_event)
    datasets, ledger = _derive_datasets(cut, facts, alive, study, cutoff, exports.exclusions)
    others = derive_cut_facts(whole, cut, cutoff, extracted, rules, rules.other_rule)
    datasets["ADTTESEN"] = _derive_other_times(cut, *others, study)
    late = derive_adlate(whole, cut, facts, extracted, study.identity.study_id)
    datasets["ADLATE"] = late if rules.deaths_after_cut == "listed" else late.iloc[:0]
    return AnalysisData(datasets, ledger, cutoff, exports.simulated, cutoff=cutoff, extracted_on=extracted)


def _derive_other_times(tables: Tables, facts: pd.DataFrame, alive: pd.DataFrame, study: Study) -> pd.DataFrame:
    """ADTTE of other facts about the same subjects."""
    facts = _add_facts(tables, facts, study)
    subjects = derive_subjects(tables, facts, alive, study)
    if study.event_sources:
        facts = stack_rows([facts, collect_events(tables, _derive_adlb(tables, subjects, study), study)])
    times = derive_adtte(subjects, facts, alive, study)
    return conform(times, OPTIONAL_DATASETS["ADTTESEN"])


def _add_facts(tables: Tables, facts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Outcomes with events of special interest and major deviations, none before an origin that its date allows."""
    more = [collect_special_interest(tables, study), collect_major_deviations(tables)]
    return start_at_origin(stack_rows([facts, *more]), find_origin(tables, study))


def _derive_datasets(
    tables: Tables,
    facts: pd.DataFrame,
    alive: pd.DataFrame,
    study: Study,
    as_of: date,
    exclusions: pd.DataFrame,
) -> tuple[dict[str, pd.DataFrame], Ledger]:
    """Every dataset that needs no second look at the extract, and the ledger."""
    last_day = pd.Timestamp(as_of)
    facts = _add_facts(tables, facts, study)
    subjects = derive_subjects(tables, facts, alive, study)
    adlb = _derive_adlb(tables, subjects, study)
    facts = stack_rows([facts, collect_events(tables, adlb, study)])
    adtte = derive_adtte(subjects, facts, alive, study)
    status = judge_evaluable(subjects, adtte, study, as_of)
    patients = gather_patients(tables, subjects, facts, adlb, study, status=status)
    adsl, ledger = derive_populations(tables, subjects, patients, study, exclusions=exclusions)
    adex = derive_adex(tables["treatments"], adsl)
    adlb_rows = conform(adlb, ADAM_DATASETS["ADLB"])
    adae = derive_adae(tables["adverse_events"], adsl, adex, study)
    adtox = derive_adtox(adlb, study)
    datasets = {
        "ADSL": conform_subjects(adsl, study),
        "ADTTE": adtte,
        "ADSTAT": derive_adstat(adtte, study, as_of),
        "ADLB": adlb_rows,
        "ADLBSENS": _derive_sensitivity(tables, subjects, study),
        "ADTOX": adtox,
        "ADAEGR": derive_adaegr(adae, adtox, adsl, study),
        "ADDILI": derive_addili(adlb, study),
        "ADLEV": derive_adlev(adlb, adsl, study),
        "ADAE": adae,
        "ADDTH": derive_addth(adsl, adae, adex),
        "ADNARR": derive_adnarr(adsl, adae, adex, adlb_rows, study),
        "ADEX": adex,
        "ADEL": derive_adel(tables["eligibility"], patients, study),
        "ADSP": derive_adsp(tables["specimens"], adsl, study, last_day),
        "ADDV": derive_addv(tables["deviations"], adsl),
        "ADDD": derive_addd(tables["device_deficiencies"], adsl),
        "ADCM": derive_adcm(tables["medications"], adsl),
    }
    return datasets, ledger


def _adopt(exports: Exports, adam: Mapping[str, pd.DataFrame], study: Study, cutoff: date | None) -> AnalysisData:
    if cutoff is not None:
        raise DeriveError("a data cut needs source records; ADaM input is cut by whoever derived it: leave cutoff out")
    undisturbed = [item.id for item in study.analyses if getattr(item, "samples", "all") == "undisturbed"]
    if undisturbed:
        raise DeriveError(
            f"analyses ({', '.join(undisturbed)}): samples = 'undisturbed' needs source records, by which ADLBSENS is "
            "derived; ADaM input has none: leave the analysis out"
        )
    return adopt_adam(adam, study, as_of=exports.exported_on, simulated=exports.simulated)


def _derive_sensitivity(tables: Tables, subjects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """ADLB without the samples soon after a session or blood product: visits and scores are found anew; empty where
    the study file asks for neither."""
    rule, spec = study.visit_rule, OPTIONAL_DATASETS["ADLBSENS"]
    if rule.sensitivity_hours_after_session is None and not rule.blood_products:
        return empty_dataset(spec).copy()
    return conform(_derive_adlb(tables, subjects, study, is_sensitivity=True), spec)


def _derive_adlb(tables: Tables, subjects: pd.DataFrame, study: Study, *, is_sensitivity: bool = False) -> pd.DataFrame:
    """Measured results and scores with baseline and change; working columns kept."""
    results = derive_results(tables, subjects, study, is_sensitivity=is_sensitivity)
    scores = derive_score_rows(results, subjects, study)
    return add_baseline(stack_rows([results, scores]))
