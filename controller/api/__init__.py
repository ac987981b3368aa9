"""What terminals call over HTTPS."""
