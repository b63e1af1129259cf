"""Headings of ICH E3 over the numbered outputs."""

from collections.abc import Sequence

from hepatrial.render import Figure, Listing, Table

SECTIONS = {
    "11.4": "Data cut and interim monitoring",
    "14.1": "Study subjects",
    "14.2": "Efficacy and biomarkers",
    "14.3": "Safety",
    "16.1": "Quality control",
    "16.2": "Listings of subject data",
}


def kind_of(output: Table | Listing | Figure) -> str:
    """Table, Listing or Figure."""
    return type(output).__name__


def group_sections(
    outputs: Sequence[Table | Listing | Figure],
) -> list[tuple[str, list[Table | Listing | Figure]]]:
    """Outputs under the headings of ICH E3, in the order in which each heading first comes."""
    groups: dict[str, list[Table | Listing | Figure]] = {}
    for item in outputs:
        prefix = ".".join(item.number.split(".")[:2])
        groups.setdefault(SECTIONS.get(prefix, "Other outputs"), []).append(item)
    return list(groups.items())
