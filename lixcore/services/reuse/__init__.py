"""What is paid for once and used again: cached answers and embeddings."""
