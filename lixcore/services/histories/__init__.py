"""Whole histories: listed, and brought in."""
