"""Votes -> patterns -> weights -> values, and evaluation.

Pure: no files, no network, no clock, no terminal.
"""
