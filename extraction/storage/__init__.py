"""Files on disk that a crash, a second run or a stranger must not spoil: whole, locked, private."""
