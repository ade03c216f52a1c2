"""Certificates for https: a local authority that makes them, the check of those that the operator brings.

Nothing here reads the clock or the network; `now` and all names are handed in. Faults are bilingual `CertificateFault`s,
each one line for the terminal.
"""

from lianfang.foundation.certificates.authority import (
    LEAF_LIFE,
    RENEW_BEFORE,
    Authority,
    is_due,
    issue,
    make_authority,
    may_name,
    read_authority,
    root_of,
)
from lianfang.foundation.certificates.names import CertificateFault, dns_name, is_address, names_in
from lianfang.foundation.certificates.pairs import Pair, check_pair, is_publicly_trusted, parse_pair, public_roots
from lianfang.foundation.certificates.sharing import der, fingerprint, profile

__all__ = [
    "LEAF_LIFE",
    "RENEW_BEFORE",
    "Authority",
    "CertificateFault",
    "Pair",
    "check_pair",
    "der",
    "dns_name",
    "fingerprint",
    "is_address",
    "is_due",
    "is_publicly_trusted",
    "issue",
    "make_authority",
    "may_name",
    "names_in",
    "parse_pair",
    "profile",
    "public_roots",
    "read_authority",
    "root_of",
]
