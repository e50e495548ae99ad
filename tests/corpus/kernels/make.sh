#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Make the saved kernels in this folder again, with `tripline kernel dump` in the guests that ./dev vm boots.
# They are test data, so that compiler tests do not depend on the machine they run on.
#
# restricted-6.18 is the kernel of a small virtual machine: built without kprobes, it refuses every program that
# needs a trampoline, and neither tracefs nor debugfs is mounted. It cannot be made in a guest of ours; it was dumped
# on such a machine, with its release cut down to the version.
set -euo pipefail

folder=$(dirname "$(readlink -f "$0")")
cd "$folder/../../.."

if [ "${1:-}" = --help ]; then
    echo "usage: tests/corpus/kernels/make.sh [BINARY [KERNEL..]]"
    echo "BINARY: a tripline binary that guests can see, so not in /tmp (default: build/tripline)"
    exit
fi
binary=$(readlink -f "${1:-build/tripline}")
shift || true
[ $# -gt 0 ] || set -- debian-5.10 debian-6.1 debian-6.12 debian-7.3 inject-6.12

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for kernel in "$@"; do
    ./dev vm --kernel "$kernel" --out "$out" -- sh -c "$binary kernel dump >\$TRIPLINE_OUT/$kernel.kernel"
    cp "$out/$kernel.kernel" "$folder/"
    ls -l "$folder/$kernel.kernel"
done
