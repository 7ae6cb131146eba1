"""How data that belong to somebody look in a text. Every pattern takes time in proportion to the text, whatever stands in it."""
