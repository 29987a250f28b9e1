"""Tokens in Django's admin; users and their groups, which are the roles, Django shows itself."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from scale.models import Token
from scale.selectors.access import hash_key
from scale.services.access import create_token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """Makes and deletes tokens; a key is shown once, when it is made."""

    list_display = ("name", "user", "created")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("user", "name")

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        """Refuse: a token of another user is another token."""
        return False

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        """Make the token and show its key."""
        key = create_token(obj.user, name=obj.name)
        obj.pk = Token.objects.get(key_hash=hash_key(key)).pk
        text = f"The key, which cannot be shown again: {key}"
        self.message_user(request, text, messages.WARNING)
