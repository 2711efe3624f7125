"""Answers -> votes: read, read again, imported, and laid out for the ensemble."""
