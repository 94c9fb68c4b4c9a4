# Checkpoints are written while steps go on: with the bytes, the order and the messages of a save
# that everybody waits for.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
faulty() { LOCKSTEP_FAULT=$1 train "${@:2}"; }
each=(--set 'checkpoint={every: 1 step, keep: 20}')
at() { printf '%s/checkpoints/step-%08d.h5' "$1" "$2"; }

expect_status 0 train 2 whole "${each[@]}"
expect_status 0 train 3 streamed "${each[@]}" --set data.store=stream --set 'data.window=300 samples'
expect_status 0 train 2 windowed "${each[@]}" --set 'data.window=300 samples'
for step in 1 5 8; do
    expect_status 75 train 3 "until-$step" "${each[@]}" --until $step
    ok "a checkpoint of step $step that the run did not wait for is that of a stop there" \
        same "$(at whole $step)" "$(at "until-$step" $step)"
    ok "tensor by tensor" \
        expect_status 0 ranks 0 diff "$(at whole $step)" "$(at "until-$step" $step)"
done
ok "samples may be read from the file meanwhile" \
    expect_status 0 ranks 0 diff "$(at windowed 11)" "$(at streamed 11)"
ok "best.h5 is the checkpoint of the best step" \
    same whole/checkpoints/best.h5 "$(at whole "$(summary whole best_step)")"

# Failures. Nothing is saved after step 4 until step 20000: a failure waits for no other save.
rare=(--set 'checkpoint={every: 20000 steps}' --set 'train.length=40000 steps'
    --set 'train.evaluate_every=20000 steps')
expect_status 75 train 2 failing "${rare[@]}" --until 4
cp "$(at failing 4)" kept.h5
for p in 1 3; do
    ok "a save that fails behind the steps ends the job with status 1, on $p" \
        expect_status 1 faulty error@save:20000:0 $p failing --resume "${rare[@]}"
    ok "said once" says_once "rank 0 met the fault planted in save"
    ok "before the next save" test "$(sed -n '$s/^[a-z]*,\([0-9]*\),.*/\1/p' failing/metrics.csv)" -lt 40000
    ok "the checkpoint before it is intact" same kept.h5 "$(at failing 4)"
    ok "and the only one" test "$(ls failing/checkpoints | wc -l)" = 1
done
expect_status 137 faulty kill@save:8:0 3 killed
ok "killed while saving, it has the checkpoint before" test -e "$(at killed 4)"
ok "and not that one" test ! -e "$(at killed 8)"
ok "from there it goes on" expect_status 0 train 2 killed --resume
expect_status 0 train 2 plain
ok "to the last checkpoint of an undisturbed run" same "$(at plain 12)" "$(at killed 12)"
ok "a save signal while a checkpoint is written stops the run with status 75" \
    expect_status 75 faulty stop@save:4:0 3 stopped
ok "with the checkpoint that it names on disk" \
    test -e "$(at stopped "$(sed -n 's/.*stopped at step \([0-9]*\) .*/\1/p' said)")"
ok "a stop that cannot save is no stop but status 1" \
    expect_status 1 faulty error@save:5:0 3 unstopped --until 5
ok "and promises nothing" silent_about "--resume goes on"
ok "without its last checkpoint a run is not done" \
    expect_status 1 faulty error@save:12:0 3 undone
ok "and has no summary" test ! -e undone/summary.json
ok "the watchdog ends a job whose checkpoint hangs" \
    expect_status 1 faulty hang@save:4:0 3 hanging --set train.watchdog=0.5
ok "saying what is waited for" says_once ", saving)"

# SIGKILL in the middle of a file: of 40 MB, found by its .tmp.
large=(--set 'model.1={dense: 120000}' --set 'train.length=6 steps'
    --set 'train.evaluate_every=3 steps' --set 'checkpoint={every: 1 step, keep: 2}')
kill_in_file() {
    train 2 "$1" "${large[@]}" >said 2>&1 &
    local job=$! pid
    until [[ -e $(at "$1" 3) || ! -d /proc/$job ]]; do sleep 0.01; done
    until [[ -n $(find "$1" -name '*.tmp') || ! -d /proc/$job ]]; do :; done
    for pid in $(pgrep -f -- "$program train tiny.yaml --run $1 "); do
        grep -q -e mpirun -e timeout "/proc/$pid/comm" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
    done
    wait $job
}
expect_status 0 train 2 large "${large[@]}"
for round in 1 2 3; do
    run=cut-$$-$round
    kill_in_file $run
    ok "killed in the middle of a file, it goes on with --resume" \
        expect_status 0 train 3 $run --resume "${large[@]}"
    ok "to the same last checkpoint" same "$(at large 6)" "$(at $run 6)"
    ok "and rows" same large/metrics.csv $run/metrics.csv
    rm -r $run
done
