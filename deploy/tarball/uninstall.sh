#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stops the daemon and removes what install.sh copied. /etc/tetragon stays.
#
# DESTDIR removes below another root, and stops nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}

[ -n "$root" ] || [ "$(id -u)" = 0 ] || {
    echo "uninstall.sh: run it as root." >&2
    exit 1
}
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl stop tripline.service || true
    systemctl disable tripline.service || true
fi
(cd "$here/usr/local" && find . -type f -o -type l) | while read -r path; do rm -f "$root/usr/local/$path"; done
rm -f "$root/usr/lib/systemd/system/tripline.service"
rm -rf "$root/usr/local/lib/tetragon"
[ -n "$root" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
echo "Tripline is removed."
