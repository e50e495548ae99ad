# SPDX-License-Identifier: Apache-2.0
"""The gates of tools/check: one file for each kind, each with `problems(tree)`."""
