"""What runs beside the screen: wire, agent, ipc, drivers and their simulators."""
