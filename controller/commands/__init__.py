"""What the command line does; the parser is controller.cli."""
