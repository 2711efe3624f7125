"""The catalog as a witness: how its own texts use the values that models give.

The contract: docs/design.md#the-catalog-as-a-witness.
"""
