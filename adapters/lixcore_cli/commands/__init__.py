"""The commands of ``lix``, one module each."""
