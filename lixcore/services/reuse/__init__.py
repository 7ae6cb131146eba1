"""What was paid for once is used again: answers, and the embeddings of URLs."""
