"""What vendors reached over HTTP share: formats, errors, keys."""
