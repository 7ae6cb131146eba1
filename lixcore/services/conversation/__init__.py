"""Adding to a conversation, and reading it."""
