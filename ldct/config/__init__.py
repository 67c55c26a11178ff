"""The typed configuration; `Study` is its root."""

from ldct.config.study import Study

__all__ = ["Study"]
