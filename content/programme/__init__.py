"""What a public screen shows, when and why."""
