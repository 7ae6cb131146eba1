"""The values of a conversation's memory, and pure functions over them. Nothing here does input or output."""
