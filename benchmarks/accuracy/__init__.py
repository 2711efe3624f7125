"""How right the ensemble is on recorded answers of real language models, beside the best single model on the same."""
