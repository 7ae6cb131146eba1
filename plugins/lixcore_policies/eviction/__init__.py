"""The eviction policies: all let idle sessions leave first, and differ in who makes room."""
