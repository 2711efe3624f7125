"""The answers cache: journal, Parquet buckets, ledger of batches, and the digests that decide what is asked."""
