"""Text in and out of the models: products -> request messages, answer text -> votes."""
