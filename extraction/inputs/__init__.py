"""Products and gold files: read as a stream, checked, and laid out by bucket."""
