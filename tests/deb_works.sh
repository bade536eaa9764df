#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deb_works.sh DEB ROOT: as root; installs the package with its dependencies into a bare Debian 12 under ROOT (made by
# debootstrap --variant=minbase bookworm ROOT), uses it, removes it. Leaves ROOT as it was but for packages.
set -eu
deb=$1 root=$2
say() { echo "== $*"; }
cp /etc/resolv.conf "$root/etc/resolv.conf"
for file in /etc/apt/apt.conf.d/*; do
	case $file in
	*prox*|*99*) cp "$file" "$root/etc/apt/apt.conf.d/" ;;
	esac
done
cp "$deb" "$root/tmp/quell.deb"
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -euc "$1"; }
inside 'apt-get update -qq'
say dependencies of the checks themselves
inside 'apt-get install -y -qq --no-install-recommends man-db gcc libc6-dev pkg-config python3 >/dev/null'
inside 'find / -xdev -type f \( -path "/proc" -prune -o -print \) | grep -vE "^/(proc|sys|tmp|var/(cache|lib|log))/" | sort >/tmp/before'
inside 'dpkg --purge quell >/dev/null 2>&1 || true'
say install
inside 'apt-get install -y -qq --no-install-recommends /tmp/quell.deb >/dev/null'
say "man quell-compare"
inside 'sed -i "/path-exclude.*man/d" /etc/dpkg/dpkg.cfg.d/* 2>/dev/null || true; man quell-compare | col -b | grep -- "--regimens" | head -1'
say "quell compare from another folder"
inside 'mkdir -p /tmp/elsewhere; cd /tmp/elsewhere; quell compare --regimens clb-obi,ven-obi --patients 50 --years 2 2>/dev/null | grep -c obi'
say "a C example through pkg-config"
inside 'cd /tmp/elsewhere; cc /usr/share/doc/quell/examples/c/own_model.c $(pkg-config --cflags --libs quell) -o own && ./own | tail -1'
say "Python"
inside 'cd /tmp/elsewhere; python3 -c "import quell; print(quell.__version__, len(quell.evidence(trial=\"CLL14\").rows), quell.data_dir())"'
say uninstall
inside 'dpkg --purge quell >/dev/null 2>&1; ! command -v quell'
inside 'find / -xdev -type f \( -path "/proc" -prune -o -print \) | grep -i quell | grep -vE "^/(proc|tmp)/" || true' >"$root/tmp/left"
grep -vE '/var/(log|cache)|archives' "$root/tmp/left" && { echo "left behind"; exit 1; }
inside 'find / -type d -name "quell*" -not -path "/proc/*" -not -path "/tmp/*"' | grep . && { echo "folders left behind"; exit 1; }
echo "the package installs, works and leaves nothing"
