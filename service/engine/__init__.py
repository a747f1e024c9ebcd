"""What must not be lost: durable execution. The only place that imports dbos."""
