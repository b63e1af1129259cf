"""Labels of arms that are everyday words, such as Treatment or Control: a text that uses the word tells nobody's arm.

It tells one as a whole cell (a heading, a value of a patient), or beside a word such as group or arm.
"""

import re

EVERYDAY = {
    *("treatment", "treatments", "treated", "therapy", "therapies", "care", "control", "controls", "standard", "usual"),
    *("routine", "conventional", "medical", "comprehensive", "supportive", "best", "basic", "of", "and", "the", "plus"),
    *("intervention", "interventions", "experimental", "comparator", "comparison", "active", "drug", "medicine"),
    *("medication", "cells", "cell", "device", "procedure", "product", "group", "arm", "cohort"),
    *("治疗", "对照", "试验", "常规治疗", "标准治疗", "综合治疗", "内科治疗", "内科综合治疗", "常规内科治疗"),
}
"""Words that texts of any trial use of all its patients."""
_WORD = re.compile(r"[^\W\d_]+")
_GROUP = r"(?:group|arm|cohort)"
_GIVEN = r"(?:group|arm|randomi[sz]ed to|allocated to|assigned to|unblinded to)"


def is_everyday(word: str) -> bool:
    """Whether a label or code of an arm holds nothing but everyday words; numbers and codes tell something."""
    return not re.search(r"\d", word) and all(part in EVERYDAY for part in _WORD.findall(word.casefold()))


def name_arm(plain: str) -> re.Pattern[str]:
    """An everyday word where it names an arm: control group, arm: control, randomised to control, 对照组."""
    if not plain.isascii():
        return re.compile(rf"{re.escape(plain)}组")
    word = re.escape(re.sub(rf" {_GROUP}$", "", plain))
    return re.compile(rf"(?<![a-z0-9])(?:{word} {_GROUP}|{_GIVEN}:? (?:the )?{word})(?![a-z0-9])")
