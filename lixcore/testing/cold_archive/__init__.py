"""The contract of the cold archive."""
