"""Gold: cells whose true value is known, and what is drawn, fitted and calibrated with them."""
