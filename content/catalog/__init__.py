"""The catalogue of domains and service items 政务服务事项."""
