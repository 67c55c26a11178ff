"""The Parquet tables between the stages: their schemas, and how they are written and read."""

from ldct.tables.io import read_table, set_aside, write_table

__all__ = ["read_table", "set_aside", "write_table"]
