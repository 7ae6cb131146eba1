"""What `lix verify` and `lix doctor` look at on the server."""
