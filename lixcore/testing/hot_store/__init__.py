"""The contract of the hot store."""
