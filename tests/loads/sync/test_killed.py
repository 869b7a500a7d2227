"""Syncs that are killed at any moment: the warehouse is as before, or as the shop is."""

import pytest

from support.killing import kill_times, run_and_kill
from support.synced_warehouse import source_lines


@pytest.mark.parametrize("seed", [5])
def test_syncs_killed_at_random_moments_leave_all_or_nothing(seed, shop, synced_anywhere):
    synced_anywhere.sync()
    before = synced_anywhere.lines()
    shop.trade(40)
    after = source_lines(shop)
    whole = run_and_kill(synced_anywhere.sync)
    assert synced_anywhere.lines() == after, "a sync that nobody kills is there"
    for moment in kill_times(whole, seed):
        if synced_anywhere.lines() == after:
            synced_anywhere.warehouse.undo(len(synced_anywhere.warehouse.rows("loads")))
        assert synced_anywhere.lines() == before
        run_and_kill(synced_anywhere.sync, after=moment)
        assert synced_anywhere.lines() in (before, after)
    synced_anywhere.sync()
    assert synced_anywhere.lines() == after
    assert synced_anywhere.totals() == shop.totals()
