"""Two or more finished studies side by side: another site, network or dose."""
