"""Requests through the vendors' batch APIs, over several calls."""
