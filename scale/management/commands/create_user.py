"""Make a user of the API."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from scale.selectors.access import ROLES
from scale.services.access import create_token, create_user


class Command(BaseCommand):
    """Makes a user, or changes the role of one; with --token the last line is a fresh token."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name")
        parser.add_argument("--role", choices=ROLES, default="viewer")
        parser.add_argument("--password", help="for the admin's sign-in page")
        parser.add_argument("--token", action="store_true", help="print a fresh token")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the user."""
        user = create_user(name=options["name"], role=options["role"], password=options["password"])
        self.stdout.write(f"User {user.username} is {options['role']}.")
        if options["token"]:
            self.stdout.write(create_token(user))
