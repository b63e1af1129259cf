"""Files to typed standard tables; problems as findings, an error only for an unreadable file."""

from hepatrial.load.decisions import read_decisions, read_findings
from hepatrial.load.exports import read_exports

__all__ = ["read_decisions", "read_exports", "read_findings"]
