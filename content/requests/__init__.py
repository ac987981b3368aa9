"""Requests for information 依申请公开: three statutory blocks, states and the legal clock."""
