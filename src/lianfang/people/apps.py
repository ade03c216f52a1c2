from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "lianfang.people"
    label = "people"

    def ready(self) -> None:
        from lianfang.foundation.actor import register_resolvers
        from lianfang.people.resolvers import children_of_person, persons_of_accounts
        from lianfang.people.retention import keep

        register_resolvers(persons_of_accounts, children_of_person)
        keep()
