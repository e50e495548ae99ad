# SPDX-License-Identifier: Apache-2.0
"""What tools/package makes: one file for each form. The same tree and binary give the same bytes."""
