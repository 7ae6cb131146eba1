"""Finding what was said: over whole histories by an index, and over one session without."""
