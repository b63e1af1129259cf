"""What the study's source does not state: every ``confirm = true``, with its path and note."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hepatrial.study.models import Study


@dataclass(frozen=True)
class Confirmation:
    """One place of study.toml that the investigator must confirm."""

    path: str
    note: str


def find_confirmations(study: Study) -> tuple[Confirmation, ...]:
    """Every place marked ``confirm = true``, in the order of the file."""
    return tuple(_walk(study.model_dump(by_alias=True), ""))


def _walk(node: Any, path: str) -> Iterator[Confirmation]:
    if isinstance(node, dict):
        if node.get("confirm") is True:
            yield Confirmation(path, str(node.get("confirm_note", "")))
        for key, value in node.items():
            yield from _walk(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list | tuple):
        for index, item in enumerate(node):
            name = next(
                (item[key] for key in ("id", "code", "number") if isinstance(item, dict) and key in item),
                index + 1,
            )
            yield from _walk(item, f"{path}[{name}]")
