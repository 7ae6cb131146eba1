"""What every similarity index does: `SimilarityIndexContract`."""
