"""Topics and envelopes on the wire: dataclass <-> (topic, bytes). Pure."""
