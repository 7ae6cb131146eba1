"""The embedding store: values with their own expiry."""
