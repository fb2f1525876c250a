"""The API described by itself: /api/openapi.json, made from what declares it, and the same as a page at /api."""
