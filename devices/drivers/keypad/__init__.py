"""Keypad for people who do not see the screen: codecs and state machine."""
