"""The vendors' batch APIs behind one protocol."""
