#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the daemon, its client and its unit, and starts it. Settings in /etc/tetragon stay as they are. Run again to
# upgrade: the new daemon takes over from the programs of the old one.
#
# DESTDIR installs below another root, and starts nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail "run it as root."
mkdir -p "$root/usr/local" "$root/usr/lib/systemd/system" "$root/etc/tetragon/tetragon.conf.d" "$root/etc/tetragon/tetragon.tp.d"

# A program that runs cannot be written to, but it can be replaced.
mkdir -p "$root/usr/local/bin"
rm -f "$root/usr/local/bin/tripline"
cp -R "$here/usr/local/." "$root/usr/local"
cp "$here/usr/lib/systemd/system/tripline.service" "$root/usr/lib/systemd/system"
for setting in "$here"/usr/local/lib/tetragon/tetragon.conf.d/*; do
    place=$root/etc/tetragon/tetragon.conf.d/${setting##*/}
    [ -e "$place" ] || cp "$setting" "$place"
done

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable tripline.service
    systemctl restart tripline.service || fail "the daemon does not start: see 'systemctl status tripline'."
fi
echo "Tripline is installed."
