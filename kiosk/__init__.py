"""The Kivy touch kiosk."""
