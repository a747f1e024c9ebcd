"""What is served: controllers, wire objects and problems."""
