"""The command line: one file per command; the only place that prints and that turns errors into exit codes."""
