"""Cached answers -> votes -> weights -> values: the two passes over the buckets, and what gold adds to them."""
