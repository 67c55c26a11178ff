"""Parts of the benchmark of the raw path."""
