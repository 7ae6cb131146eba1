"""What every embedding store does: `EmbeddingStoreContract`."""
