"""What is done without being asked for: idle sessions, room, age."""
