"""Labels of the variables of the analysis datasets (SAS allows 40 bytes of ASCII), and where each comes from.

A source is a standard table and its columns, another analysis variable, or a part of the study file. A name alone holds
for every dataset; ``DATASET.NAME`` goes before it.
"""

# fmt: off
_TEXT = """
STUDYID   | Study Identifier                       | study file: identity.study_id
USUBJID   | Unique Subject Identifier              | subjects.subject_id
SUBJID    | Subject Identifier for the Study       | subjects.subject_id
SITEID    | Study Site Identifier                  | subjects.site
AGE       | Age at Consent (Years)                 | subjects.age, birth_date, consent_date, enrolment_date
SEX       | Sex                                    | subjects.sex
ARM       | Description of Planned Arm             | subjects.arm; study file: design.arms
TRT01P    | Planned Treatment for Period 01        | subjects.arm; study file: design.arms
TRT01A    | Actual Treatment for Period 01         | treatments.treatment; TRT01P
AETIOL    | Aetiology of the Liver Failure         | subjects.aetiology
STAGE     | Stage at Entry                         | subjects.stage
STRATUM   | Stratum of the Randomisation           | subjects.stratum
RFICDT    | Date of Informed Consent               | subjects.consent_date
ENRLDT    | Date of Enrolment                      | subjects.enrolment_date
RANDDT    | Date of Randomisation                  | subjects.randomisation_date
RAND2DT   | Date of Second Randomisation           | subjects.second_randomisation_date
TRT02P    | Planned Treatment for Period 02        | subjects.second_arm; study file: design.second
TRTSDT    | Date of First Treatment Start          | treatments.start_date
TRTEDT    | Date of Last Treatment End             | treatments.end_date, start_date
ORIGDT    | Date of the Time Origin                | TRTSDT, RANDDT or ENRLDT by the study file: time.origin
DTHFL     | Subject Death Flag                     | outcomes.outcome; vital_status.status
DTHDT     | Date of Death                          | outcomes.date; vital_status.date; LSTALVDT
DTHCAUS   | Cause of Death                         | outcomes.cause
LTFL      | Liver Transplantation Flag             | outcomes.outcome
LTDT      | Date of First Liver Transplantation    | outcomes.date
WDRDT     | Date of Withdrawal of Consent          | outcomes.date
LSTALVDT  | Date Last Known Alive                  | every dated record that shows life (docs/derivations.md)
EOSSTT    | End of Study Status                    | outcomes.outcome; DTHDT; LSTALVDT; study file: time.study_end_day
DCSREAS   | Reason for Discontinuation from Study  | outcomes.outcome
EOSDT     | End of Study Date                      | outcomes.date; DTHDT; ORIGDT; study file: time.study_end_day
ENRLFL    | Enrolled Population Flag               | study file: populations; ENRLDT
FASFL     | Full Analysis Set Population Flag      | study file: populations
SAFFL     | Safety Population Flag                 | study file: populations; TRTSDT
PPROTFL   | Per-Protocol Population Flag           | study file: populations
SRCDOM    | Source Data                            | the standard table that the row came from
SRCVAR    | Source Variable                        | its column
SRCSEQ    | Source Sequence Number                 | line of the record in its export
SRCID     | Record Identifiers of the Source       | record_id of every record that made the row
PARAMCD   | Parameter Code                         | study file: parameters, scores, times_to_event
PARAM     | Parameter                              | study file: parameters, scores, times_to_event
STARTDT   | Time-to-Event Origin Date              | ADSL.ORIGDT
ADT       | Analysis Date                          | date of the record
ADTTE.ADT | Date of Event or Censoring             | outcomes.date; vital_status.date; study file: times_to_event
ADTOX.ADT | Analysis Date                          | ADLB.ADT
AVAL      | Analysis Value                         | labs.result, clinical.result, unit; study file: parameters, scores
ADTTE.AVAL | Days from Origin to Event or Censoring | ADT, STARTDT
ADTOX.AVAL | Value Graded                          | ADLB.AVAL
CNSR      | Censor                                 | study file: times_to_event
EVNTDESC  | Event or Competing Event               | outcomes.outcome; adverse_events.term; study file: event_sources
CNSDTDSC  | Censor Date Description                | study file: times_to_event
PARCAT1   | Parameter Category 1                   | study file: parameters.group
AVALC     | Analysis Value (C)                     | labs.result, clinical.result
AVALU     | Analysis Value Unit                    | study file: parameters.unit
ACENS     | Side of a Limit of Quantification      | labs.result; study file: parameters.lower_limit, upper_limit
ABOUND    | Limit of Quantification of the Result  | labs.result; study file: parameters.lower_limit, upper_limit
DTYPE     | Derivation Type                        | derived
ANRLO     | Analysis Normal Range Lower Limit      | labs.ref_low
ANRHI     | Analysis Normal Range Upper Limit      | labs.ref_high
ANRIND    | Analysis Reference Range Indicator     | AVAL, ANRLO, ANRHI
ATM       | Analysis Time                          | labs.time, clinical.time
ADY       | Analysis Relative Day                  | ADT, ADSL.ORIGDT
AFUDY     | Follow-up Day (Origin Is Day 0)        | ADT, ADSL.ORIGDT
VISIT     | Visit Name at the Site                 | labs.visit, clinical.visit
AVISIT    | Analysis Visit                         | AFUDY; study file: visits, visit_rule
ADSP.AVISIT | Analysis Visit                       | study file: specimens.visits
AVISITN   | Analysis Visit (N)                     | study file: visits.day
AWTARGET  | Analysis Window Target                 | study file: visits.day
AWTDIFF   | Analysis Window Diff from Target       | AFUDY, AWTARGET
ABLFL     | Baseline Record Flag                   | ADT, ATM, ADSL.ORIGDT; study file: visit_rule.baseline
ANL01FL   | Analysis Flag 01                       | AVISIT, AWTDIFF; study file: visit_rule
AFTLTFL   | After Liver Transplantation Flag       | ADT, ADSL.LTDT
BASE      | Baseline Value                         | AVAL where ABLFL is Y
CHG       | Change from Baseline                   | AVAL, BASE
PCHG      | Percent Change from Baseline           | CHG, BASE
HRSSESS   | Hours since the Last Session Ended     | ADT, ATM; treatments.start_date, end_date, end_time
BPFL      | Soon after a Blood Product Flag        | ADT, ATM; medications; study file: visit_rule.blood_products
BPDESC    | Blood Products before the Sample       | medications.name, start_date, end_date
REASND    | Reason for No Value                    | labs.result, clinical.result, unit; inputs of a score
GRNOTE    | Recorded and Laboratory Grade          | ADAE.AETOXGR, ADTOX.ATOXGRN
ADAEGR.ADT | Date of the Laboratory Record         | ADTOX.ADT
ADAEGR.ADY | Study Day of the Laboratory Record    | ADTOX.ADT, ADSL.ORIGDT
ADAEGR.AVAL | Laboratory Value                     | ADTOX.AVAL
ADAEGR.ATOXGR | Highest Lab Grade near the Event   | ADTOX.ATOXGR
ADAEGR.ATOXGRN | Highest Lab Grade, Normal Baseline | ADTOX.ATOXGRN
ADTOX.REASND | Reason for No Grade                 | AVAL, ANRLO, ANRHI, BASE
PROVFL    | Provisional Formula Flag               | the register of scores (docs/derivations-scores.md)
AESEQ     | Sequence Number                        | order of adverse_events.start_date
AETERM    | Reported Term for the Adverse Event    | adverse_events.term
AEDECOD   | Dictionary-Derived Term                | adverse_events.preferred_term
AEBODSYS  | Body System or Organ Class             | adverse_events.system_organ_class
ASTDT     | Analysis Start Date                    | start_date of the record
ASTDTF    | Analysis Start Date Imputation Flag    | adverse_events.start_date
AENDT     | Analysis End Date                      | end_date of the record
ASTDTC    | Start Date as Written                  | adverse_events.start_date
AENDTC    | End Date as Written                    | adverse_events.end_date
ASTDY     | Analysis Start Relative Day            | ASTDT, ADSL.ORIGDT
AENDY     | Analysis End Relative Day              | AENDT, ADSL.ORIGDT
AETOXGR   | Recorded Toxicity Grade                | adverse_events.grade
AESER     | Serious Event                          | adverse_events.serious
AERELDEV  | Causality to the Device                | adverse_events.related_device
AERELPRC  | Causality to the Procedure             | adverse_events.related_procedure
AERELCEL  | Causality to the Cells                 | adverse_events.related_cells
AEREL     | Related to Device, Procedure or Cells  | AERELDEV, AERELPRC, AERELCEL
AEEXPECT  | Foreseen in the Risk Assessment        | AEDECOD; study file: safety.anticipated_effects
AEADE     | Adverse Device Effect                  | AERELDEV; study file: safety.device_effects
AESADE    | Serious Adverse Device Effect          | AEADE; adverse_events.serious
AEUSADE   | Unanticipated Serious Adv. Device Eff. | AESADE, AEEXPECT
AEACN     | Action Taken with Study Treatment      | adverse_events.action
AEOUT     | Outcome of Adverse Event               | adverse_events.outcome
TRTEMFL   | Treatment-Emergent Analysis Flag       | ASTDT, AENDT, ADSL.TRTSDT, TRTEDT; study file: safety
ONTRTFL   | On-Treatment Record Flag               | ASTDT, AENDT, ADSL.TRTSDT, TRTEDT; study file: safety
EXSEQ     | Sequence Number of the Session         | treatments.session
ADDD.EXSEQ | Sequence Number of the Session        | device_deficiencies.session
EXTRT     | Name of Treatment                      | treatments.treatment
ASTTM     | Analysis Start Time                    | treatments.start_time
AENTM     | Analysis End Time                      | treatments.end_time
ADURHR    | Analysis Duration (Hours)              | ASTDT, ASTTM, AENDT, AENTM
DOSE      | Dose                                   | treatments.dose
DOSU      | Dose Units                             | treatments.dose_unit
COMPLFL   | Given as Planned Flag                  | treatments.completed
REASON    | Reason                                 | treatments.reason
ADSP.REASON | Reason Not Collected                 | specimens.reason; ADSL.DTHDT, EOSDT
ADSTAT.REASON | Reason Status Unknown              | ADTTE.CNSDTDSC
CRITID    | Criterion Identifier                   | study file: eligibility.id
CRITTYPE  | Inclusion or Exclusion                 | study file: eligibility.kind
CRIT      | Criterion                              | study file: eligibility.text
DATARES   | Result on the Data                     | the columns and results that the criterion names
VALUES    | Values Used                            | the columns and results that the criterion names
INVRES    | Answer of the Investigator             | eligibility.answer
DIFFFL    | Data and Investigator Disagree Flag    | DATARES, INVRES
SPEC      | Specimen                               | study file: specimens.kinds
EXPFL     | Specimen Expected Flag                 | ADSL.DTHDT, EOSDT; study file: visits
COLLFL    | Specimen Collected Flag                | specimens.collected
DVCAT     | Category of Protocol Deviation         | deviations.category
DVTERM    | Protocol Deviation Term                | deviations.description
MAJORFL   | Major Deviation Flag                   | deviations.major
DDTERM    | Device Deficiency as Reported          | device_deficiencies.description
AEFL      | Led to an Adverse Event Flag           | device_deficiencies.led_to_event
CMTRT     | Reported Name of Drug or Product       | medications.name
CMCAT     | Category of Medication                 | medications.kind
CMINDC    | Indication                             | medications.indication
CMDOSE    | Dose as Written                        | medications.dose
DAY       | Fixed Follow-up Day                    | study file: analyses.days
STATUS    | Known Status at the Fixed Day          | ADTTE; study file: time.status_tolerance_days
ATOXTERM  | CTCAE Term                             | PARAMCD
ATOXVER   | CTCAE Version                          | study file: safety.grading
ATOXGR    | Analysis Toxicity Grade                | AVAL, ANRLO, ANRHI, baseline
ATOXGRN   | Toxicity Grade as from Normal Baseline | AVAL, ANRLO, ANRHI
BTOXGR    | Baseline Toxicity Grade                | ATOXGRN of the baseline record
AVALULN   | Value as Multiple of Upper Limit       | AVAL, ANRHI
POSTFL    | After the Origin Flag                  | ADT, ATM, ADSL.ORIGDT
WORSTFL   | Highest Grade after Origin Flag        | ATOXGR
WORSTNFL  | Highest ATOXGRN after Origin Flag      | ATOXGRN
BASIS     | Basis of the Multiples                 | upper limit, baseline, or lowest value so far
PEAKTA    | Peak Transaminase Multiple             | ADLB: ALT, AST
PEAKTAP   | Transaminase of the Peak               | ADLB: ALT, AST
PEAKTADY  | Study Day of the Transaminase Peak     | ADLB.ADY
PEAKTB    | Peak Bilirubin Multiple                | ADLB: BILI
PEAKTBDY  | Study Day of the Bilirubin Peak        | ADLB.ADY
QUADRANT  | Quadrant                               | PEAKTA, PEAKTB
QUADTXT   | Name of the Quadrant                   | QUADRANT
PAIRFL    | Bilirubin Followed Transaminase Flag   | ADLB: ALT, AST, BILI
PAIRTADY  | Study Day of That Transaminase         | ADLB.ADY
PAIRTBDY  | Study Day of That Bilirubin            | ADLB.ADY
PAIRALP   | ALP of That Day, Multiple of Upper Lim | ADLB: ALP
ADJUDFL   | Requires Adjudication Flag             | PAIRFL, PAIRALP
RRATIO    | R Ratio                                | ADLB: ALT, ALP
RPATTERN  | Pattern by R Ratio                     | RRATIO
BILIBULN  | Baseline Bilirubin, Multiple of Upper  | ADLB: BILI, BASE, ANRHI
ABNBLFL   | Abnormal Baseline Bilirubin Flag       | BILIBULN
LBNRIND   | Reference Range Indicator of the Lab   | the file's own variable
SIDE      | Side of the Level                      | study file: safety
LEVEL     | Level of the Value                     | AVAL, ANRLO, ANRHI, BASE
NLEVELS   | Number of Levels of the Guide          | PARAMCD
BLEVEL    | Baseline Level                         | LEVEL of the baseline record
EXTRFL    | Extreme Value Flag                     | AVAL
DTHDY     | Study Day of Death                     | ADSL.DTHDT, ORIGDT
DTHLSTD   | Days from Last Treatment to Death      | ADSL.DTHDT, TRTEDT
NSESS     | Number of Sessions Started             | ADEX
DTHTERM   | Fatal Events                           | ADAE.AEDECOD, AETOXGR
NARRKIND  | Kind of Narrative                      | ADAE, ADSL
NARRTXT   | Draft Narrative                        | ADSL, ADAE, ADEX, ADLB
NNOREF    | Values without a Reference             | ADLB: AVAL, ANRHI, BASE
"""
# fmt: on
_ROWS = {
    name.strip(): (label.strip(), source.strip())
    for name, label, source in (line.split("|") for line in _TEXT.strip().splitlines())
}  # fmt: skip


def find_label(dataset: str, name: str) -> tuple[str, str] | None:
    """Label and source of a variable, or None where this table has none (a variable of the study's own)."""
    plain = "ADLB" if dataset == "ADLBSENS" else dataset
    return _ROWS.get(f"{plain}.{name}", _ROWS.get(name))
