from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "lianfang.people"
    label = "people"

    def ready(self) -> None:
        from lianfang.foundation.actor import register_resolvers
        from lianfang.foundation.policy import register_units
        from lianfang.people.resolvers import children_of_persons, persons_of_accounts, units_of_family
        from lianfang.people.retention import keep

        register_resolvers(persons_of_accounts, children_of_persons)
        register_units(units_of_family)
        keep()
