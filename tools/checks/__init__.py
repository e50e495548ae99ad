# SPDX-License-Identifier: Apache-2.0
"""The checks of tools/check: one file for each kind, each with a function `problems(tree)`."""
