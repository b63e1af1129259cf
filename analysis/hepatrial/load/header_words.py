"""What hospitals call the columns of the standard tables, in English, German and Chinese, folded."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SUBJECT: Final = (
    "subject id", "subject", "subjid", "usubjid", "patient", "patient id", "patienten nr", "record id", "id",
    "受试者编号", "受试者", "患者编号", "病历号", "病人编号",
)  # fmt: skip
_SHARED: Final[Mapping[str, tuple[str, ...]]] = {
    "subject_id": SUBJECT,
    "visit": ("visit", "visite", "avisit", "redcap event name", "event name", "访视", "访视期", "访视名称"),
    "site": ("site", "siteid", "centre", "center", "zentrum", "中心", "中心编号"),
    "date": ("date", "datum", "sample date", "collection date", "lbdat", "lbdtc", "lab date", "采样日期", "检查日期",
             "检验日期", "日期"),
    "time": ("time", "uhrzeit", "lbtim", "sample time", "采样时间", "时间"),
    "parameter": ("parameter", "test", "lbtestcd", "lbtest", "paramcd", "analyte", "检验项目", "项目", "指标"),
    "result": ("result", "value", "lborres", "lbstresn", "messwert", "wert", "检验结果", "结果", "数值"),
    "unit": ("unit", "units", "lborresu", "einheit", "单位"),
    "ref_low": ("ref low", "lower limit", "lbornrlo", "lbstnrlo", "参考下限"),
    "ref_high": ("ref high", "upper limit", "lbornrhi", "lbstnrhi", "参考上限"),
    "arm": ("arm", "group", "treatment arm", "treatment group", "gruppe", "组别", "分组"),
    "sex": ("sex", "gender", "geschlecht", "性别"),
    "age": ("age", "alter", "年龄"),
    "birth_date": ("birth date", "date of birth", "dob", "geburtsdatum", "出生日期"),
    "consent_date": ("consent date", "informed consent", "rficdt", "知情同意日期", "签署日期"),
    "enrolment_date": ("enrolment date", "enrollment date", "入组日期"),
    "randomisation_date": ("randomisation date", "randomization date", "rand date", "随机日期", "随机化日期"),
    "second_randomisation_date": ("second randomisation date", "second randomization date", "二次随机日期"),
    "second_arm": ("second arm", "second group", "二次分组"),
    "onset_date": ("onset date", "onset of liver failure", "发病日期", "肝衰竭发病日期"),
    "aetiology": ("aetiology", "etiology", "cause of liver failure", "病因"),
    "stage": ("stage", "stadium", "分期"),
    "session": ("session", "session number", "exseq", "治疗次数", "次数"),
    "treatment": ("treatment", "extrt", "治疗", "治疗名称"),
    "start_date": ("start date", "aestdat", "aestdtc", "ae start", "exstdtc", "cmstdtc", "beginn", "开始日期",
                   "发生日期"),
    "end_date": ("end date", "aeendat", "aeendtc", "ae end", "exendtc", "cmendtc", "ende", "结束日期"),
    "dose": ("dose", "exdose", "cmdose", "dosis", "剂量"),
    "status": ("status", "vital status", "生存状态", "状态"),
    "source": ("source", "information source", "信息来源"),
    "outcome": ("outcome", "endpoint", "dsdecod", "结局"),
    "cause": ("cause", "cause of death", "死亡原因", "原因"),
    "event": ("event", "aeseq", "event number", "redcap repeat instance", "事件编号"),
    "term": ("term", "aeterm", "ae term", "adverse event", "不良事件", "不良事件名称"),
    "preferred_term": ("preferred term", "aedecod", "pt", "首选语"),
    "system_organ_class": ("system organ class", "aebodsys", "aesoc", "soc", "系统器官分类"),
    "grade": ("grade", "ctcae grade", "aetoxgr", "ae sev", "severity", "分级", "级别", "严重程度"),
    "serious": ("serious", "aeser", "ae ser", "sae", "是否严重", "严重不良事件"),
    "name": ("medication", "drug", "cmtrt", "药物名称", "药品名称"),
    "kind": ("kind", "specimen", "specimen type", "标本类型"),
    "collected": ("collected", "是否采集"),
    "description": ("description", "deviation", "dvterm", "描述", "方案偏离"),
    "criterion": ("criterion", "ietestcd", "标准编号"),
    "answer": ("answer", "ieorres", "是否符合"),
    "screening_id": ("screening id", "screening number", "筛选号"),
}  # fmt: skip
HEADER_WORDS: Final = MappingProxyType(dict(_SHARED))
"""Standard column = what it is called, as ``fold_header`` leaves it."""
OUTCOME_DATES: Final = ("outcome date", "event date", "dsstdtc", "结局日期", "死亡日期", "date")
STATUS_DATES: Final = ("last follow up date", "last contact date", "末次随访日期", "随访日期", "date")
"""What the date is called in ``outcomes`` and ``vital_status``, where one file often fills both."""
