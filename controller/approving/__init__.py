"""Approve on a machine of one's own: check what is to be signed, and sign it, without trusting the controller."""
