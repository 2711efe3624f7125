"""The fan-out: requests to models, answers to the journal, within a budget."""
