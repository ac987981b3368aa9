"""Simulated keypad."""
