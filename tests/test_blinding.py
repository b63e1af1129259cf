"""A double-blind study: the open report cannot know an arm, the closed one calls them A and B."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hepatrial.errors import FindingsError, LoadError, ReportError, StudyError
from hepatrial.load import order_arms, read_key
from hepatrial.report import find_leaks, hash_folder, read_manifest
from hepatrial.run import run_check, run_report
from hepatrial.study import code_study, pool_study, read_data_map, read_study
from hepatrial.verify import verify_report
from masked_factory import make_masked, masked_map

ROOT = Path(__file__).parents[1]
CUT = date(2024, 12, 31)
WATCHED = """
import sys
from datetime import date
from pathlib import Path
study, data, key, out = map(Path, sys.argv[1:])
opened = []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        name = Path(arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]).resolve()
        opened.append(name)
        if name == key.resolve() or "sealed" in name.parts:
            raise PermissionError(f"sealed: {name}")

sys.addaudithook(watch)
from hepatrial.run import run_report
run_report(study, data, out, cutoff=date(2024, 12, 31), formats=("html",))
assert (data / "subjects.csv").resolve() in opened  # the hook sees what is read
try:
    open(key)
except PermissionError:
    print("watched")
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return make_masked(tmp_path_factory.mktemp("masked"))


@pytest.fixture(scope="module")
def reports(trial, tmp_path_factory) -> tuple[Path, Path]:
    """The open and the closed report of the trial."""
    study, data, key = trial
    out = tmp_path_factory.mktemp("reports")
    run_report(study, data, out / "open", cutoff=CUT)
    run_report(study, data, out / "closed", cutoff=CUT, key=key, formats=("html", "rtf", "xlsx"))
    return out / "open", out / "closed"


@pytest.fixture
def copied(trial, tmp_path):
    """A copy of the trial that a test may spoil."""
    folder = Path(shutil.copytree(trial[0].parent, tmp_path / "trial"))
    return tuple(folder / path.relative_to(trial[0].parent) for path in trial)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def add_column(path: Path, name: str, values: dict[str, str]) -> None:
    """A column that says something of each subject."""
    rows = rows_of(path)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], name], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {name: values[row["subject_id"]]} for row in rows)


def permuted(key: Path, number: int) -> dict[str, str]:
    """The arms of the key dealt out anew."""
    rows = rows_of(key)
    arms = np.random.default_rng(number).permutation([row["arm"] for row in rows])
    return dict(zip([row["subject_id"] for row in rows], map(str, arms), strict=True))


