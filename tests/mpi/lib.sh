# What the shell tests stand on. ctest runs `bash tests/mpi/lib.sh tests/mpi/NAME.sh`, with the
# built program in $LOCKSTEP; by hand:
#
#     LOCKSTEP=build/release/lockstep bash tests/mpi/lib.sh tests/mpi/help.sh
#
# The test runs in a fresh temporary folder, which goes afterwards (unless KEEP=1), and says
# `ok - sentence` or `not ok - sentence` for each promise that it checks:
#
#     tiny_data                                           # tiny.h5
#     tiny_recipe                                         # tiny.yaml: 12 steps on tiny.h5
#     ok "it trains on 3 ranks" expect_status 0 ranks 3 train tiny.yaml --run a
#     ok "a misspelt key is status 2" expect_status 2 ranks 3 train tiny.yaml --set modle=1
#     ok "and is said once, with the cure" says_once 'did you mean "model"'
set -uo pipefail

LIMIT=${LIMIT:-60} # seconds that any one run may take: nothing hangs
failures=0
program=$(realpath "$LOCKSTEP")
programs=$(realpath "${PROGRAMS:-$(dirname "$LOCKSTEP")/tests}")
tests=$(dirname "$(realpath "${BASH_SOURCE[0]}")") # for `source "$tests/..."`, should it be needed
export OPENBLAS_NUM_THREADS=1

if [[ $(id -u) == 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# start P COMMAND...: any program on P ranks; 0 ranks is without mpirun. Its status is the result.
# odls...: a status other than 0 would cost two seconds of mpirun's patience each time.
start() {
    local ranks=$1
    shift
    local mpirun=()
    if ((ranks > 0)); then
        mpirun=(mpirun -q --oversubscribe --bind-to none --mca odls_base_sigkill_timeout 0 -n "$ranks")
    fi
    timeout -k 5 "$LIMIT" ${mpirun[@]+"${mpirun[@]}"} "$@" </dev/null
}

# ranks P ARGUMENTS...: lockstep on P ranks.
ranks() {
    local count=$1
    shift
    start "$count" "$program" "$@"
}

# expect_status STATUS COMMAND...: whether it ends with that status; what it says goes to ./said.
expect_status() {
    local expected=$1 status=0
    shift
    "$@" >said 2>&1 || status=$?
    [[ $status == "$expected" ]] || { why="status $status, not $expected: $*"; return 1; }
}

# Whether the last expect_status said TEXT; at all, once, not at all.
says() { grep -qF -- "$1" said || { why="it does not say: $1"; return 1; }; }
says_once() {
    local count
    count=$(grep -cF -- "$1" said)
    [[ $count == 1 ]] || { why="it says $count times: $1"; return 1; }
}
silent_about() { ! grep -qF -- "$1" said || { why="it says: $1"; return 1; }; }

# Whether two files have the same bytes.
same() { cmp "$1" "$2" >cmp.txt 2>&1 || { why=$(cat cmp.txt); return 1; }; }

# ok SENTENCE COMMAND...: one promise; kept if the command's status is 0.
ok() {
    local sentence=$1
    shift
    why=
    if "$@"; then
        echo "ok - $sentence"
    else
        echo "not ok - $sentence"
        echo "    ${why:-status not 0: $*}"
        if [[ -s said ]]; then tail -20 said | sed 's/^/    | /'; fi
        failures=$((failures + 1))
    fi
}

source "$tests/../tiny.sh" # tiny_data
tiny_recipe() { # [FILE]: 12 steps; evaluations and checkpoints after 4, 8 and 12
    cat >"${1:-tiny.yaml}" <<'END'
name: tiny
seed: 1
data: {file: tiny.h5, validation: 60, normalize: feature}
model:
  - flatten
  - dense: 24
  - relu
  - dropout: 0.2
  - dense: 3
loss: cross_entropy
batch: {global: 60, micro: 8}
optimizer: {type: sgd, lr: 0.1, momentum: 0.9, weight_decay: 5e-4}
schedule: {reference_batch: 60, scaling: linear, warmup: 2 steps, decay: cosine}
train: {length: 12 steps, evaluate_every: 4 steps}
checkpoint: {every: 4 steps, keep: 2}
log: {every: 1 steps}
END
}

# A value of a run's summary.json.
summary() { # RUN KEY
    sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1/summary.json"
}

# --- run the test that was named ------------------------------------------------------------------
test_file=$(realpath "$1")
scratch=$(mktemp -d)
finish() {
    local status=$?
    jobs -p | xargs -r kill -9 2>/dev/null
    cd /
    if [[ ${KEEP-} ]]; then echo "kept: $scratch"; else rm -rf "$scratch"; fi
    exit $((status ? status : failures > 0))
}
trap finish EXIT
# Open MPI's own files: what one job clears away when it ends must not be another's.
export OMPI_MCA_orte_tmpdir_base=$scratch
cd "$scratch"
source "$test_file"
