"""Pages made from results: data in, HTML text out."""
