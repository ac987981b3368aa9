"""Uninterruptible power supply, as the NUT server tells of it."""
