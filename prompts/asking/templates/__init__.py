"""The shipped prompt templates (Jinja2)."""
