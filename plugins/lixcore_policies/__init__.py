"""Policies that ship with lixcore."""
