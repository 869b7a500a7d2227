"""Everything that changes a warehouse: build, load, sync, undo, replay, forget.

Operations, each with its steps in order:
    api                the functions for Python and the command line
    build              a new warehouse
    load               new and corrected orders
    sync               what has changed in a shop's database
    undo               remove a load and its effects
    replay             load quarantined rows again
    forget             erase a customer
    notes              add and remove notes on days
    targets            set and remove targets
    job_log            add runs of pipelines to their log
    draft_profile      draft a profile for a file; changes no warehouse

What they work on:
    request            which sources to read, how, and under which settings
    update             a warehouse that is open for change
    report             what was read, what became of it and what it changed
    outcome            the same for programs, as JSON

Stage the sources:
    stage              all sources of a build or load
    join_files         files that belong together, such as orders and items, as one source
    stage_source       one source: its steps
    map_source         its columns as ours
    stage_lines        its formats and its typed lines
    read_totals        rows that are totals, or that lack an order
    read_states        state columns, and what their values became
    state_warnings     what to warn about them
    exact_ids          one spelling of each id, and customers that are placeholders
    stores             rows without a store, and order numbers that are in several
    check_money        its currency, its stated totals and the money of its orders
    currency           one currency for all sources
    quarantine         rows that fail a rule

Put staged lines into the warehouse:
    compare            what is new, and what the warehouse already has
    is_any             whether a table has rows
    version_numbers    the order of versions, by business date
    resolve_orders     which version of an order is current
    match_corrections  which orders a credit undoes
    refresh_star       rebuild what a change affects
    people             personal data
    merge_customers    customer ids that are one person
    carry_over_lists   customer lists that a build carries over
    entered_tables     notes and targets, which a build carries over too
    hold_back          replayed rows whose order has to wait
    sync_read          read a shop's database
    sync_marks         how far each sync has read

Check and record:
    expectations       warn if a load differs from what is expected
    write_ledger       the ledger, the facts and the marts
    marts              analyses saved as tables for BI tools
"""
