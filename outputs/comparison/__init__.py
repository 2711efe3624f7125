"""One run beside an earlier one: what changed and why, and which model behaves otherwise."""
