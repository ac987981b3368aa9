"""Government information 政府信息: records, their disclosure class, review and reading of official documents."""