def test_the_open_run_opens_neither_key_nor_sealed_file(trial, tmp_path):
    command = [sys.executable, "-c", WATCHED, *map(str, trial), str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "watched"
    assert (tmp_path / "out" / "report.html").is_file()


def test_the_open_run_succeeds_without_any_key_on_the_machine(copied, reports, tmp_path):
    study, data, key = copied
    shutil.rmtree(key.parent)
    shutil.rmtree(data / "sealed")
    run_report(study, data, tmp_path / "out", cutoff=CUT)
    assert hash_folder(tmp_path / "out") == hash_folder(reports[0])


def test_the_open_report_has_no_result_by_arm_and_no_p_value(reports):
    frame = pd.read_parquet(reports[0] / "results.parquet")
    assert set(frame["group"]) == {"all"}
    assert set(frame["comparator"]) == {""}
    assert "p_value" not in set(frame["stat"])
    assert "TRT01P" not in "".join(pd.read_parquet(reports[0] / "sources.parquet")["where"])


def test_the_open_report_counts_all_patients_together(trial, reports):
    """Recounted from the export: adverse events in the safety set, which holds everybody."""
    events = pd.read_csv(trial[1] / "adverse_events.csv")
    known = events[events["start_date"].fillna("9") <= CUT.isoformat()]
    frame = pd.read_parquet(reports[0] / "results.parquet")
    row = frame[(frame["measure"] == "adverse events") & (frame["variable"] == "any") & (frame["stat"] == "n")]
    row = row[row["analysis_id"] != "minutes"]
    assert row["value"].tolist() == [known["subject_id"].nunique()]


def test_neither_report_tells_an_arm(trial, reports):
    study = read_study(trial[0])
    assert find_leaks(reports[0], study) == []
    assert find_leaks(reports[1], study, coded=True) == []


def test_no_hash_of_the_key_stands_in_any_report(trial, reports):
    digest = hashlib.sha256(trial[2].read_bytes()).hexdigest()
    for folder in reports:
        texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        assert not any(digest.encode() in text for text in texts)


def test_every_page_format_is_marked(reports):
    for folder, word in zip(reports, ("OPEN REPORT", "CLOSED REPORT"), strict=True):
        assert f'<p class="banner marking" role="note">{word}' in (folder / "report.html").read_text(encoding="utf-8")
        assert all(word in path.read_text(encoding="ascii") for path in (folder / "tables").glob("*.rtf"))
        assert read_manifest(folder)["data"]["view"] == word.split()[0].lower()


@pytest.mark.parametrize("number", range(20))
def test_permuted_arms_in_an_unmapped_column_leave_no_trace(copied, trial, number):
    """Under a name and codes that tell nobody; in the sealed file and the key; and in a cut row."""
    study, data, key = copied
    arms = permuted(key, number)
    add_column(data / "subjects.csv", "grp2", {name: str(len(arm)) for name, arm in arms.items()})
    plant_elsewhere(data, key, arms)
    before, after = run_check(trial[0], trial[1]), run_check(study, data)
    for name, table in before.exports.tables.items():
        pd.testing.assert_frame_equal(table, after.exports.tables[name])
    pd.testing.assert_frame_equal(before.exports.files, after.exports.files)
    rest = after.findings.frame[after.findings.frame["rule"] != "column-unmapped"]
    pd.testing.assert_frame_equal(before.findings.frame, rest.reset_index(drop=True))


def plant_elsewhere(data: Path, key: Path, arms: dict[str, str]) -> None:
    rows = [row | {"arm": arms[row["subject_id"]]} for row in rows_of(key)]
    key.write_text("subject_id,arm,secret\n" + "".join(f"{','.join(row.values())}\n" for row in rows), encoding="utf-8")
    add_column(data / "sealed" / "given.csv", "arm", arms)


def test_permuted_arms_in_an_unmapped_column_give_the_same_bytes(copied, tmp_path):
    study, data, key = copied
    subjects = (data / "subjects.csv").read_text(encoding="utf-8")
    found = []
    for number in range(3):
        arms = permuted(key, number)
        (data / "subjects.csv").write_text(subjects, encoding="utf-8")
        add_column(data / "subjects.csv", "grp2", {name: str(len(arm)) for name, arm in arms.items()})
        run_report(study, data, tmp_path / f"out{number}", cutoff=CUT, formats=("html",))
        found.append(hash_folder(tmp_path / f"out{number}"))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("number", range(20))
def test_permuted_arms_in_plain_words_are_refused(copied, number):
    study, data, key = copied
    labels = {arm.code: arm.label for arm in read_study(study).design.arms}
    arms = permuted(key, number)
    name = "grp2" if number % 2 else "note"
    add_column(data / "labs.csv", name, {key: labels[arm] if number % 3 else arm for key, arm in arms.items()})
    findings = run_check(study, data).findings
    (finding,) = findings.at_or_above("fatal").to_dict("records")
    assert (finding["rule"], finding["file"], finding["column"], finding["raw"]) == (
        "arm-in-export", "labs.csv", name, "",
    )  # fmt: skip


def test_an_arm_in_a_free_text_stops_the_run_and_the_old_report_stays(copied, tmp_path):
    study, data, _ = copied
    run_report(study, data, tmp_path / "out", cutoff=CUT, formats=())
    before = hash_folder(tmp_path / "out")
    path = data / "adverse_events.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    columns = lines[1].split(",")
    columns[3] = "Chills after uc-msc  INFUSION"
    path.write_text("\n".join([lines[0], ",".join(columns), *lines[2:]]) + "\n", encoding="utf-8")
    with pytest.raises(ReportError, match="would tell the arms") as caught:
        run_report(study, data, tmp_path / "out", cutoff=CUT, formats=("html",))
    assert "report.html" in str(caught.value)
    assert "Chills" not in str(caught.value)
    assert hash_folder(tmp_path / "out") == before


def test_a_row_that_is_no_record_is_not_shown(copied):
    study, data, key = copied
    arms = permuted(key, 1)
    with (data / "subjects.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"S099,{arms['S001']}\n")
    findings = run_check(study, data).findings.frame
    assert findings[findings["column"] == "(row)"]["raw"].str.fullmatch(r"line \d+, not shown").all()
    assert arms["S001"] not in findings.to_csv()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('sex = "sex"', 'sex = "sex"\narm = "arm"', "sources[1] (subjects).columns.arm"),
        ('session = "session"', 'session = "session"\ndose = "volume"', "sources[2] (treatments).columns.dose"),
        ('reason = "reason"', 'reason = "lot_number"', "sources[2] (treatments).columns.reason"),
        ('stage = "stage"', 'stage = "bag_colour"', "sources[1] (subjects).columns.stage"),
    ],
)
def test_data_toml_of_a_blind_study_maps_nothing_that_tells_the_arm(trial, tmp_path, old, new, named):
    path = tmp_path / "data.toml"
    path.write_text(masked_map().replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_data_map(path, read_study(trial[0]))
    assert named in str(caught.value)
    assert "sealed = true" in str(caught.value)


def test_adam_data_of_a_blind_study_are_refused(trial, tmp_path):
    path = tmp_path / "data.toml"
    path.write_text(masked_map() + '[adam]\nADSL = "adsl.xpt"\n', encoding="utf-8")
    with pytest.raises(StudyError, match="analysis datasets hold the arm"):
        read_data_map(path, read_study(trial[0]))


def test_the_closed_report_counts_the_arms_of_the_key(trial, reports):
    key = pd.read_csv(trial[2])
    letters = read_key(trial[2], read_study(trial[0])).letters
    frame = pd.read_parquet(reports[1] / "results.parquet")
    n = frame[(frame["analysis_id"] == "os_km") & (frame["variable"] == "N")].set_index("group")["value"]
    assert n.to_dict() == key["arm"].map(letters).value_counts().to_dict()
    assert set(frame["group"]) <= {"A", "B", "all", ""}
    assert set(frame["comparator"]) <= {"A", ""}


def test_efficacy_is_compared_only_where_the_protocol_plans_it(trial, reports):
    frame = pd.read_parquet(reports[1] / "results.parquet")
    assert set(frame[frame["stat"] == "p_value"]["analysis_id"]) == {"ae"}
    study = read_study(trial[0])
    planned = study.model_copy(update={"blinding": study.blinding.model_copy(update={"compare_at_interim": True})})
    letters = {"ALBSAL": "B", "UCMSC": "A"}
    assert code_study(planned, letters).study.analysis("os_km").comparison is not None
    seen = code_study(study, letters)
    assert seen.study.analysis("os_km").comparison is None
    assert [arm.code for arm in seen.study.design.arms] == ["A", "B"]
    assert seen.study.design.reference_arm == "A"


@pytest.mark.parametrize(
    ("allocation", "words"),
    [("2:1", "allocated 2:1: the size of an arm tells"), ("1:1", "the same at every meeting"), ("", "states no")],
)
def test_the_closed_report_says_when_sizes_tell_the_arm(trial, allocation, words):
    study = read_study(trial[0])
    changed = study.model_copy(update={"design": study.design.model_copy(update={"allocation": allocation})})
    assert words in code_study(changed, {"ALBSAL": "A", "UCMSC": "B"}).notices[0]


def test_the_pooled_study_knows_no_arm(trial):
    view = pool_study(read_study(trial[0]))
    dump = json.dumps(view.study.model_dump(mode="json", include={"design", "analyses"}))
    assert "UCMSC" not in dump
    assert "ALBSAL" not in dump
    assert any("Overall survival; Adverse events" in notice for notice in view.notices)


def test_a_model_with_the_arm_as_a_term_is_left_out_with_its_outputs(trial):
    study = read_study(trial[0])
    model = study.analysis("os_km").model_copy(update={"title": "Model", "parameter": "TRT01P"})
    changed = study.model_copy(update={"analyses": (*(a for a in study.analyses if a.id != "os_km"), model)})
    view = pool_study(changed)
    assert "os_km" not in {analysis.id for analysis in view.study.analyses}
    assert {"14.2.1", "14.2.2"}.isdisjoint(output.number for output in view.study.outputs)
    assert any(notice.endswith("nothing without the arms: Model.") for notice in view.notices)


def test_letters_come_from_the_secret_alone(trial, tmp_path):
    study = read_study(trial[0])
    lines = trial[2].read_text(encoding="utf-8").splitlines()
    (tmp_path / "fewer.csv").write_text("\n".join([lines[0], lines[5]]) + "\n", encoding="utf-8")
    assert read_key(tmp_path / "fewer.csv", study).letters == read_key(trial[2], study).letters
    orders = {tuple(order_arms(study, f"secret number {number}").items()) for number in range(30)}
    assert len(orders) == 2


def test_letters_worked_by_hand(trial):
    """HMAC-SHA256 by its definition (RFC 2104), without the hmac module."""
    secret = b"sixteen letters!"
    inner, outer = (bytes(sign ^ pad for sign in secret.ljust(64, b"\0")) for pad in (0x36, 0x5C))

    def mac(code: str) -> bytes:
        text = f"MASKED-1\x1f{code}".encode()
        return hashlib.sha256(outer + hashlib.sha256(inner + text).digest()).digest()

    first = min(("ALBSAL", "UCMSC"), key=mac)
    assert order_arms(read_study(trial[0]), secret.decode())[first] == "A"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subject_id,arm\nS001,UCMSC\n", "the columns of a key are"),
        ("subject_id,arm,secret\nS001,UCMSC,short\n", "fewer than 16 letters"),
        ("subject_id,arm,secret\nS001,X,0123456789abcdef\n", "line 2: the arm is neither"),
        ("subject_id,arm,secret\nS1,UCMSC,0123456789abcdef\nS1,ALBSAL,0123456789abcdef\n", "line 3: the subject has"),
        ("subject_id,arm,secret\nS1,UCMSC,0123456789abcdef\nS2,UCMSC,0123456789abcdeg\n", "not the same in every row"),
        ("subject_id,arm,secret\n", "it has no rows"),
    ],
)
def test_a_faulty_key_is_refused_without_showing_it(trial, tmp_path, text, words):
    path = tmp_path / "key.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError, match=words) as caught:
        read_key(path, read_study(trial[0]))
    assert "0123456789" not in str(caught.value)


