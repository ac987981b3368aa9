"""The key ceremony: holders make and use root keys on a computer without a network."""
