"""The socket between the agent and its user interfaces."""
