"""Models: a file per vendor behind one small protocol; pace, retries, prices; mock and replay."""