def test_a_subject_without_a_row_in_the_key_stops_the_closed_report(copied, tmp_path):
    study, data, key = copied
    lines = key.read_text(encoding="utf-8").splitlines()
    key.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(FindingsError, match="the subject has no arm"):
        run_report(study, data, tmp_path / "out", cutoff=CUT, key=key)


def test_an_open_report_never_replaces_a_closed_one(trial, reports):
    study, data, _ = trial
    with pytest.raises(ReportError, match="of another kind"):
        run_report(study, data, reports[1], cutoff=CUT)


def test_a_closed_report_is_verified_with_its_key(trial, reports):
    study, data, key = trial
    with pytest.raises(ReportError, match="give the key"):
        verify_report(reports[1], study, data)
    assert verify_report(reports[1], study, data, key=key) == []


def test_after_unblinding_the_key_gives_the_report_by_arm(copied, tmp_path):
    study, data, key = copied
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("seed = 11", "seed = 11\nunblinded_on = 2025-07-01", 1), encoding="utf-8")
    run_report(study, data, tmp_path / "out", key=key, formats=())
    frame = pd.read_parquet(tmp_path / "out" / "results.parquet")
    n = frame[(frame["analysis_id"] == "os_km") & (frame["variable"] == "N")].set_index("group")["value"]
    assert n.to_dict() == pd.read_csv(key)["arm"].value_counts().to_dict()
    with pytest.raises(FindingsError, match="the subject has no arm"):
        run_report(study, data, tmp_path / "without", formats=())


