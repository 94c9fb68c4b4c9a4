# Whatever breaks on one rank, all ranks end, with one message and a status; nothing hangs.
tiny_data
tiny_recipe
n=0
train() { ranks "$1" train tiny.yaml --run "run-$((++n))" "${@:2}"; }
faulty() { LOCKSTEP_FAULT=$1 train "${@:2}"; }

for exchange in shared messages; do
    for rank in 0 2; do
        for stage in compute:5 evaluate:4 save:4; do
            ok "an error on rank $rank in $stage ends the job with status 1 (exchange: $exchange)" \
                expect_status 1 faulty "error@$stage:$rank" 3 --set exchange=$exchange
            ok "and is said once" says_once "rank $rank met the fault planted"
        done
    done
    ok "a killed rank ends the job (exchange: $exchange)" \
        expect_status 137 faulty kill@compute:5:1 3 --set exchange=$exchange
    ok "the watchdog ends a job with a rank that hangs (exchange: $exchange)" \
        expect_status 1 faulty hang@compute:5:1 3 --set exchange=$exchange --set train.watchdog=0.5
    ok "and names rank, step and phase once" says_once "watchdog: rank 1 on"
    ok "with what it was doing" says_once "(step 5, compute)"
    ok "a save signal to one rank stops all with status 75 (exchange: $exchange)" \
        expect_status 75 faulty stop@compute:5:2 3 --set exchange=$exchange
    ok "at the same step, with a checkpoint" test -e "run-$n/checkpoints/step-00000006.h5"
    ok "also when it comes in an evaluation (exchange: $exchange)" \
        expect_status 75 faulty stop@evaluate:4:1 3 --set exchange=$exchange
done

ok "a rate that makes the loss infinite is status 3" \
    expect_status 3 train 3 --set optimizer.lr=1e4 --set 'loss=mse' --set 'loss=cross_entropy' \
    --set 'optimizer.momentum=0.99' --set 'schedule.warmup=0 steps' --set 'train.length=400 steps'
ok "and what went bad is named once" says_once "is infinite in micro-batch"
ok "a time limit saves and stops with status 75" \
    expect_status 75 train 2 --set train.time_limit=0.001
ok "and says why" says_once "train.time_limit is over"

# The save signal through launch/run.sh, which turns TERM into it.
run_sh=$tests/../../launch/run.sh
stopped_by_term() {
    bash "$run_sh" -n 2 train tiny.yaml --run term --set 'train.length=100000 steps' >said 2>&1 &
    local job=$!
    until [[ -s term/metrics.csv || ! -d /proc/$job ]]; do sleep 0.1; done
    kill -TERM $job
    wait $job
}
export LOCKSTEP=$program
ok "TERM to launch/run.sh saves and ends with status 75" expect_status 75 stopped_by_term
newest() { [[ -n $(ls term/checkpoints/step-*.h5) ]]; }
ok "leaving a checkpoint" newest
