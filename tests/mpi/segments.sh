# What killed jobs leave on the machine is cleared away, theirs alone: by launch/run.sh, or by the
# next one where that was killed, too.
tiny_data
tiny_recipe
export LOCKSTEP=$program TMPDIR=$scratch/tmp
mkdir tmp

begin() { # RUN: `run` is launch/run.sh, `mpi` its mpirun, `job` the job's number in names
    bash "$tests/../../launch/run.sh" -n 2 train tiny.yaml --run "$1" --set 'train.length=1000000 steps' \
        >"$1.out" 2>"$1.err" &
    run=$!
    until [[ -s $1/metrics.csv || ! -d /proc/$run ]]; do sleep 0.05; done
    mpi=$(pgrep -P $run -x mpirun) ranks=$(pgrep -P "$mpi" -x lockstep)
    job=$(tr '\0' '\n' <"/proc/${ranks%%$'\n'*}/environ" | sed -n 's/^OMPI_MCA_ess_base_jobid=//p')
    printf -v job %x "$job"
}
left() { ls /dev/shm | grep -E "^(vader_segment|osc_sm)\..*\.$1\."; }
nothing_left() { [[ -z $(left "$1") ]] || { why="left: $(left "$1")"; return 1; }; }
ended() { # PID...
    local turn
    for ((turn = 0; turn < 100; turn++)); do
        why="still there: $(ps -o pid=,stat=,comm= -p "$(echo $* | tr ' ' ,)")"
        [[ $(ps -o stat= -p "$(echo $* | tr ' ' ,)" | grep -v Z) ]] || return 0
        sleep 0.05
    done
    return 1
}

begin other
other=$run other_mpi=$mpi other_job=$job
ok "a job has segments while it runs" [ -n "$(left "$other_job")" ]
count=$(left "$other_job" | wc -l)

begin a
kill -STOP ${ranks%%$'\n'*}
kill -KILL "$mpi"
waits() { wait "$run" 2>/dev/null; }
ok "when mpirun gets SIGKILL, launch/run.sh ends with its status" expect_status 137 waits
ok "it says so in one line" test "$(wc -l <a.err)" == 1
ok "no rank is left, not even a stopped one" ended $ranks
ok "and nothing in /dev/shm" nothing_left "$job"
ok "nor elsewhere" [ ! -e "$scratch/ompi.$(hostname -s).$UID/pid.$mpi" ]

begin b
kill -KILL "$run" "$mpi" $ranks
{ wait "$run"; } 2>/dev/null
ok "when all are killed at once, segments stay" [ -n "$(left "$job")" ]
ended $ranks
ok "until the next start" \
    expect_status 0 bash "$tests/../../launch/run.sh" -n 1 train tiny.yaml --run c
ok "which removes them" nothing_left "$job"
ok "another job's are all there" test "$(left "$other_job" | wc -l)" == "$count"
kill -KILL "$other"
{ wait "$other"; } 2>/dev/null
bash -c "source '$tests/../../launch/segments.sh'; segments_sweep"
ok "also when only its run.sh is gone" test "$(left "$other_job" | wc -l)" == "$count"
kill -TERM "$other_mpi"
ended "$other_mpi"
bash -c "source '$tests/../../launch/segments.sh'; segments_sweep"
ok "in the end no record is left of any" [ -z "$(ls tmp | grep lockstep)" ]

# Crashes of a rank and of mpirun: no page of addresses.
for who in rank mpirun; do
    begin "crash-$who"
    crash=$mpi
    if [[ $who == rank ]]; then crash=${ranks%%$'\n'*}; fi
    kill -SEGV "$crash"
    ok "a crash of $who ends the job with that signal's status" expect_status 139 waits
    ok "and is told in one line" test "$(cat "crash-$who.err")" == \
        "run.sh: a rank or mpirun was ended by signal SEGV"
    ok "nothing is left of it" nothing_left "$job"
done
