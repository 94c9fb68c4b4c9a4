#!/usr/bin/env bash
# Fuzzes what reads files: clang's libFuzzer with address and undefined-behaviour sanitizers.
#
#     scripts/fuzz.sh                  every target of tests/fuzz for two minutes
#     scripts/fuzz.sh idx 600          tests/fuzz/fuzz_idx.c for 600 seconds; "": all of them
#
# Needs clang. The corpus grows in build/fuzz/NAME from the good files of tests/fuzz/seeds/NAME; what
# crashes is left in build/fuzz, and after the cure belongs into tests/fuzz/found/NAME. Both are tried
# first each time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1-} in
-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; exit ;;
'') targets=(config idx csv npy cifar data checkpoint) ;;
*)  targets=("$1") ;;
esac
seconds=${2:-120}
command -v clang >/dev/null || { echo "fuzz.sh: no clang here; scripts/deps.sh --fuzz installs it" >&2; exit 1; }

flags=(-std=c11 -g -O1 -w -march=native -ffp-contract=off -D_POSIX_C_SOURCE=200809L -Isrc -Itests -Itests/fuzz
    '-DLOCKSTEP_VERSION="fuzz"' '-DLOCKSTEP_BUILD="fuzz"' -DLOCKSTEP_SANITIZED -fno-sanitize-recover=undefined)
hdf5=$(pkg-config --exists hdf5-serial && echo hdf5-serial || echo hdf5)
read -ra includes <<<"$(pkg-config --cflags "$hdf5" libfyaml libxxhash openblas mpi-c)"
read -ra libraries <<<"$(pkg-config --libs "$hdf5" libfyaml libxxhash openblas mpi-c) -lz -lm -lpthread"
export ASAN_OPTIONS=allocator_may_return_null=1
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
shared=/dev/shm # each input becomes a file, so they lie in memory where they can
[[ -w $shared ]] || shared=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d -p "$shared")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

work=build/fuzz
mkdir -p "$work/objects"
# What the targets stand on; for checkpoints that is nearly all of a run. MPI is linked, not started. The
# kernels, which read no files and take long to compile with sanitizers, are compiled without.
compile() {
    local sanitize=-fsanitize=fuzzer-no-link,address,undefined
    [[ $1 != src/nn/* ]] || sanitize=-fno-sanitize=all
    [[ $2 -nt $1 ]] || clang "${flags[@]}" "$sanitize" "${includes[@]}" -c "$1" -o "$2"
}
objects=()
for source in src/{base,math,nn,data,optim,dist,train}/*.c; do
    objects+=("$work/objects/$(tr / _ <<<"${source%.c}").o")
    compile "$source" "${objects[-1]}" &
    while (($(jobs -r | wc -l) >= $(nproc))); do wait -n; done
done
wait

failed=0
for name in "${targets[@]}"; do
    corpus=("$work/$name")
    mkdir -p "${corpus[0]}"
    for kept in tests/fuzz/{seeds,found}/"$name"; do
        [[ ! -d $kept ]] || corpus+=("$kept")
    done
    [[ $name != npy ]] || cp tests/data/*.np[yz] "${corpus[0]}" # no need to keep them twice
    clang "${flags[@]}" -fsanitize=fuzzer,address,undefined "${includes[@]}" "tests/fuzz/fuzz_$name.c" \
        "${objects[@]}" "${libraries[@]}" -o "$work/fuzz_$name"
    echo "$name: $seconds seconds"
    "$work/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=4096 \
        -artifact_prefix="$work/crash-$name-" "${corpus[@]}" >"$work/$name.log" 2>&1 ||
        { failed=$((failed + 1)); tail -30 "$work/$name.log"; }
    grep -E 'DONE|^Done' "$work/$name.log" || true
done
exit $((failed > 0))
