"""hepatrial: from exported trial data in liver failure to a traceable, reproducible endpoint report."""

__version__ = "0.1.0"
