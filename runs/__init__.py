"""What each command does, without a terminal: one function per command."""
