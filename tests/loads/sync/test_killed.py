"""Syncs that are killed at any moment: the warehouse is as before, or as the shop is."""

import pytest

from support.killing import killed, moments
from support.synced_warehouse import lines_of


@pytest.mark.parametrize("seed", [5])
def test_syncs_killed_at_random_moments_leave_all_or_nothing(seed, shop, synced_anywhere):
    synced_anywhere.sync()
    before = synced_anywhere.lines()
    shop.trade(40)
    after = lines_of(shop)
    whole = killed(synced_anywhere.sync)
    assert synced_anywhere.lines() == after, "a sync that nobody kills is there"
    for moment in moments(whole, seed):
        if synced_anywhere.lines() == after:
            synced_anywhere.kept.undo(len(synced_anywhere.kept.rows("loads")))
        assert synced_anywhere.lines() == before
        killed(synced_anywhere.sync, after=moment)
        assert synced_anywhere.lines() in (before, after)
    synced_anywhere.sync()
    assert synced_anywhere.lines() == after
    assert synced_anywhere.totals() == shop.totals()
