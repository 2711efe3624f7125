"""What was learned and decided, as the files of a run."""
