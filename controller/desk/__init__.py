"""The staff's web desk."""
