"""The answers cache: journal, Parquet buckets, ledger of batches, and digests of what is asked."""
