"""Device effects by ISO 14155: three answers, by the record, by a list of foreseen terms, by other causalities."""

import pytest

from derive_study import derive, make_study, rows

EVENTS = """
subject_id | term | preferred_term | start_date | serious | related_device | related_procedure
S1 | a | Chills      | 2025-01-10 | N | possible    | not related
S1 | b | Hypotension | 2025-01-10 | Y | related     | not related
S1 | d | Hypotension | 2025-01-10 | Y | unlikely    | probable
S1 | e | Chills      | 2025-01-10 | Y |             | not related
S1 | f | Chills      | 2025-01-10 | N |             | not related
S1 | g | Chills      | 2025-01-10 |   | possible    | not related
S1 | h | Rash        | 2025-01-10 | Y | possible    | not related
S1 | i |             | 2025-01-10 | Y | possible    |
"""
SAFETY = '\n[safety]\non_therapy_lag_days = 0\ngrading = "not stated"\n'


def classes(tmp_path, more=""):
    study = make_study(tmp_path, extra=SAFETY + more)
    treatments = "subject_id | start_date\nS1 | 2025-01-10"
    adae = derive(study, subjects="subject_id\nS1", treatments=treatments, adverse_events=EVENTS).datasets["ADAE"]
    found = rows(adae.sort_values("AETERM"), "AETERM", "AEEXPECT", "AEADE", "AESADE", "AEUSADE")
    return {term: (expected, "".join(flags)) for term, expected, *flags in found}


def test_what_the_record_says_and_no_more(tmp_path):
    assert classes(tmp_path) == {
        "a": (None, "YNN"),  # a device effect, not serious
        "b": (None, "YYU"),  # nothing says whether it was foreseen
        "d": (None, "NNN"),  # unlikely to come from the device
        "e": (None, "UUU"),  # causality to the device not recorded
        "f": (None, "UNN"),  # not serious, so no SADE whatever its cause
        "g": (None, "YUU"),  # nobody recorded whether it was serious
        "h": (None, "YYU"),
        "i": (None, "YYU"),
    }


def test_a_list_of_foreseen_terms_tells_the_unanticipated(tmp_path):
    found = classes(tmp_path, 'anticipated_effects = ["hypotension", "CHILLS"]\n')
    assert [found[term] for term in "abeghi"] == [
        ("Y", "YNN"),
        ("Y", "YYN"),
        ("Y", "UUN"),  # foreseen, so not unanticipated
        ("Y", "YUN"),
        ("N", "YYY"),
        ("N", "YYY"),  # not coded: by the term as reported
    ]


@pytest.mark.parametrize(("names", "expected"), [('["procedure"]', "YYU"), ('["device", "procedure"]', "YYU")])
def test_a_procedure_may_belong_to_the_device(tmp_path, names, expected):
    assert classes(tmp_path, f"device_effects = {names}\n")["d"] == (None, expected)


def test_a_missing_causality_leaves_a_device_effect_open_only_when_no_other_decides(tmp_path):
    found = classes(tmp_path, 'device_effects = ["device", "procedure"]\n')
    assert (found["e"][1], found["i"][1]) == ("UUU", "YYU")
