"""Analyses of products: what each sells, who buys it, and with what."""
