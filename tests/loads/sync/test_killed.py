"""A sync killed at any moment leaves the warehouse unchanged or fully synced."""

import pytest

from regulars.demo.sample_shop import DemoShop
from support.killing import kill_times, run_and_kill
from support.synced_warehouse import SyncedWarehouse, source_lines


@pytest.mark.parametrize("seed", [5])
def test_a_killed_sync_changes_all_or_nothing(
    seed: int, shop: DemoShop, synced_on_any_engine: SyncedWarehouse
) -> None:
    synced_on_any_engine.sync()
    before = synced_on_any_engine.lines()
    shop.trade(40)
    after = source_lines(shop)
    duration = run_and_kill(synced_on_any_engine.sync)
    assert synced_on_any_engine.lines() == after, "a sync that is not killed completes"
    for moment in kill_times(duration, seed):
        if synced_on_any_engine.lines() == after:
            synced_on_any_engine.warehouse.undo(len(synced_on_any_engine.warehouse.rows("loads")))
        assert synced_on_any_engine.lines() == before
        run_and_kill(synced_on_any_engine.sync, after=moment)
        assert synced_on_any_engine.lines() in (before, after)
    synced_on_any_engine.sync()
    assert synced_on_any_engine.lines() == after
    assert synced_on_any_engine.totals() == shop.totals()
