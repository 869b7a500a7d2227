"""Who may do what in the dashboard: four roles, each of which may what the one before it may."""

from enum import Enum

from regulars.core.errors import ProfileError, did_you_mean


class Role(Enum):
    """What somebody is to the dashboard.

    viewer    sees figures, and no customer: not by number, not by name
    analyst   sees customers, too
    exporter  takes lists of customers away, too
    admin     loads files, too, and whatever else there is to do
    """

    VIEWER = "viewer"
    ANALYST = "analyst"
    EXPORTER = "exporter"
    ADMIN = "admin"

    @property
    def may_see_customers(self) -> bool:
        """Whether anything that identifies a customer may be in what they are sent."""
        return self is not Role.VIEWER

    @property
    def may_export(self) -> bool:
        """Whether lists of customers may leave the dashboard."""
        return self in (Role.EXPORTER, Role.ADMIN)

    @property
    def may_load(self) -> bool:
        """Whether files may be loaded into the warehouse."""
        return self is Role.ADMIN

    @property
    def may_upload(self) -> bool:
        """Whether a file may be handed to the server at all: to be loaded, or to be left out."""
        return self.may_load or self.may_export


def role(name: str, where: str) -> Role:
    """Return the role of that name; `where` says who named it.

    Raises ProfileError where there is none.
    """
    try:
        return Role(name)
    except ValueError:
        known = did_you_mean(name, (known.value for known in Role))
        raise ProfileError(f'{where}: there is no role "{name}".{known}') from None
