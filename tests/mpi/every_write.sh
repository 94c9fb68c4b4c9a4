# SIGKILL before every single call that changes a file in `checkpoints`, of two saves (best.h5 and a
# step's file, then a step's file for which an older one goes), and in the middle of each write:
# --resume always goes on, on other ranks, to the bytes of a run that never died. tests/slow has the
# same of all files of a run ($whole_run).
tiny_data
tiny_recipe
short=(--set 'train={length: 8 steps, evaluate_every: 4 steps}' --set 'checkpoint.keep=1')
train() { ranks "$1" train tiny.yaml --run "$2" "${short[@]}" "${@:3}"; }
shim() {
    start 0 env ${whole_run:+LOCKSTEP_DISK_IN=$1/} LD_PRELOAD="$programs/disk_shim.so" \
        "$program" train tiny.yaml --run "$1" "${short[@]}"
}
export ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0"

LOCKSTEP_DISK_LOG=$PWD/calls expect_status 0 shim whole
calls=$(wc -l <calls)
for op in open write fsync rename close unlink; do
    ok "a save makes calls of $op" grep -q "^[0-9]* $op " calls
done

# One round: killed at FAULT, resumed on P; nothing in ./outcome-FAULT if all is well.
killed_at() { # FAULT P
    local run=run-$1 said=said-$1
    export OMPI_MCA_orte_tmpdir_base=$PWD/mpi-$1
    mkdir "$OMPI_MCA_orte_tmpdir_base"
    LOCKSTEP_DISK=$1 shim "$run" >"$said" 2>&1
    local status=$?
    [[ $status == 137 ]] || { echo "status $status, not killed"; cat "$said"; return; }
    train "$2" "$run" --resume >"$said" 2>&1 || { echo "resume: status $?"; cat "$said"; return; }
    for file in metrics.csv checkpoints/step-00000008.h5 checkpoints/best.h5; do
        cmp "whole/$file" "$run/$file" 2>&1
    done
    find "$run" -name '*.tmp'
    [[ $(ls "$run/checkpoints" | wc -l) == 2 ]] || ls "$run/checkpoints"
}

faults=()
for ((n = 1; n <= calls; n++)); do faults+=("kill@any:$n"); done
for ((n = 1; n <= $(grep -c '^[0-9]* write ' calls); n++)); do faults+=("half@write:$n"); done
at_once=4 # a job waits more than it computes
for ((i = 0; i < ${#faults[@]}; i++)); do
    ((i < at_once)) || wait -n
    killed_at "${faults[i]}" $((1 + i % 3)) >"outcome-${faults[i]}" 2>&1 &
done
wait
: >said
for fault in "${faults[@]}"; do
    all_is_well() { [[ ! -s outcome-$fault ]] || { why=$(head -5 "outcome-$fault"); return 1; }; }
    case $fault in
    kill*) call=$(sed -n "s/^${fault#*:} \([a-z]*\) .* whole./\1 /p" calls) ;;
    half*) call=$(sed -n "s/^.* write ${fault#*:} whole./half a write /p" calls) ;;
    esac
    ok "killed at ${fault#*@} ($call) it goes on to the bytes of an undisturbed run" all_is_well
done
