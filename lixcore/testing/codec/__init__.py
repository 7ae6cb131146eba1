"""The contract of the codec."""
