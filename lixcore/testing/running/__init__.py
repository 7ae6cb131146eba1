"""How `lixcore.testing.runner` runs a contract: a process that is watched, a pytest in it, and a report."""
