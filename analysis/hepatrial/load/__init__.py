"""Files to typed standard tables; problems as findings, an error only for an unreadable file."""

from hepatrial.load.decisions import read_decisions, read_findings
from hepatrial.load.exports import read_exports
from hepatrial.load.key import Key, apply_key, order_arms, read_key
from hepatrial.load.proposal import propose_data_map

__all__ = [
    "Key",
    "apply_key",
    "order_arms",
    "propose_data_map",
    "read_decisions",
    "read_exports",
    "read_findings",
    "read_key",
]
