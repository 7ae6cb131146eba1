"""Embeddings of URLs, each made once."""
