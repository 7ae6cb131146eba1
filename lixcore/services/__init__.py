"""What lixcore does, as use cases over the ports. Nothing here knows which adapter is behind a port."""
