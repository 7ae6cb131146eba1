"""The two stores of a session, and what moves between them."""
