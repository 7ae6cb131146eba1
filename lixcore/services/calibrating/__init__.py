"""Choosing a threshold on labelled pairs."""
