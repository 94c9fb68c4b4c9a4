# The watchdog: a rank that is stopped altogether (SIGSTOP) is named by one that runs, whichever it
# is, and the job ends with nothing left behind. Ranks that hang are in failure.sh.
tiny_data
tiny_recipe

# The ids of a run's processes, rank by rank.
process_of() { # RUN RANK
    local pid
    for pid in $(pgrep -f -- "train tiny.yaml --run $1 "); do
        if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$2"; then
            echo "$pid"
        fi
    done
}
# stopped RANKS RUN RANK...: a job some of whose ranks are stopped while it trains.
stopped() {
    local run=$2 job rank
    ranks "$1" train tiny.yaml --run "$run" --set 'train.length=10000000 steps' \
        --set 'checkpoint.every=0 steps' --set 'train.evaluate_every=0 steps' \
        --set 'log.every=5 steps' --set train.watchdog=1 &
    job=$!
    until [[ $(wc -l 2>/dev/null <"$run/metrics.csv") -gt 2 || ! -d /proc/$job ]]; do sleep 0.05; done
    for rank in "${@:3}"; do kill -STOP "$(process_of "$run" "$rank")"; done
    wait $job
}
none_left() {
    why="left: $(pgrep -f -- "--run $1 ")"
    [[ $why == "left: " ]]
}

for case in "2 0" "2 1" "3 0 1" "3 2"; do
    read -r count which <<<"$case"
    run=run-${case// /-}
    ok "a job of $count ranks whose rank ${which// /, } is stopped ends with status 1" \
        expect_status 1 stopped "$count" "$run" $which
    ok "that rank is named, once" says_once "watchdog: rank ${which%% *} on"
    ok "as one that has been stopped" says_once "has been stopped for"
    ok "and no process of the job is left" none_left "$run"
done

# Before there is a watchdog: a rank that is stopped before it has met the others.
cat >stopped <<'END'
#!/bin/sh
if [ "$OMPI_COMM_WORLD_RANK" = "$WHO" ]; then kill -STOP $$; fi
exec "$@"
END
chmod +x stopped
unmet() {
    WHO=$1 LOCKSTEP_MEET=2 start 2 ./stopped "$program" train tiny.yaml --run "unmet-$1"
}
for who in 0 1; do
    ok "a job whose rank $who is stopped before it begins ends with status 1" expect_status 1 unmet $who
    ok "says so once" says_once "the ranks cannot reach each other; the job ends"
    ok "and no process of it is left" none_left "unmet-$who"
done

in_a_layer() { LOCKSTEP_FAULT=hang@backward:3:1 ranks 2 train tiny.yaml --run layer --set train.watchdog=1; }
ok "a rank that hangs in a layer ends the job with status 1" expect_status 1 in_a_layer
ok "with step, phase and layer" says "(step 3, compute, 03_dropout backward)"

# What launch/supervise.sh looks at.
moves() {
    local before
    LOCKSTEP_FAULT=hang@compute:5:0 ranks 0 train tiny.yaml --run alone --set train.watchdog=2 \
        >/dev/null 2>&1 &
    until [[ -s alone/lock || ! -d /proc/$! ]]; do sleep 0.05; done
    before=$(stat -c %.Y alone/lock)
    for ((i = 0; i < 100; i++)); do
        if [[ $(stat -c %.Y alone/lock) != "$before" ]]; then wait $!; return 0; fi
        sleep 0.1
    done
    return 1
}
ok "a rank 0 that runs sets the time of its lock again and again" moves

# A server that answers no more for a while: the watchdog's thread is stopped by it as rank 0 is.
stalled() {
    start 2 env LOCKSTEP_DISK=stall@utime:1 LOCKSTEP_DISK_IN=stalled/lock \
        LD_PRELOAD="$programs/disk_shim.so" LOCKSTEP_FAULT=slow@save:12:0 \
        "$program" train tiny.yaml --run stalled --set train.watchdog=0.7
}
ok "a rank that saves on a disk that does not answer has the time of a save" expect_status 0 stalled

# Behind the loop, and before it, rank 0 is alone with its files.
ending() {
    LOCKSTEP_MEET=1 LOCKSTEP_FAULT=hang@save:4:0 ranks 2 train tiny.yaml --run ending \
        --set optimizer.lr=1e3 --set train.watchdog=0.4
}
ok "a save that is waited for at the end of a run that diverged" expect_status 1 ending
ok "has the time of a save, and then the watchdog" says_once "(step 6, saving); the job ends"
LOCKSTEP_FAULT=hang@compute:2:0 ranks 0 train tiny.yaml --run locked >/dev/null 2>&1 &
until [[ -e locked/metrics.csv || ! -d /proc/$! ]]; do sleep 0.05; done
{ sleep 4; kill -KILL "$(sed -n 's/^process \([0-9]*\) .*/\1/p' locked/lock)"; } &
locked() { LOCKSTEP_MEET=2 ranks 2 train tiny.yaml --run locked --resume; }
ok "another job's lock is waited for longer than ranks wait for each other" expect_status 0 locked
