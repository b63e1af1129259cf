"""Every criterion of the four public records is in its template: on the data, or on the investigator's answer alone.

The texts are ours; each line is one criterion of the record, in its order.
"""

import pytest

from hepatrial.analyse import analyse_study
from hepatrial.derive import derive_analysis_data
from hepatrial.render import Table, render_report
from hepatrial.run import run_check
from hepatrial.study import leaves, read_study, templates_dir

RECORDS = {
    "nct06904755": {
        "I01": ("Age 18 to 65", "age"),
        "I02": ("Acute liver failure of any cause, early or intermediate", "stage"),
        "I03": ("bilirubin at least 171 µmol/L, or rising by at least 17.1", "BILI"),
        "I04": ("Prothrombin activity from 20 to 40 %, or INR from 1.5 to 2.6", "PTA INR"),
        "I05": ("No hepatic encephalopathy, or up to and including grade II", "HEGRADE"),
        "I06": ("raised marker of inflammation, such as IL-6, TNF-α or CRP", "IL6 TNFA CRP"),
        "I07": ("Able to communicate and to complete", ""),
        "I08": ("Written informed consent before", "consent_date"),
    },
    "nct05940610": {
        "I01": ("Age 18 to 65", "age"),
        "I02": ("Acute-on-chronic liver failure", "stage BILI INR PTA ASCITES HEGRADE"),
        "I03": ("bilirubin at least 171 µmol/L, or rising by at least 17.1", "BILI"),
        "I04": ("Prothrombin activity from 20 to 40 %, or INR from 1.5 to 2.6", "PTA INR"),
        "I05": ("No hepatic encephalopathy, or up to and including grade II", "HEGRADE"),
        "E01": ("active bleeding, or disseminated intravascular coagulation", ""),
        "E02": ("Allergy to blood products or to drugs", ""),
        "E03": ("MELD score above 30", "MELD"),
        "E04": ("Another serious disease", ""),
    },
    "nct06242405": {
        "I01": ("Age 18 to 80", "age"),
        "I02": ("End-stage liver disease", "stage"),
        "I03": ("consent", "consent_date"),
        "E01": ("Tumour of the liver or of another organ", ""),
        "E02": ("Recipient of a liver transplant", ""),
        "E03": ("Acute serious disease of heart, lung or brain", ""),
        "E04": ("Another disease that threatens survival", ""),
        "E05": ("HIV", ""),
        "E06": ("Interferon or glucocorticoid within the last year", ""),
        "E07": ("Mental illness under treatment", ""),
        "E08": ("another trial within the last 30 days", ""),
        "E09": ("Pregnant or breastfeeding", ""),
        "E10": ("Allergic asthma, allergic urticaria, eczema", ""),
        "E11": ("Otherwise unsuitable", ""),
    },
    "nct05985863": {
        "I01": ("Age 18 to 70", "age"),
        "I02": ("APASL", "stage BILI INR PTA ASCITES HEGRADE"),
        "I03": ("consent", "consent_date"),
        "E01": ("Acute kidney injury at baseline", ""),
        "E02": ("Upper gastrointestinal bleeding at baseline", ""),
        "E03": ("encephalopathy of grade II or above", "HEGRADE"),
        "E04": ("Uncontrolled infection at baseline", ""),
        "E05": ("Platelets below 50 × 10⁹/L before the onset", "PLAT"),
        "E06": ("Child–Pugh score above 9 before the onset", "CHILD"),
        "E07": ("Liver cancer or another malignancy", ""),
        "E08": ("Previous transplantation, or one planned within three months", ""),
        "E09": ("Severe primary disease of an organ other than the liver", ""),
        "E10": ("venous thrombosis or pulmonary embolism", ""),
        "E11": ("Pregnant, breastfeeding, or planning", ""),
        "E12": ("High allergy", ""),
        "E13": ("Immunosuppressant or immune enhancer within the last month", ""),
        "E14": ("Drug abuse within five years", ""),
        "E15": ("alcohol withdrawal", ""),
        "E16": ("Severe mental disorder within 24 months", ""),
        "E17": ("another trial within three months, or any previous stem cell", ""),
        "E18": ("Otherwise unsuitable", ""),
    },
}  # fmt: skip


@pytest.mark.parametrize("template", RECORDS)
def test_each_criterion_of_the_record_is_in_the_template_and_says_what_it_rests_on(template):
    study, record = read_study(templates_dir() / template / "study.toml"), RECORDS[template]
    assert [item.id for item in study.eligibility] == list(record)
    for item in study.eligibility:
        text, data = record[item.id]
        assert text in item.text
        assert item.kind == ("inclusion" if item.id.startswith("I") else "exclusion")
        used = [getattr(leaf, "parameter", "") or getattr(leaf, "column", "") for leaf in _leaves(item)]
        assert list(dict.fromkeys(used)) == data.split(), item.id


def _leaves(item):
    return () if item.criterion is None else leaves(item.criterion)


def test_the_readings_of_one_thing_are_the_only_ones_that_should_agree():
    for template in RECORDS:
        study = read_study(templates_dir() / template / "study.toml")
        asked = [
            (item.id, item.criterion.agree_on) for item in study.eligibility if getattr(item.criterion, "agree_on", "")
        ]
        assert asked == ([("I04", "coagulation")] if template in ("nct06904755", "nct05940610") else [])


def test_the_report_names_the_criteria_that_no_data_can_tell():
    folder = templates_dir() / "nct06904755"
    checked = run_check(folder / "study.toml", folder)
    study = checked.inputs.study
    outputs = tuple(item for item in study.outputs if item.number == "14.1.2")
    study = study.model_copy(update={"outputs": outputs, "analyses": (study.analysis("eligibility"),)})
    data = derive_analysis_data(checked.exports, study)
    adel = data.datasets["ADEL"].query("CRITID == 'I07'")
    assert set(zip(adel["DATARES"], adel["VALUES"], strict=True)) == {
        ("not assessable", "on the investigator's answer only")
    }
    assert set(adel["INVRES"]) == {"met"}
    rendered = render_report(study, data, analyse_study(study, data), checked.findings, checked.decisions)
    (table,) = [item for item in rendered.outputs if isinstance(item, Table) and item.number == "14.1.2"]
    assert "On the investigator's answer alone, since no data can tell: I07." in table.footnotes
