"""Step 4: turn estimates into gates, utilities, a ranking and a recommendation. Pure functions on numpy."""
