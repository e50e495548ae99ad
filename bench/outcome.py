# SPDX-License-Identifier: Apache-2.0
"""Whether a case did what it was meant to measure."""


class Wrong(Exception):
    """It did not."""


def demand(found, wanted, what):
    if found != wanted:
        raise Wrong(f"{what}: {found} instead of {wanted}")
