"""Customer lists: selection, exclusions, control group, export."""
