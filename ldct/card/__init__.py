"""The card of a study: what it consists of, what it can answer, and what it costs."""
