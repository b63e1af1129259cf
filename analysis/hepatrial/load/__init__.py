"""Files to typed standard tables; problems as findings, an error only for an unreadable file."""

from hepatrial.load.exports import read_exports

__all__ = ["read_exports"]
