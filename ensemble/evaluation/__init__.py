"""How right everyone is on gold, and what one should do about it."""
