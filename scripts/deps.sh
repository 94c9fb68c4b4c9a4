#!/usr/bin/env bash
# Installs what lockstep needs on Debian and its kin. Asks nothing; done at once when all is there.
#
#     scripts/deps.sh            what building, testing and running need
#     scripts/deps.sh --peers    also PyTorch and h5py, for scripts/bench-peers and the test oracles
#     scripts/deps.sh --fuzz     also clang, for scripts/fuzz.sh
#     scripts/deps.sh --slurm    also Slurm, for tests that are skipped without it
#     scripts/deps.sh --memory   also valgrind, for scripts/test.sh memory
set -euo pipefail

packages=(
    gcc make cmake pkg-config            # the build
    libopenmpi-dev openmpi-bin           # ranks
    libopenblas-dev                      # dense algebra
    libhdf5-dev                          # data files, checkpoints
    libfyaml-dev libxxhash-dev librandom123-dev zlib1g-dev
    libcunit1-dev clang-format           # tests
    gnuplot-nox                          # plots in reports, at run time
    procps                               # pgrep, for the tests
    iproute2                             # ip and tc, for the tests over several hosts
)
case ${1-} in
'') ;;
--peers) packages+=(python3 python3-torch python3-h5py) ;;
--fuzz) packages+=(clang) ;;
--slurm) packages+=(slurmctld slurmd slurm-client munge) ;;
--memory) packages+=(valgrind) ;;
*)  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; [[ $1 == -h ]]; exit ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    cat >&2 <<'END'
deps.sh: no apt here, so these are yours to provide (on a cluster usually as modules, or from
Spack, Conda or EasyBuild):
  a C11 compiler, CMake 3.21, pkg-config
  an MPI-3 library (Open MPI), OpenBLAS, HDF5 (serial, C), libfyaml, xxHash, Random123, zlib
  CUnit and clang-format for the tests, gnuplot for the plots in reports
Put their lib/pkgconfig folders on PKG_CONFIG_PATH, then: cmake --preset release
END
    # Whatever is found already may well be enough: the build says what is not.
    command -v cmake >/dev/null && command -v mpirun >/dev/null
    exit
fi

missing=()
installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
    grep -q "^ii *$package\$" <<<"$installed" || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi

as_root=()
if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null ||
        { echo "deps.sh: as root, please: apt-get install ${missing[*]}" >&2; exit 2; }
    as_root=(sudo)
fi
echo "deps.sh: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null >>"$log" 2>&1 ||
        { tail -20 "$log" >&2; echo "deps.sh: apt-get $* failed" >&2; exit 1; }
}
# The tests start daemons of their own: none is to become a service of this machine.
policy=/usr/sbin/policy-rc.d
if [[ ${1-} == --slurm && ! -e $policy ]]; then
    trap 'rm -f "$log"; "${as_root[@]}" rm -f $policy' EXIT
    "${as_root[@]}" sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
fi
install -q update
install -q install -y --no-install-recommends "${missing[@]}"
