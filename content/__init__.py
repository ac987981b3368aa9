"""The domain: decides, does no I/O (but for replica/), reads no clock, knows no toolkit."""
