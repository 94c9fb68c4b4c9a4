# launch/supervise.sh goes on after whatever ends a job, to the bytes of a run that nothing has
# happened to, and stops where going on is no use. Several hosts are in hosts_lost.sh.
tiny_data
tiny_recipe
export LOCKSTEP=$program
supervise_sh=$tests/../../launch/supervise.sh
expect_status 0 ranks 1 train tiny.yaml --run whole

# The N-th start meets the N-th line of ./faults: a planted fault, or what a shell does with $run.
mkdir bin
cat >bin/mpirun <<END
#!/usr/bin/env bash
echo start >>starts
fault=\$(sed -n "\$(wc -l <starts)p" faults)
if [[ \$fault =~ ^[a-z]+@ ]]; then export LOCKSTEP_FAULT=\$fault; else eval "\$fault"; fi
exec $(command -v mpirun) "\$@"
END
chmod +x bin/mpirun

run=
# supervise RUN FAULTS ARGUMENTS...: faults are divided by "|".
supervise() {
    run=$1
    tr '|' '\n' <<<"$2" >faults
    : >starts
    PATH=$PWD/bin:$PATH run=$run timeout -k 5 "$LIMIT" bash "$supervise_sh" --backoff 0.1 -n 2 "${own[@]}" \
        train tiny.yaml --run "$run" "${@:3}"
}
own=()
starts() { why="$(wc -l <starts) starts, not $1" && [[ $(wc -l <starts) == "$1" ]]; }
whole() { same whole/metrics.csv "$run/metrics.csv" && same whole/checkpoints/step-00000012.h5 \
    "$run/checkpoints/step-00000012.h5"; }
flip='f=$run/checkpoints/step-00000008.h5; dd of=$f bs=1 seek=3000 conv=notrunc status=none <<<X'

ok "it goes on after a kill, a failure, a save signal and in spite of a damaged checkpoint" \
    expect_status 0 supervise a "kill@compute:6:1|error@compute:10:0|$flip; export LOCKSTEP_FAULT=stop@compute:6:0"
ok "with a start for each" starts 4
ok "and the bytes of an undisturbed run" whole
ok "it says each start once" says_once "supervise.sh: start 3, from step 8 on"
foreign=/dev/shm/vader_segment.$HOSTNAME.0.ffff0001.$$
: >"$foreign"
# Of this test's time, and in nobody's use; jobs that run beside it have some, too.
segments() {
    local file
    for file in $(find /dev/shm -newer "$1" ! -path "$foreign" -name '*_s*'); do
        why="$file is left"
        grep -qsF "$file" /proc/[0-9]*/maps || [[ ! -e $file ]] || return 1
    done
}
ok "a finished run is left alone" expect_status 0 supervise a ""
ok "it prints its last line" says_once "done  steps 12"
ok "in one start" starts 1

# A job that is killed as a whole leaves its segments behind.
killing='export LOCKSTEP_FAULT=hang@compute:9:1
(until [[ -e $run/checkpoints/step-00000008.h5 ]]; do sleep 0.05; done; kill -KILL $$) &'
touch before
ok "mpirun itself may be killed" expect_status 0 supervise b "${killing//$'\n'/; }"
ok "its segments in /dev/shm go with the job" segments before
ok "another job's stay" test -e "$foreign"
rm -f "$foreign"
folders() { why=$(find . -maxdepth 1 -name 'lockstep.*') && [[ -z $why ]]; }
ok "nor is a folder of Open MPI's left" folders

# What it does not try again.
ok "a user's error is status 2" expect_status 2 supervise c "" --set modle=1
ok "at the first start" starts 1
ok "which is said once" says_once "supervise.sh: status 2"
ok "divergence is status 3" expect_status 3 supervise d "" --set optimizer.lr=1e4 \
    --set optimizer.momentum=0.99 --set 'schedule.warmup=0 steps' --set 'train.length=400 steps'
ok "at the first start, too" starts 1
own=(--retries 2)
ok "without progress it gives up with status 1" expect_status 1 supervise e \
    "error@compute:6:1|error@compute:6:0|error@compute:6:1|error@compute:6:1"
ok "after the first start, which saved, and as many as were allowed" starts 4
ok "and says so once" says_once "supervise.sh: gives up: 3 starts in a row without a new checkpoint"
own=()
ok "--until is where it ends, with status 75" expect_status 75 supervise f "" --until 6
ok "in one start, too" starts 1
expect_status 0 ranks 1 train tiny.yaml --run three --set 'train.length=3 steps'
own=(--retries 0)
ok "a time limit is not the end" expect_status 0 supervise i "" --set train.time_limit=0.001 \
    --set 'train.length=3 steps'
ok "and a step is progress" starts 3
ok "to the same bytes" same three/metrics.csv i/metrics.csv

own=()
from=(--from whole/checkpoints/step-00000012.h5)
expect_status 0 ranks 1 train tiny.yaml --run other "${from[@]}"
ok "a run that begins with other weights" expect_status 0 supervise l error@compute:3:0 "${from[@]}"
ok "does so again where nothing was saved" same other/metrics.csv l/metrics.csv

# mpirun's status is not the last word.
own=(--retries 0)
ok "mpirun may end with status 0 and no run" expect_status 0 supervise j 'exit 0'
ok "it is asked once more" says_once "supervise.sh: status 0, but the run is not done"
ok "and trains then" whole
ok "or with status 1 when all is done" expect_status 0 supervise k 'command -p mpirun "$@"; exit 1'
ok "which lockstep knows" says_once "supervise.sh: status 1, but the run is done"
ok "without training again" starts 2
own=()

# Nobody but its supervisor can notice that a rank that is alone has stopped.
own=(--limit 2 -n 1)
stopping='export LOCKSTEP_FAULT=hang@compute:9:0; (until [[ -e $run/checkpoints/step-00000008.h5 ]]
do sleep 0.05; done; kill -STOP $(pgrep -x lockstep -P $$)) &'
stopping=${stopping//$'\n'/; }
ok "a single rank that is stopped is killed, and the run goes on" expect_status 0 supervise g \
    "$stopping" --set train.watchdog=1
own=()

# Signals: handed on, and that is the end.
told() {
    supervise h "" --set 'train.length=10000000 steps' --set 'checkpoint.every=0 steps' \
        --set 'train.evaluate_every=0 steps' --set 'log.every=5 steps' &
    local job=$!
    until [[ -s h/metrics.csv || ! -d /proc/$job ]]; do sleep 0.05; done
    kill -"$1" "$(pgrep -P $job bash || pgrep -P "$(pgrep -P $job timeout)" bash)"
    wait $job
}
ok "TERM to the supervisor saves and ends with status 75" expect_status 75 told TERM
ok "without another start" starts 1
ok "leaving a checkpoint" test -n "$(ls h/checkpoints/step-*.h5)"
