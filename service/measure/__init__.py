"""Step 1: ask every candidate every prompt and time it."""
