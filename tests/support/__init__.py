"""Test helpers: servers, warehouses, sample shops and ways to use them."""
