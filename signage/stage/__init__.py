"""Turns cues into Kivy widgets."""
