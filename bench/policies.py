# SPDX-License-Identifier: Apache-2.0
"""Policies for measurements: the files in bench/policies, and modified copies of them."""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "policies")


# In policies about code of user space: the program that is measured, and a number that each copy has another one of.
PROGRAM, NUMBER = "@PROGRAM@", 770000


def named(name, directory=None, program=""):
    """The file of policy NAME; of one about a program, a copy in DIRECTORY that names it."""
    path = os.path.join(FOLDER, name + ".yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if PROGRAM not in text:
        return path
    made = os.path.join(directory, name + ".yaml")
    with open(made, "w", encoding="utf-8") as file:
        file.write(text.replace(PROGRAM, program))
    return made


def copies(name, count, directory, program=""):
    """COUNT copies of policy NAME, each with its own name, and with its own path in place of /tmp/tetragon."""
    with open(named(name, directory, program), encoding="utf-8") as file:
        text = file.read()
    paths = []
    for number in range(count):
        path = os.path.join(directory, f"{number}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            own = text.replace(f"bench-{name}", f"bench-{number}").replace("tetragon", f"secret-{number:05}")
            file.write(own.replace(PROGRAM, program).replace(str(NUMBER), str(NUMBER + number)))
        paths.append(path)
    return paths


def about(name, path, directory):
    """A copy of policy NAME, with PATH in place of /tmp/tetragon."""
    with open(named(name), encoding="utf-8") as file:
        text = file.read()
    made = os.path.join(directory, "about.yaml")
    with open(made, "w", encoding="utf-8") as file:
        file.write(text.replace("/tmp/tetragon", path))
    return made
