"""The public names of each room are the documented ones: sorted, existing, with a docstring, and in docs/python.md."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs" / "python.md"
ROOMS = [
    "analyse",
    "check",
    "compare",
    "contracts",
    "derive",
    "derive.scores",
    "derive.toxicity",
    "estimate",
    "load",
    "render",
    "report",
    "simulate",
    "study",
    "units",
    "validation",
]


def names(room: str) -> list[str]:
    return importlib.import_module(f"hepatrial.{room}").__all__


def documented() -> dict[str, set[str]]:
    """Names by room, as docs/python.md lists them."""
    parts = re.split(r"^## `hepatrial\.([\w.]+)`$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        room: set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
        for room, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.mark.parametrize("room", ROOMS)
def test_the_public_names_of_a_room_are_sorted_and_exist(room):
    module, public = importlib.import_module(f"hepatrial.{room}"), names(room)
    assert public == sorted(public, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    for name in public:
        thing = getattr(module, name)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            assert thing.__doc__, f"{room}.{name} has no docstring"


@pytest.mark.parametrize("room", ROOMS)
def test_the_public_names_are_the_documented_ones(room):
    assert documented()[room] == set(names(room))
