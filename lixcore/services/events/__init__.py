"""Events: from where they happen to those who watch."""