def test_the_commands_keep_open_and_closed_apart_and_encrypt(trial, tmp_path):
    study, data, key = map(str, trial)
    (tmp_path / "words").write_text("four words of passphrase\n", encoding="utf-8")
    closed = ["interim-closed", study, data, "--cutoff", CUT.isoformat(), "--key", key, "--formats", "html"]
    closed += ["--encrypt", "--passphrase-file", "words", "--out", "closed", "--quiet"]
    run = hepatrial(*closed, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["closed.encrypted", "words"]
    opened = hepatrial(
        "decrypt", "closed.encrypted", "again", cwd=tmp_path, HEPATRIAL_PASSPHRASE="four words of passphrase"
    )
    assert opened.returncode == 0, opened.stderr
    assert "CLOSED REPORT" in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    wrong = hepatrial("decrypt", "closed.encrypted", "other", cwd=tmp_path, HEPATRIAL_PASSPHRASE="four other words!")
    assert (wrong.returncode, (tmp_path / "other").exists()) == (2, False)
    by_arm = hepatrial("report", study, data, "--key", key, cwd=tmp_path)
    assert by_arm.returncode == 2
    assert "needs unblinded_on" in by_arm.stderr


def hepatrial(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "analysis")} | env
    command = [sys.executable, "-m", "hepatrial.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
