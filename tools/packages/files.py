# SPDX-License-Identifier: Apache-2.0
"""What is packed, as values: files, links and folders with their modes. Nobody's clock, user or umask gets into them."""

import dataclasses
import functools
import gzip
import io
import os
import pathlib
import re
import subprocess
import tarfile
import tempfile

import places

FOLDER, PLAIN, PROGRAM = 0o755, 0o644, 0o755
COMPLETIONS = {"bash": "bash-completion/completions/{0}", "zsh": "zsh/vendor-completions/_{0}",
               "fish": "fish/vendor_completions.d/{0}.fish"}


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file, or a link (then `content` is where it points), or a folder (then it is None)."""
    mode: int
    content: bytes | None
    link: bool = False


Files = dict[str, Entry]  # by path, without a slash in front


def file(content: bytes | str, mode: int = PLAIN) -> Entry:
    return Entry(mode, content.encode() if isinstance(content, str) else content)


def link(target: str) -> Entry:
    return Entry(0o777, target.encode(), link=True)


def folder(mode: int = FOLDER) -> Entry:
    return Entry(mode, None)


def version() -> str:
    return re.search(r"project\(tripline VERSION ([\d.]+)", (places.REPO / "CMakeLists.txt").read_text())[1]


def time_of_sources() -> int:
    """SOURCE_DATE_EPOCH, or when the last commit was made: the time of everything that is packed."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    said = subprocess.run(["git", "-C", places.REPO, "log", "-1", "--format=%ct"], stdout=subprocess.PIPE, check=True)
    return int(said.stdout)


def with_folders(files: Files) -> Files:
    """The same, sorted, with every folder that something is in."""
    out = dict(files)
    for path in files:
        for parent in pathlib.PurePosixPath(path).parents:
            if str(parent) != ".":
                out.setdefault(str(parent), folder())
    return dict(sorted(out.items()))


def tar(files: Files, time: int, prefix: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, entry in with_folders(files).items():
            member = tarfile.TarInfo(prefix + path)
            member.mode, member.mtime = entry.mode, time
            member.uname = member.gname = "root"
            if entry.link:
                member.type, member.linkname = tarfile.SYMTYPE, entry.content.decode()
                archive.addfile(member)
            elif entry.content is None:
                member.type = tarfile.DIRTYPE
                archive.addfile(member)
            else:
                member.size = len(entry.content)
                archive.addfile(member, io.BytesIO(entry.content))
    return out.getvalue()


def gz(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, compresslevel=level, mtime=0)


# --- what every form has -------------------------------------------------------------------------

@functools.cache
def binary(build: pathlib.Path) -> bytes:
    """The program without the names of its functions, which take a third of it."""
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "tripline"
        subprocess.run(["objcopy", "--strip-all", "--remove-section=.comment", build / "tripline", out], check=True)
        return out.read_bytes()


def completions(build: pathlib.Path, share: str) -> Files:
    """Of both names of the client, for each shell."""
    out = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("tripline", "tetra"):
            program = pathlib.Path(scratch) / name
            program.symlink_to((build / "tripline").resolve())
            for shell, place in COMPLETIONS.items():
                script = subprocess.run([program, "completion", shell], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        check=True).stdout
                out[f"{share}/{place.format(name)}"] = file(script)
    return out


def manual(build: pathlib.Path, share: str) -> Files:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([build / "tripline", "man", scratch], check=True)
        return {f"{share}/man/man{page.suffix[1:]}/{page.name}.gz": file(gz(page.read_bytes()))
                for page in pathlib.Path(scratch).iterdir()}


def settings(where: str) -> Files:
    return {f"{where}/{path.name}": file(path.read_bytes())
            for path in (places.REPO / "deploy/tetragon.conf.d").iterdir()}


def unit(bin_folder: str) -> Entry:
    return file((places.REPO / "deploy/systemd/tripline.service").read_text().replace("@bin@", bin_folder))
