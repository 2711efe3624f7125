"""Products -> request messages."""
