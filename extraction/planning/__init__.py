"""What the config asks of the products, what the cache covers, and the requests that are left."""
