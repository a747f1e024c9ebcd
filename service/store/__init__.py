"""What is remembered: tables and queries. The only place that imports sqlalchemy."""
