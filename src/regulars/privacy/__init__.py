"""Personal data: find it, export it, and search for residue after it was erased."""
