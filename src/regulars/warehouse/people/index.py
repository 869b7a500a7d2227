"""Find the customer behind a pseudonym, among millions of customers.

Only the key leads from a customer to their pseudonym, so the way back is an index of 16 bytes for
each customer.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

from regulars.engines.protocols import ReaderTables
from regulars.warehouse.people.contacts import PeopleDirectory
from regulars.warehouse.people.merges import ids_of_people
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BYTES = 8


@dataclass(frozen=True, eq=False)
class PseudonymIndex:
    """The customer_key behind each pseudonym, for every id of a person.

    hashes  of the pseudonyms, in ascending order
    keys    the customer_key of each
    """

    hashes: "NDArray[np.uint64]"
    keys: "NDArray[np.int64]"

    @classmethod
    def of(cls, warehouse: Warehouse, directory: PeopleDirectory) -> Self:
        """Return the index. Raises WarehouseError if the key is missing."""
        import numpy as np

        hashes, keys = array("Q"), array("q")
        for pseudonym, key in _pseudonyms(warehouse, directory):
            hashes.append(_hash(pseudonym))
            keys.append(key)
        found = np.frombuffer(hashes, np.uint64)
        order = np.argsort(found)
        return cls(found[order], np.frombuffer(keys, np.int64)[order])

    def keys_of(self, pseudonyms: Iterable[str]) -> dict[str, int]:
        """Return the customer_key behind each of these pseudonyms that is a customer's."""
        found = {}
        for pseudonym in pseudonyms:
            wanted = _hash(pseudonym)
            place = int(self.hashes.searchsorted(self.hashes.dtype.type(wanted)))
            if place < len(self.hashes) and int(self.hashes[place]) == wanted:
                found[pseudonym] = int(self.keys[place])
        return found


def _pseudonyms(warehouse: Warehouse, directory: PeopleDirectory) -> Iterator[tuple[str, int]]:
    """Yield the pseudonym and customer_key of every customer, and of their other ids."""
    others = ids_of_people(ReaderTables(warehouse.reader))
    customers = warehouse.table("dim_customer")
    known: Any = customers.filter(customers.is_known).select("customer_key", "customer_id")
    for row in warehouse.rows(known):
        for id_ in {row["customer_id"], *others.get(row["customer_id"], ())}:
            yield directory.pseudonym(id_), row["customer_key"]


def _hash(pseudonym: str) -> int:
    return int.from_bytes(blake2b(pseudonym.encode(), digest_size=_BYTES).digest(), "big")
