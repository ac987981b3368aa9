"""What the kiosk does, in plain Python: no toolkit here."""
