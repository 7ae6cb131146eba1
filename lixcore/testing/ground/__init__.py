"""What every contract stands on: rules that teach, places of their own, a clock to set, and values that find bugs."""
