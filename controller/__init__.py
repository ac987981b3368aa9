"""The aiohttp controller: desk, phone pages, device API, push and store."""
