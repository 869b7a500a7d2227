"""Everything that changes a warehouse: build, load, sync, undo, replay, forget."""
