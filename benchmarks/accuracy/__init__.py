"""How right the ensemble is on recorded answers of real models, beside the best single one."""
