"""The Kivy player for public screens, and the kit shared with the kiosk."""
