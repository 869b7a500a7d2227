"""Roles in the dashboard: each of the four has all permissions of the one before."""

from enum import Enum

from regulars.core.errors import ProfileError, did_you_mean


class Role(Enum):
    """The role of a user.

    viewer    sees figures, but no customer names or numbers
    analyst   also sees customers
    exporter  also exports customer lists
    admin     also loads files, and manages everything else
    """

    VIEWER = "viewer"
    ANALYST = "analyst"
    EXPORTER = "exporter"
    ADMIN = "admin"

    @property
    def may_see_customers(self) -> bool:
        """Whether pages may contain anything that identifies a customer."""
        return self in (Role.ANALYST, Role.EXPORTER, Role.ADMIN)

    @property
    def may_export(self) -> bool:
        """Whether the user may save and export customer lists."""
        return self in (Role.EXPORTER, Role.ADMIN)

    @property
    def may_add_notes(self) -> bool:
        """Whether the user may enter notes on days, which are part of the warehouse."""
        return self.may_export

    @property
    def may_set_targets(self) -> bool:
        """Whether the user may set targets, which are part of the warehouse."""
        return self.may_export

    @property
    def may_see_contacts(self) -> bool:
        """Whether pages may contain names and email addresses, as exported lists do."""
        return self.may_export

    @property
    def may_erase(self) -> bool:
        """Whether the user may export all that is stored about a customer, and erase it."""
        return self is Role.ADMIN

    @property
    def may_load(self) -> bool:
        """Whether the user may load files into the warehouse."""
        return self is Role.ADMIN

    @property
    def may_upload(self) -> bool:
        """Whether the server accepts files from the user: sales, or customers not to contact."""
        return self.may_load or self.may_export


def parse_role(name: str, where: str) -> Role:
    """Return the role with that name; `where` names the setting in errors.

    Raises ProfileError for an unknown role.
    """
    try:
        return Role(name)
    except ValueError:
        hint = did_you_mean(name, (role.value for role in Role))
        raise ProfileError(f'{where}: there is no role "{name}".{hint}') from None
