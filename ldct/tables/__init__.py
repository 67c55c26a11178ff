"""The Parquet tables between the stages: their schemas, and how they are written and read."""

from ldct.tables.io import damaged_set_aside, read_table, table_of, write_table

__all__ = ["damaged_set_aside", "read_table", "table_of", "write_table"]
