"""What a run leaves behind: its files, the page, and the comparison with an earlier run."""
