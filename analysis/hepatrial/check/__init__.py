"""Typed tables to findings: each rule one function, one gate over all of them."""

from hepatrial.check.exports import CHECKS, check_exports

__all__ = ["CHECKS", "check_exports"]
