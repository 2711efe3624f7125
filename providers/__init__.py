"""Models: one file per vendor behind one small protocol; retry, rate limits, prices; mock and replay."""
