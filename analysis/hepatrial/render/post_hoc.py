"""Marks on what is not as the plan was signed: in the title, so that every format shows it, with its reason below."""

from collections.abc import Sequence
from dataclasses import replace

from hepatrial.render.objects import Figure, Listing, Methods, Table
from hepatrial.study import Lock, Output, PostHoc

MARK = " (post hoc)"
AnyOutput = Table | Listing | Figure


def mark_output(output: AnyOutput, planned: Output, post_hoc: Sequence[PostHoc]) -> AnyOutput:
    """The output, marked when it or an analysis that it shows was changed or added after the plan was signed."""
    reasons = [
        item.sentence
        for item in post_hoc
        if item.name in (planned.analyses if item.kind == "analysis" else (planned.number,))
    ]
    if not reasons:
        return output
    notes: tuple[str, ...] = tuple(f"Post hoc, not as signed: {reason}" for reason in reasons)
    return replace(output, title=f"{output.title}{MARK}", footnotes=(*output.footnotes, *notes))


def mark_methods(methods: Methods, post_hoc: Sequence[PostHoc]) -> Methods:
    """The methods section with the titles of changed analyses marked."""
    names = {item.name for item in post_hoc if item.kind == "analysis"}
    parts = (
        replace(part, title=f"{part.title}{MARK}") if part.analysis_id in names else part for part in methods.parts
    )
    return replace(methods, parts=tuple(parts))


def describe_plan(lock: Lock | None, post_hoc: Sequence[PostHoc]) -> str:
    """The plan of the title page: signed by whom, and how much was changed since."""
    if lock is None:
        return "not signed (there is no study.lock)"
    changed = f"; changed since: {len(post_hoc)}, marked post hoc" if post_hoc else "; unchanged since"
    return f"signed by {lock.signed_by} on {lock.signed_on}{changed}"
