"""What every folder uses: settings, their loading and checking, errors, and shared knowledge.

Shared knowledge is what more than one folder has to agree on: which characters are not seen, the
normal form of a value, what keys look like, the states of a vote.
"""
