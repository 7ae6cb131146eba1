"""Answers that were paid for once."""
