"""How many orders or customers a finding needs: figures of fewer may be random."""

FEW_ORDERS = 30
"""With fewer orders in a period, a change is neither good nor bad."""

FEW_CUSTOMERS = 30
"""With fewer customers, a share of them is no finding."""
