"""Pure statistics: arrays or columns in, frozen results out; the only room that knows lifelines, statsmodels
and scipy.stats."""

__all__: list[str] = []
