"""No method escapes the blinding: each is known to compare arms alone, by a key, or never."""

from typing import get_args

import pytest
from pydantic import BaseModel

from hepatrial.study import code_study, pool_study, read_study, templates_dir
from hepatrial.study.analyses import Analysis
from hepatrial.study.blinding import COMPARISON_KEYS, EFFICACY, ONLY_COMPARES

MODELS = {get_args(model.model_fields["method"].annotation)[0]: model for model in get_args(get_args(Analysis)[0])}
DESCRIBES = {
    "disposition", "eligibility", "exposure", "specimens", "states", "by visit", "missingness", "trajectory summary",
    "adverse event times", "deaths", "medications", "liver injury", "laboratory levels",
}  # fmt: skip
"""Methods that show each arm and compare nothing, looked at one by one: a new method needs that look."""


def names_in(annotation: object) -> set[str]:
    """Names of the models in an annotation."""
    own = {annotation.__name__} if isinstance(annotation, type) and issubclass(annotation, BaseModel) else set()
    return own.union(*(names_in(part) for part in get_args(annotation)))


def test_every_method_is_looked_at():
    by_key = {method for method, model in MODELS.items() if set(COMPARISON_KEYS) & set(model.model_fields)}
    assert set(MODELS) == DESCRIBES | by_key | set(ONLY_COMPARES)
    assert not DESCRIBES & (by_key | set(ONLY_COMPARES))
    assert not by_key & set(ONLY_COMPARES)


def test_every_key_that_compares_is_silenced():
    words = ("Comparison", "IncidenceModels")
    for method, model in MODELS.items():
        for name, field in model.model_fields.items():
            if any(word in found for found in names_in(field.annotation) for word in words):
                assert name in COMPARISON_KEYS, (method, name)


@pytest.mark.parametrize("template", ["nct05985863", "nct06242405", "nct05940610"])
def test_blinded_views_of_the_templates_compare_nothing(template):
    study = read_study(templates_dir() / template / "study.toml")
    codes = [arm.code for arm in study.design.arms]
    letters = dict(zip(codes, "AB", strict=True))
    efficacy = {name for item in study.endpoints if item.role in EFFICACY for name in item.analyses}
    for view, silenced in ((pool_study(study), None), (code_study(study, letters), efficacy)):
        for item in view.study.analyses:
            assert item.method not in ONLY_COMPARES
            if silenced is None or item.id in silenced:
                assert not any(getattr(item, key, None) for key in COMPARISON_KEYS), item.id
