from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.permissions import PERMISSIONS, permissions_of


class RoleBackend(BaseBackend):
    """Answers `user.has_perm` from the roles on the user's row and the one table, without a query."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return permissions_of(user_obj.roles)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if perm not in PERMISSIONS:
            return False
        if perm in self.get_all_permissions(user_obj, obj):
            return True
        # The last word for a permission of the table: no other backend is asked, and none goes to the database.
        raise PermissionDenied


class StaffBackend(AuthenticationBackend):
    """Signs staff in by e-mail and password; the person of a request comes with their credential, in one query."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("credential").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
