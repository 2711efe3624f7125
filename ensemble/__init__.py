"""Votes -> patterns -> weights -> values, and evaluation. Pure: no files, network, clock or terminal."""
