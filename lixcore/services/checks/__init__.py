"""Whether all that is stored can be read, and agrees."""
