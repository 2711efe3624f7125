"""The methods: how votes become decisions."""
