"""Standard tables to analysis datasets."""

__all__: list[str] = []
