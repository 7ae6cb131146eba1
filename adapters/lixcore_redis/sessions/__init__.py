"""The hot store: sessions as streams."""
