"""ADaM datasets read as they are: their values stand, nothing is derived again.

What the contract needs and a dataset does not have is taken from an equivalent variable (ALIASES), computed where
that is plain arithmetic (follow-up day, per cent change, related or not), or left missing. Each row cites itself:
SRCDOM, SRCVAR and SRCSEQ of the file where it has them, else dataset and row number.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from hepatrial.contracts import ADAM_DATASETS, LEDGER_COLUMNS, AnalysisData, Ledger, TableSpec, compute_record_ids
from hepatrial.derive.adlb import leave_out_after_death
from hepatrial.derive.adsl import ORIGINS
from hepatrial.derive.adtte import CENSORED, COMPETING
from hepatrial.derive.days import derive_follow_up_day
from hepatrial.derive.deaths import derive_addth
from hepatrial.derive.frames import conform, empty_dataset, flag, stack_rows
from hepatrial.derive.lab_levels import derive_adlev
from hepatrial.derive.narratives import derive_adnarr
from hepatrial.derive.populations import ORIGIN
from hepatrial.derive.status import derive_adstat
from hepatrial.derive.subject_variables import conform_subjects
from hepatrial.derive.windows import BASELINE
from hepatrial.errors import DeriveError
from hepatrial.study.models import Study

MEMBERS = {"ADLB": ("ADLB", "ADLBC", "ADLBH", "ADLBU", "ADQS", "ADADAS")}
"""Files that together are one dataset (laboratory values and questionnaires); every other dataset is the file of its
name."""

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ADSL": {"FASFL": ("ITTFL",), "PPROTFL": ("PPFL",)},
    "ADLB": {"ANRLO": ("A1LO",), "ANRHI": ("A1HI",)},
    "ADAE": {"ASTDTC": ("AESTDTC",), "AENDTC": ("AEENDTC",), "AETOXGR": ("ATOXGR",)},
    "ADEX": {"DOSE": ("EXDOSE", "AVAL"), "DOSU": ("EXDOSU",)},
}
"""Variables that stand in for one that is absent, in this order."""

NOT_RELATED = ("N", "NO", "NONE", "NOT RELATED", "UNRELATED", "UNLIKELY", "UNLIKELY RELATED", "REMOTE")
RANGE_CODES = {"N": "NORMAL", "L": "LOW", "H": "HIGH"}
IMPUTED_LENGTHS = {"D": 7, "M": 4, "Y": 0}
SAS_EPOCH = pd.Timestamp("1960-01-01")


def adopt_adam(adam: Mapping[str, pd.DataFrame], study: Study, *, as_of: date, simulated: bool = False) -> AnalysisData:
    """Analysis data from CDISC ADaM datasets.

    Parameters
    ----------
    adam : mapping of str to DataFrame
        By dataset name (upper case); ADSL is compulsory. Dates as datetime, ISO text, or days since 1960 (SAS).
    study : Study
        Time origin, arms (a treatment that is an arm's label becomes its code), visits (likewise), populations.
    as_of : date
        Date of the data.
    simulated : bool

    Returns
    -------
    AnalysisData
        The contract's columns; a dataset that was not given is empty.

    Raises
    ------
    DeriveError
        No ADSL, or a row of another dataset whose subject is not in it.
    """
    if "ADSL" not in adam:
        raise DeriveError(f"ADaM input needs ADSL; found {', '.join(sorted(adam)) or 'nothing'}")
    gathered = {name: _gather(name, adam) for name in ADAM_DATASETS}
    adsl = _adopt_subjects(gathered["ADSL"], study)
    adopted = {"ADSL": adsl}
    for name, frame in gathered.items():
        if name != "ADSL":
            finish = _FINISHERS.get(name, _as_it_is)
            adopted[name] = empty_dataset(ADAM_DATASETS[name]).copy() if frame.empty else finish(frame, adsl, study)
            _refuse_strangers(name, adopted[name], adsl)
    datasets = {name: conform(frame, ADAM_DATASETS[name]) for name, frame in adopted.items()}
    datasets["ADSL"] = conform_subjects(adsl, study)
    datasets["ADSTAT"] = derive_adstat(datasets["ADTTE"], study, as_of)
    around = (datasets["ADAE"], datasets["ADEX"])
    datasets["ADDTH"] = derive_addth(datasets["ADSL"], *around)
    datasets["ADNARR"] = derive_adnarr(datasets["ADSL"], *around, datasets["ADLB"], study)
    datasets["ADLEV"] = derive_adlev(datasets["ADLB"], datasets["ADSL"], study)
    absent = {name: _find_absent(name, adam, datasets[name]) for name in ADAM_DATASETS}
    ledger = _write_ledger(datasets["ADSL"], study)
    return AnalysisData(datasets, ledger, as_of, simulated, absent, places=_find_places(gathered.values()))


def _find_places(gathered: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The dataset and the number of every record read, by its id."""
    columns = {"SRCID": "record_id", "READFROM": "dataset", "READLINE": "line"}
    frames = [frame[list(columns)].rename(columns=columns) for frame in gathered if len(frame)]
    return pd.concat(frames, ignore_index=True)


def _find_absent(name: str, adam: Mapping[str, pd.DataFrame], adopted: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the contract that no file of the dataset has, not even by an alias, and that adoption did not fill."""
    files = [adam[file] for file in MEMBERS.get(name, (name,)) if file in adam]
    given = {column for frame in files for column in frame}
    known = {column for column, others in ALIASES.get(name, {}).items() if given & set(others)} | given
    empty = adopted.isna() | (adopted == "N")
    return tuple(column for column in ADAM_DATASETS[name].names if column not in known and empty[column].all())


def _gather(name: str, adam: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of a dataset's files with typed columns, aliases filled and provenance."""
    spec = ADAM_DATASETS[name]
    frames = [_type(adam[file], spec, file) for file in MEMBERS.get(name, (name,)) if file in adam]
    return stack_rows(frames) if frames else pd.DataFrame()


def _type(raw: pd.DataFrame, spec: TableSpec, file: str) -> pd.DataFrame:
    frame = raw.reset_index(drop=True).copy()
    for name, others in ALIASES.get(spec.name, {}).items():
        found = next((other for other in (name, *others) if other in frame), None)
        if found is not None:
            frame[name] = frame[found]
    if "AEREL" in frame:
        frame["AEREL"] = _read_related(frame["AEREL"])
    for column in spec.columns:
        if column.name in frame:
            frame[column.name] = _READERS.get(column.kind, _read_text)(frame[column.name])
    return _cite(frame, spec, file)


def _read_date(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        return SAS_EPOCH + pd.to_timedelta(values, unit="D")
    return pd.to_datetime(values, errors="coerce").astype("datetime64[ns]").dt.normalize()


def _read_number(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _read_flag(values: pd.Series) -> pd.Series:
    return flag(values == "Y")


def _read_related(values: pd.Series) -> pd.Series:
    """Y unless the file says that the event is not related: a missing causality counts as related."""
    return flag(~values.astype("object").str.strip().str.upper().isin(NOT_RELATED))


def _read_text(values: pd.Series) -> pd.Series:
    """Text; blank is missing, and a number is written without a useless decimal point."""
    if pd.api.types.is_float_dtype(values):
        values = values.map("{:g}".format, na_action="ignore")
    text = values.astype("object").where(values.notna(), None)
    return text.map(lambda value: str(value).strip() or None, na_action="ignore")


_READERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "date": _read_date,
    "number": _read_number,
    "flag": _read_flag,
}


def _cite(frame: pd.DataFrame, spec: TableSpec, file: str) -> pd.DataFrame:
    row = pd.Series(np.arange(1, len(frame) + 1, dtype="float64"), index=frame.index)
    absent = {"SRCDOM": file, "SRCVAR": "USUBJID", "SRCSEQ": row}
    for name, value in absent.items():
        given = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")
        frame[name] = given.where(given.notna(), value)
    key = [name for name in spec.key if name in frame and name != "SRCID"]
    return frame.assign(SRCID=compute_record_ids(file, frame, key), READFROM=file, READLINE=row.astype("int64"))


def _adopt_subjects(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    labels = {arm.label: arm.code for arm in study.design.arms}
    for name in ("TRT01P", "TRT01A"):
        if name in frame:
            frame[name] = frame[name].replace(labels)
    origin = ORIGINS[study.time.origin]
    if "ORIGDT" not in frame:
        if origin not in frame:
            raise DeriveError(f"ADSL has neither ORIGDT nor {origin}; the study's origin is {study.time.origin!r}")
        frame["ORIGDT"] = frame[origin]
    absent: dict[str, object] = {"ARM": frame.get("TRT01P"), "ENRLFL": "Y", "DTHDT": pd.NaT, "LTDT": pd.NaT}
    for name, value in absent.items():
        if name not in frame:
            frame[name] = value
    return _read_population_flags(frame, study)


def _read_population_flags(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    lacking = sorted({item.flag for item in study.populations} - set(frame))
    if lacking:
        raise DeriveError(f"ADSL has no {', '.join(lacking)}, which populations of the study file name")
    return frame.assign(**{item.flag: _read_flag(frame[item.flag]) for item in study.populations})


def _refuse_strangers(name: str, frame: pd.DataFrame, adsl: pd.DataFrame) -> None:
    strangers = sorted(set(frame["USUBJID"]) - set(adsl["USUBJID"]))
    if strangers:
        raise DeriveError(f"{name}: subjects {strangers[:3]} are not in ADSL ({len(strangers)} in all)")


def _as_it_is(frame: pd.DataFrame, adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    return frame


def _adopt_times(frame: pd.DataFrame, adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    """CNSR 2 is a competing event only where the study file names competing outcomes; else any CNSR above 0 is a
    censoring, as in ADaM."""
    competing = {item.code for item in study.times_to_event if item.competing}
    is_competing = frame["PARAMCD"].isin(competing) & (frame["CNSR"] == COMPETING)
    return frame.assign(CNSR=frame["CNSR"].where((frame["CNSR"] == 0) | is_competing, CENSORED))


def _adopt_results(frame: pd.DataFrame, adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    of = adsl.set_index("USUBJID")
    origin, transplant = (frame["USUBJID"].map(of[name]).astype("datetime64[ns]") for name in ("ORIGDT", "LTDT"))
    names = {text: visit.code for visit in study.visits for text in (visit.label, *visit.labels)}
    groups = {parameter.code: parameter.group for parameter in study.parameters}
    is_baseline = frame.get("ABLFL", "N") == "Y"
    visit = frame["AVISIT"].replace(names) if "AVISIT" in frame else pd.Series(None, index=frame.index, dtype="object")
    computed: dict[str, object] = {
        "AVALC": None, "ACENS": "", "DTYPE": "", "PROVFL": "N",
        "AFUDY": derive_follow_up_day(frame["ADT"], origin),
        "AFTLTFL": flag(frame["ADT"] >= transplant),
        "PCHG": 100 * frame["CHG"] / frame["BASE"].where(frame["BASE"] != 0).abs(),
        "ANL01FL": flag(frame["AVAL"].notna() & visit.notna()),
    }  # fmt: skip
    adopted = frame.assign(
        **{name: value for name, value in computed.items() if name not in frame},
        AVISIT=visit.mask(is_baseline, BASELINE),
        PARCAT1=frame["PARAMCD"].map(groups).fillna("LABORATORY"),
        ANRIND=frame["ANRIND"].replace(RANGE_CODES) if "ANRIND" in frame else None,
    )
    return _end_at_death(adopted, frame["USUBJID"].map(of["DTHDT"]).astype("datetime64[ns]"))


def _end_at_death(frame: pd.DataFrame, died_on: pd.Series) -> pd.DataFrame:
    """As in a derived ADLB: a result dated after death has no value, and counts in nothing."""
    own = {name: None for name in ("ABOUND", "REASND") if name not in frame}
    ended = leave_out_after_death(frame.assign(**own, DTHDT=died_on))
    is_late = ended["AVAL"].isna() & frame["AVAL"].notna()
    left_out = {name: ended[name].mask(is_late) for name in ("CHG", "PCHG")}
    return ended.assign(**left_out, ANL01FL=ended["ANL01FL"].mask(is_late, "N")).drop(columns=["DTHDT", *own])


def _adopt_events(frame: pd.DataFrame, adsl: pd.DataFrame, study: Study) -> pd.DataFrame:
    """What is absent: ONTRTFL, from the first day of treatment to the last plus the lag of the study file; and the
    dates as written, from the dates without the parts that their flags call imputed."""
    if "ONTRTFL" not in frame and {"TRTSDT", "TRTEDT"} <= set(adsl):
        of = adsl.set_index("USUBJID")
        start, end = (frame["USUBJID"].map(of[name]).astype("datetime64[ns]") for name in ("TRTSDT", "TRTEDT"))
        lag = pd.Timedelta(days=study.safety.on_therapy_lag_days if study.safety else 0)
        frame = frame.assign(ONTRTFL=flag((frame["ASTDT"] >= start) & (frame["ASTDT"] <= end + lag)))
    for name in ("ASTDT", "AENDT"):
        if f"{name}C" not in frame and name in frame:
            frame[f"{name}C"] = _write_date(frame[name], frame.get(f"{name}F"))
    return frame


def _write_date(dates: pd.Series, imputed: pd.Series | None) -> pd.Series:
    """ISO text; flag D leaves out the day, M the month and the day, Y everything."""
    text = dates.dt.strftime("%Y-%m-%d").astype("object")
    if imputed is not None:
        for code, length in IMPUTED_LENGTHS.items():
            text = text.mask(imputed == code, text.str[:length])
    return text.where(dates.notna() & text.ne(""), None)


_FINISHERS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, Study], pd.DataFrame]] = {
    "ADTTE": _adopt_times,
    "ADLB": _adopt_results,
    "ADAE": _adopt_events,
}


def _write_ledger(adsl: pd.DataFrame, study: Study) -> Ledger:
    """One row a subject for the origin and for each population: who is in it was decided before the data came."""
    parts = [(ORIGIN, f"reached {study.time.origin}", adsl["ORIGDT"].notna(), f"no {study.time.origin}")]
    parts += [(item.code, "1", adsl[item.flag] == "Y", f"{item.flag} is not Y in ADSL") for item in study.populations]
    rows = [
        (code, step, subject, bool(kept), "" if kept else reason, record, "")
        for code, step, is_kept, reason in parts
        for subject, kept, record in zip(adsl["USUBJID"], is_kept, adsl["SRCID"], strict=True)
    ]
    return Ledger(pd.DataFrame(rows, columns=list(LEDGER_COLUMNS)))
