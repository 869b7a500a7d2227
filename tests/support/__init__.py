"""Helpers of the tests: servers, warehouses, shops and ways to use them."""
