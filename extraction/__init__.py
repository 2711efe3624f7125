"""Products in, plan, fan-out, journal, answers cache, answers -> votes."""
