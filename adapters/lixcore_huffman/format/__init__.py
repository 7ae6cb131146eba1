"""The bytes of a ``.huff`` file: pure functions between bytes and values, without a file."""
