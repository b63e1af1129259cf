"""Drug-induced liver injury: patients by quadrant of eDISH and of its modified forms (ADDILI)."""

from hepatrial.analyse.rows import Group, Plan, Rows, count_and_percent, make_row, make_rows

BASES = ("upper-limit", "baseline", "nadir")
QUADRANTS = ("RUQ", "LUQ", "RLQ", "LLQ")


def analyse_liver_injury(plan: Plan, group: Group) -> Rows:
    """Per basis: quadrants of the peaks, pairs in time that require adjudication, abnormal bilirubin at baseline."""
    if "ADDILI" not in plan.data.datasets:
        return
    addili = plan.dataset("ADDILI", group)
    for basis in BASES:
        rows = addili[addili["BASIS"] == basis]
        known = rows[rows["QUADRANT"].isin(QUADRANTS)]
        source = ("ADDILI", [("BASIS", "in", [basis]), ("QUADRANT", "in", list(QUADRANTS))])
        keys = {"variable": basis, "n_used": len(known)}
        yield make_row(plan, group, "liver injury", "n_total", len(known), source=source, **keys)
        levels = {name: ("QUADRANT", name) for name in QUADRANTS}
        levels |= {"requires adjudication": ("ADJUDFL", "Y"), "abnormal bilirubin at baseline": ("ABNBLFL", "Y")}
        for level, (column, value) in levels.items():
            stats = count_and_percent(int((known[column] == value).sum()), len(known))
            named = {"level": level, "source": (source[0], [*source[1], (column, "in", [value])])}
            yield from make_rows(plan, group, "liver injury", stats, **named, **keys)
