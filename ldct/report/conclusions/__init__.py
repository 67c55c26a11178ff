"""The first page: what can be trusted, what differs, and what cannot be told, as the tables say it.

Nothing here turns a number into a verdict: verdicts and their reasons stand in the tables, by `ldct.statistics.policy`.
"""
