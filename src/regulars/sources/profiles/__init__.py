"""Mapping profiles: what each column of a source means. Some ship with Regulars."""
