"""The models of Acme, a vendor that does not exist, as a provider of attrx."""
