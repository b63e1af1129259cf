"""One row a subject, from several files: demographics here, randomisation there.

Only tables whose key is one identifier are merged, and only rows of different sources. A later row fills what the first
one leaves empty; where both say something and it differs, both rows stay, and the check finds the conflict.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hepatrial.contracts import RECORD_COLUMNS, TableSpec
from hepatrial.load.sheet import IntArray


def merge_rows(spec: TableSpec, table: pd.DataFrame, sizes: Sequence[int]) -> tuple[pd.DataFrame, IntArray]:
    """The table with its rows merged, and for each row as given the place of the row that it went into.

    ``sizes`` are the numbers of rows of the sources, in their order.
    """
    stays = np.arange(len(table))
    if len(spec.key) != 1 or len(sizes) < 2 or table.empty:
        return table, stays
    source = np.repeat(np.arange(len(sizes)), sizes)
    values = [name for name in table.columns if name not in RECORD_COLUMNS and name != spec.key[0]]
    cells = table[values].astype(object).to_numpy()
    is_empty = table[values].isna().to_numpy() | (cells == "")
    target = stays.copy()
    first_of: dict[str, int] = {}
    for place, key in enumerate(table[spec.key[0]]):
        first = first_of.setdefault(key, place) if key is not None else place
        if first == place or source[first] == source[place]:
            continue
        differs = ~is_empty[first] & ~is_empty[place] & (cells[first] != cells[place])
        if not differs.any():
            fills = is_empty[first] & ~is_empty[place]
            cells[first, fills], is_empty[first, fills] = cells[place, fills], False
            target[place] = first
    return _rebuild(table, values, cells, target)


def _rebuild(
    table: pd.DataFrame, values: list[str], cells: npt.NDArray[np.object_], target: IntArray
) -> tuple[pd.DataFrame, IntArray]:
    kept = np.flatnonzero(target == np.arange(len(table)))
    merged = table.iloc[kept].reset_index(drop=True)
    for index, name in enumerate(values):
        merged[name] = pd.Series(cells[kept, index], dtype=object).astype(table[name].dtype)
    return merged, np.searchsorted(kept, target)
