"""Everything a study chose is built and run once, small, before anything is computed."""
