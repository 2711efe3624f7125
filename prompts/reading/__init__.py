"""Answer text -> votes."""
