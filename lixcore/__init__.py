"""The memory of a conversational AI application."""

__version__ = "0.1.0.dev0"
