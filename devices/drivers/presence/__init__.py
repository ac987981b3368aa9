"""Presence radar (HLK-LD2410 family): codec, judgement, state machine."""
