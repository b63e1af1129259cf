"""Labels of arms that are everyday words, such as Treatment or Control: a text that uses the word tells nobody's arm.

It tells one as a whole cell (a heading, a value of a patient), or beside a word such as group or arm.
"""

import re

CARE = {
    *("treatment", "treatments", "therapy", "therapies", "care", "standard", "usual", "routine", "conventional"),
    *("medical", "comprehensive", "supportive", "best", "basic", "of", "and", "the"),
    *("治疗", "常规治疗", "标准治疗", "综合治疗", "内科治疗", "内科综合治疗", "常规内科治疗"),
}
"""Words of the care that all patients of a trial have: a label of several of them tells nobody's arm either."""
ALONE = {"treated", "control", "controls", "intervention", "interventions", "experimental", "comparator", "active",
         "medication", "对照", "试验"}  # fmt: skip
"""Words that any text uses alone; beside another word (experimental therapy) they tell the arm."""
_WORD = re.compile(r"[^\W\d_]+")
_GROUP = r"(?:group|arm|cohort)"
_GIVEN = r"(?:group|arm|randomi[sz]ed to|allocated to|assigned to|unblinded to)"


def is_everyday(word: str) -> bool:
    """Whether a text may hold a label or code of an arm and tell nothing; what is given (cells, a device) tells it."""
    parts = _WORD.findall(re.sub(rf" {_GROUP}$", "", word.casefold()))
    if re.search(r"\d", word) or not parts:
        return False
    return all(part in CARE for part in parts) or (len(parts) == 1 and parts[0] in ALONE)


def name_arm(plain: str) -> re.Pattern[str]:
    """An everyday word where it names an arm: control group, arm: control, randomised to control, 对照组."""
    if not plain.isascii():
        return re.compile(rf"{re.escape(plain)}组")
    word = re.escape(re.sub(rf" {_GROUP}$", "", plain))
    return re.compile(rf"(?<![a-z0-9])(?:{word} {_GROUP}|{_GIVEN}:? (?:the )?{word})(?![a-z0-9])")
