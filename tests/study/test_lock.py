"""study.lock: what a later change reaches, and nothing else."""

import json
from dataclasses import replace
from datetime import date

import pytest

from hepatrial.derive.scores import SCORES
from hepatrial.errors import StudyError
from hepatrial.study import find_post_hoc, read_lock, read_study, templates_dir, write_lock

INPUTS = {code: [item.code for item in spec.inputs] for code, spec in SCORES.items()}


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / "nct06904755" / "study.toml")


@pytest.fixture
def lock(study, tmp_path):
    return write_lock(
        study, tmp_path / "study.lock", signed_by="A. Author", signed_on=date(2025, 1, 31), score_inputs=INPUTS
    )


def changed(study, field, code, **values):
    """The study with one item of a list changed."""
    items = getattr(study, field)
    key = next(name for name in ("id", "code", "number") if hasattr(items[0], name))
    assert any(getattr(item, key) == code for item in items)
    return study.model_copy(
        update={field: tuple(item.model_copy(update=values) if getattr(item, key) == code else item for item in items)}
    )


def affected(lock, study):
    return {item.name for item in find_post_hoc(lock, study) if item.kind == "analysis"}


def test_an_unchanged_study_has_nothing_post_hoc(lock, study, tmp_path):
    assert find_post_hoc(lock, study) == ()
    assert read_lock(tmp_path / "study.lock") == lock


def test_an_option_reaches_its_analysis_alone_and_says_what_changed(lock, study):
    (found,) = find_post_hoc(lock, changed(study, "analyses", "os_km", conf_type="log-log"))
    assert (found.kind, found.name) == ("analysis", "os_km")
    assert found.changes == ('conf_type: "beta-product" → "log-log"',)


def test_a_parameter_reaches_the_analyses_that_name_it_and_the_scores_made_of_it(lock, study):
    bilirubin = affected(lock, changed(study, "parameters", "BILI", below_limit="limit"))
    assert {"laboratory_by_visit", "scores_by_visit", "scores_trajectory"} <= bilirubin
    assert not bilirubin & {"os_km", "biomarkers_by_visit", "biomarkers_trajectory", "adverse_events"}
    interleukin = affected(lock, changed(study, "parameters", "IL6", below_limit="limit"))
    assert {"biomarkers_by_visit", "biomarkers_trajectory"} <= interleukin
    assert not interleukin & {"os_km", "scores_by_visit", "laboratory_by_visit"}


def test_a_population_reaches_every_analysis_of_it(lock, study):
    found = affected(lock, changed(study, "populations", "SAF", steps=()))
    own = {item.id for item in study.analyses if item.population == "SAF"}
    assert own <= found
    assert "os_km" not in found


def test_a_time_to_event_reaches_its_analyses(lock, study):
    assert affected(lock, changed(study, "times_to_event", "TFS", events=("death",))) == {"tfs_km"}


def test_day_zero_reaches_everything(lock, study):
    moved = study.model_copy(update={"time": study.time.model_copy(update={"origin": "enrolment"})})
    assert affected(lock, moved) == {item.id for item in study.analyses}


def test_words_and_digits_reach_nothing(lock, study):
    for field, code, values in (
        ("analyses", "os_km", {"title": "Survival of all"}),
        ("parameters", "IL6", {"label": "Interleukin 6", "decimals": 0}),
        ("populations", "FAS", {"label": "Everyone", "confirm": False}),
        ("outputs", study.outputs[0].number, {"title": "Another title"}),
    ):
        assert find_post_hoc(lock, changed(study, field, code, **values)) == ()


def test_what_is_new_and_what_is_gone_are_both_said(lock, study):
    new = study.analyses[0].model_copy(update={"id": "second_look"})
    found = find_post_hoc(lock, study.model_copy(update={"analyses": (*study.analyses[1:], new)}))
    assert {item.name: item.changes for item in found} == {
        "second_look": ("not in the signed plan",),
        study.analyses[0].id: ("in the signed plan, and left out since",),
    }


def test_an_output_that_shows_something_else_is_told(lock, study):
    number = study.outputs[0].number
    (found,) = find_post_hoc(lock, changed(study, "outputs", number, template="baseline"))
    assert (found.kind, found.name) == ("output", number)


def without(node, *names):
    """The plan as a hepatrial without these options wrote it."""
    if isinstance(node, dict):
        return {key: without(value, *names) for key, value in node.items() if key not in names}
    return [without(value, *names) for value in node] if isinstance(node, list) else node


def test_an_option_that_came_after_the_lock_changes_nothing_at_its_default(lock, study):
    older = replace(lock, study=without(lock.study, "samples", "min_percent"))
    assert older.study != lock.study
    found = find_post_hoc(older, study)
    changed_ids = {item.id for item in study.analyses if getattr(item, "samples", "all") != "all"}
    changed_ids |= {item.id for item in study.analyses if getattr(item, "min_percent", None)}
    assert {item.name for item in found} == changed_ids != set()


def test_a_signed_plan_is_not_overwritten(lock, study, tmp_path):
    before = (tmp_path / "study.lock").read_bytes()
    with pytest.raises(StudyError, match="is not overwritten"):
        write_lock(study, tmp_path / "study.lock", signed_by="B", signed_on=date(2026, 1, 1), score_inputs={})
    assert (tmp_path / "study.lock").read_bytes() == before


def test_a_lock_changed_by_hand_is_refused(lock, tmp_path):
    path = tmp_path / "study.lock"
    path.write_text(path.read_text(encoding="utf-8").replace("beta-product", "log-log"), encoding="utf-8")
    with pytest.raises(StudyError, match="was changed after it was written"):
        read_lock(path)
    path.write_text(json.dumps({"format": "other"}), encoding="utf-8")
    with pytest.raises(StudyError, match="is no study lock"):
        read_lock(path)
