"""The vendors' SDKs, each behind one small class; imported when a provider is opened."""
