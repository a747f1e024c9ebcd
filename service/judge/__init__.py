"""Step 2: score every answer by a check or by the judge, or record a failure."""
