# SPDX-License-Identifier: Apache-2.0
"""Policies to measure with: files of bench/policies, and copies of one of them."""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "policies")


def named(name):
    return os.path.join(FOLDER, name + ".yaml")


def copies(name, count, directory):
    """COUNT files like policy NAME; each has a name of its own, and a path of its own where that has /tmp/tetragon."""
    with open(named(name), encoding="utf-8") as file:
        text = file.read()
    paths = []
    for number in range(count):
        path = os.path.join(directory, f"{number}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(f"bench-{name}", f"bench-{number}").replace("tetragon", f"secret-{number:05}"))
        paths.append(path)
    return paths


def about(name, path, directory):
    """A file like policy NAME, with PATH where that has /tmp/tetragon."""
    with open(named(name), encoding="utf-8") as file:
        text = file.read()
    made = os.path.join(directory, "about.yaml")
    with open(made, "w", encoding="utf-8") as file:
        file.write(text.replace("/tmp/tetragon", path))
    return made
