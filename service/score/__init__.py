"""Step 3: turn verdicts and samples into estimates with intervals. Pure functions on numpy and scipy."""
