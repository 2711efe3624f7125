"""Configs and sample files that `attrx init` writes."""
