"""Starts, configures and watches mosquitto; the zone's certificate authority."""
