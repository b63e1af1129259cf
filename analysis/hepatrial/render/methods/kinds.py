"""What the tables of sentences are: by the name of the model that holds the option."""

from collections.abc import Mapping
from typing import Any

Leads = Mapping[str, str]
"""The first sentence of a method; ``{name}`` is a fact of the analysis."""

Values = Mapping[tuple[str, str], str]
"""The sentence of an option that is a number, a name or a list, said as ``{value}`` where it is not empty."""

SAMPLES: Mapping[Any, str] = {
    "all": "",
    "undisturbed": "This is a sensitivity analysis: samples after the origin that were taken soon after a session or a "
    "blood product, as the visit rule says, were left out, and visits and scores were found again without them.",
}
Choices = Mapping[tuple[str, str], Mapping[Any, str]]
"""The sentence of every value of an option with a closed list of values; an empty one says nothing."""
