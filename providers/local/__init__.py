"""Models that run in this process: Llama, or any other chat model with open weights."""
