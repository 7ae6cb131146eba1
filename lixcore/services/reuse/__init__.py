"""What all caches have: a guard against a failing store, and counts of what they were good for."""
