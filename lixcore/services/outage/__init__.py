"""What happens while the hot store is away, and after."""
