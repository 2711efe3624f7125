"""The machinery around every vendor: pace, retries, structured output, prices."""
