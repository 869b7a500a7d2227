"""The weekly mail: who gets the digest, when, and how it is sent."""
