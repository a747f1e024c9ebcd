"""What an operator sees: logs, metrics and traces. Never a prompt and never an answer."""
