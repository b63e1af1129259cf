"""The statistical methods section: sentences made from the study file, with literature and software."""

from hepatrial.render.methods.describe import describe_methods

__all__ = ["describe_methods"]
