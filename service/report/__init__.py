"""Step 5: turn everything into JSON, CSV and Markdown. Pure."""
