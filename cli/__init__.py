"""The command line, one file per command: it alone prints, and turns errors into exit codes."""
