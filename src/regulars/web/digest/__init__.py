"""Sending the digest: to whom, when, and how."""
