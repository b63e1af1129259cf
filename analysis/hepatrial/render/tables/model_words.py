"""How a method was called in the results, in the words of a report."""

import re
from collections.abc import Mapping

from hepatrial.render.methods.names import COLUMNS, STRUCTURES

_WORDS: Mapping[str, str] = {
    "kaplan-meier": "Kaplan–Meier", "aalen-johansen": "Aalen–Johansen", "logrank test": "log-rank test",
    "greenwood": "Greenwood", "efron ties": "Efron ties", "breslow ties": "Breslow ties",
    "kenward-roger-linear df": "Kenward–Roger (linear) df", "kenward-roger df": "Kenward–Roger df",
    "satterthwaite df": "Satterthwaite df", "clopper-pearson": "Clopper–Pearson", "beta-product": "beta-product",
    "fixed-day cloglog": "fixed days, complementary log-log", "fixed-day melded": "fixed days, melded",
    "km time": "Kaplan–Meier time", "fisher": "Fisher's exact test",
}  # fmt: skip
_COVARIANCE = re.compile(r"\bcovariance (\w+)")
_STRATIFIED = re.compile(r"\bstratified by (\w+)")


def describe_method(method: str) -> str:
    """``MMRM, covariance us`` as ``MMRM, unstructured covariance``: the payload itself stays as it is.

    >>> describe_method("MMRM, covariance us, REML, kenward-roger-linear df")
    'MMRM, unstructured covariance, REML, Kenward–Roger (linear) df'
    """
    text = _COVARIANCE.sub(lambda found: describe_covariance(found[1]), method)
    text = _STRATIFIED.sub(lambda found: f"stratified by {COLUMNS.get(found[1], found[1])}", text)
    for word, said in _WORDS.items():
        text = re.sub(rf"(?i)(?<![\w–-]){re.escape(word)}(?![\w–-])", said, text)
    return text


def describe_covariance(structure: str) -> str:
    """``us`` as ``unstructured covariance``; a structure that is none of ours as it is.

    >>> describe_covariance("ar1")
    'first-order autoregressive covariance'
    """
    return f"{STRUCTURES.get(structure, structure)} covariance"
