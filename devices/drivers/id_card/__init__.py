"""Resident ID card reader (SDT family): codec, layouts, state machine."""
