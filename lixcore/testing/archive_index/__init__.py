"""What every archive index does. Start at `contract`."""
