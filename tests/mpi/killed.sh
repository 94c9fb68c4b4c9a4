# SIGKILL of a random rank at a random moment, ten times over; then on, with the bits of a run that
# never died.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}" --set 'train.length=60 steps'; }
expect_status 0 train 2 whole

# Waits for metrics or a moment, whatever comes first, and kills one rank of the run.
kill_one() {
    local run=$1 pids
    for ((i = RANDOM % 40; i > 0; i--)); do sleep 0.02; done
    mapfile -t pids < <(pgrep -f -- "train tiny.yaml --run $run " | while read -r pid; do
        grep -q mpirun "/proc/$pid/comm" 2>/dev/null || echo "$pid"
    done)
    if ((${#pids[@]})); then kill -KILL "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null; fi
}

for round in 1 2 3 4 5 6 7 8 9 10; do
    run=round-$round
    # A known moment in half of the rounds: in a step, in an evaluation, in a save.
    stage=$(printf '%s\n' compute compute evaluate save | sed -n "$((RANDOM % 4 + 1))p")
    fault="kill@$stage:$((4 * (RANDOM % 14 + 1))):$((RANDOM % 3))"
    if ((round % 2)); then
        LOCKSTEP_FAULT=$fault train 3 $run >said 2>&1
    else
        fault="at random"
        train 3 $run >said 2>&1 &
        job=$!
        kill_one $run
        wait $job
    fi
    ok "a killed run ($fault) goes on with --resume" expect_status 0 train $((RANDOM % 4 + 1)) $run --resume
    ok "and has the bytes of an undisturbed one" same whole/metrics.csv $run/metrics.csv
    left() { [[ -z $(find $run -name '*.tmp') ]]; }
    ok "no half-written file is left" left
done
