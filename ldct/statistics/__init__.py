"""Consistency of losses and metrics: the statistics on the table of metrics."""
