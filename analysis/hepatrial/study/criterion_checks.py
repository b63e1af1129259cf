"""Faults of criteria that the form of each cannot show: where ``agree_on`` can stand."""

from collections.abc import Iterator
from typing import Any

from hepatrial.study.raw_file import Raw, list_items, list_names


def check_agreement(raw: Raw) -> Iterator[str]:
    """``agree_on`` compares measured parameters, and makes its finding for eligibility criteria alone."""
    measured = list_names(raw, "parameters")
    for item in list_items(raw, "eligibility"):
        for node in _agreeing(item.get("criterion")):
            others = sorted({name for name in _leaf_names(node) if name not in measured})
            if others:
                where = f"eligibility ({item.get('id')}).criterion.agree_on"
                yield f"{where}: compares results of parameters; {', '.join(others)} is none: put it outside this any"
    for item in list_items(raw, "populations"):
        for step in list_items(item, "steps"):
            if any(True for _ in _agreeing(step.get("keep"))):
                yield f"populations ({item.get('code')}).steps: agree_on is for eligibility criteria; remove it here"


def _agreeing(node: Any) -> Iterator[Raw]:
    if isinstance(node, dict) and node.get("agree_on"):
        yield node
    for member in _members(node):
        yield from _agreeing(member)


def _members(node: Any) -> list[Any]:
    if not isinstance(node, dict):
        return []
    groups = [node.get("all"), node.get("any"), [node.get("not")]]
    return [member for group in groups if isinstance(group, list) for member in group if isinstance(member, dict)]


def _leaf_names(node: Raw) -> Iterator[str]:
    """The parameter of each leaf; of another leaf its predicate or column."""
    members = _members(node)
    if not members:
        yield str(node.get("predicate") or node.get("parameter") or node.get("column"))
    for member in members:
        yield from _leaf_names(member)
