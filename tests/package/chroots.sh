# Clean Debian systems in folders, for sh. To be sourced as root: chroot_unpack KIND FOLDER, chroot_run FOLDER COMMAND…
# KIND is build (with what the package needs to be built) or boot (as small as a Debian can be that boots). Each is made
# once by mmdebstrap, kept in .chroots, and made again after two weeks and for other packages. SUITE is the Debian,
# bookworm unless it is set; what is built for it is in the folder that dist names.

: "${SUITE:=bookworm}"
here=$(cd "$(dirname "$0")/../.." && pwd)
cache=${MAILSOCKD_CHROOTS:-$here/.chroots}
dist=$here/dist
[ "$SUITE" = bookworm ] || dist=$here/dist/$SUITE

build_packages() {
    # The first word of each dependency of debian/control; dh-sequence-* are names that debhelper and dh-python provide.
    case $SUITE in bookworm) python=3.11 ;; *) python=3.13 ;; esac
    sed -n '/^Build-Depends:/,/^[A-Z][a-z-]*:/{/^Build-Depends:\|^ /p}' "$here/debian/control" |
        sed 's/^Build-Depends://; s/[ ,].*//2; s/^ *//; s/[ ,(<].*//; /^dh-sequence-/d; s/debhelper-compat/debhelper/
             s/^libpython3.11-testsuite/libpython'$python'-testsuite/' |
        tr '\n' ','
}

chroot_unpack() {
    mkdir -p "$cache" "$2"
    case $1 in
        build) variant=buildd more=ca-certificates,dh-python,lintian,$(build_packages) ;;
        boot) variant=minbase more=ca-certificates,systemd-sysv,dbus,iproute2,procps,apt-utils ;;
    esac
    tar=$cache/$SUITE-$1-$(echo "$more" | cksum | cut -d ' ' -f 1).tar
    if [ -z "$(find "$tar" -mtime -14 2>/dev/null)" ]; then
        rm -f "$cache/$SUITE-$1-"*
        echo "making a clean $SUITE ($1), kept in $tar" >&2
        mmdebstrap --quiet --variant="$variant" --include="${more%,}" "$SUITE" "$cache/new-$SUITE-$1.tar"
        mv "$cache/new-$SUITE-$1.tar" "$tar"
    fi
    tar -xpf "$tar" -C "$2" --exclude='./dev/*'
    cp /etc/resolv.conf "$2/etc/resolv.conf"
}

# In a process tree and with mounts of its own, which end with it.
chroot_run() {
    root=$1
    shift
    unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$0/proc"
        mount --rbind /dev "$0/dev"
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            ${DEB_BUILD_OPTIONS+"DEB_BUILD_OPTIONS=$DEB_BUILD_OPTIONS"} \
            ${DEB_BUILD_PROFILES+"DEB_BUILD_PROFILES=$DEB_BUILD_PROFILES"} chroot "$0" "$@"' "$root" "$@"
}

# Boots the Debian of a folder, without network, and writes its console to a file; then `container` is the process that
# ends it, and container_run runs a command in it.
container_boot() {
    systemd-nspawn --quiet -D "$1" --register=no --keep-unit --private-network --resolv-conf=off --timezone=off \
        --console=pipe -b >"$2" 2>&1 </dev/null &
    container=$!
    leader=
    for _ in $(seq 100); do
        sleep 0.2
        leader=$(ps -o pid= --ppid "$container" | head -n 1 | tr -d ' ')
        test -n "$leader" || continue
        case $(container_run systemctl is-system-running 2>/dev/null || true) in running|degraded) return ;; esac
    done
    echo "it does not boot:" >&2
    cat "$2" >&2
    return 1
}

container_run() {
    nsenter -t "$leader" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1 "$@" </dev/null
}
