"""For each stage of the workflow, what its jobs read: parameters as canonical JSON, code and weight files."""
