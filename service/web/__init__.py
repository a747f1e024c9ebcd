"""What is seen: pages on top of the API's wire objects."""
