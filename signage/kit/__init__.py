"""Theme, fonts, line breaking and images shared by screens and kiosk."""
