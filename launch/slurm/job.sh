# What the batch scripts of this folder share: how the ranks are started, told to stop, and what
# becomes of the job when they have ended.
#
#     the ranks ended with       the job
#     0   done                   ends
#     2   usage, 3   diverged    ends: another try would end alike
#     75  saved and stopped      is requeued, and goes on with --resume when it starts again
#     1   failed, or a signal    is requeued likewise, at most $LOCKSTEP_RESTARTS times (100)
#
# It is requeued only if this start has left a newer checkpoint than it found, so that no job goes
# round in circles (a crash that has left none is tried once more in the same allocation); not if it
# was cancelled; and not for `--until`, which is a wish.
#
#     Slurm sends       when                                       then
#     USR1 to us        --signal=B:USR1@120 before the time limit  it goes on to the ranks
#     TERM to all       scancel, preemption, the limit itself      the ranks of srun save as well;
#                       (KILL comes $KillWait seconds later)       mpirun ends its ranks in a second
#
# Settings, from the environment (sbatch hands it on):
#
#     LOCKSTEP           the program, if not build/release/lockstep
#     LOCKSTEP_LAUNCH    srun (the default) or mpirun (by launch/run.sh)
#     LOCKSTEP_RESTARTS  see above
#     SLURM_MPI_TYPE     srun's --mpi, if not pmix

program=${LOCKSTEP:-$root/build/release/lockstep}
source "$root/launch/run_folder.sh"
# An array's first number is also a task's: a plain SLURM_JOB_ID could requeue the whole array.
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
job=${job:-$SLURM_JOB_ID}

job_say() { echo "job.sh: $*" >&2; }
job_end() { job_say "${*:2}"; exit "$1"; } # STATUS WORDS

job_check() {
    [[ -x $program ]] || job_end 2 "$program is missing; set LOCKSTEP to the program's path"
    case ${LOCKSTEP_LAUNCH:=srun} in
    mpirun) ;;
    srun)
        export SLURM_MPI_TYPE=${SLURM_MPI_TYPE:-pmix}
        [[ $(srun --mpi=list 2>&1) == *"$SLURM_MPI_TYPE"* ]] ||
            job_end 2 "srun has no --mpi=$SLURM_MPI_TYPE here; try LOCKSTEP_LAUNCH=mpirun"
        # srun has stopped to take this from the allocation by itself (22.05).
        if [[ ${SLURM_CPUS_PER_TASK-} ]]; then export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK; fi
        ;;
    *) job_end 2 "LOCKSTEP_LAUNCH is srun or mpirun, not '$LOCKSTEP_LAUNCH'" ;;
    esac
    export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1} # before the library starts the others
}

# Starts the ranks: $ranks of them, or as many as the allocation has tasks; $spread: it has more
# slots than that, on every node. $launcher is their srun, or launch/run.sh. What these add to the
# program's own words goes: a line from srun for each node whose ranks ended with a status, and a
# page from Open MPI for each rank that was connected to one that has died, or of how the watchdog
# ended the job. What Slurm says of killed ranks stays.
job_start() {
    exec {noise}> >(trap '' TERM USR1 INT && exec sed -u -E '
        /^srun: error: .*: Exited with exit code (1|2|3|75)$/d
        /error: +mpi\/pmix.*_errhandler/d
        /^-{74}$/ {
            :page
            N
            /\n-{74}$/! b page
            /(peer process has unexpectedly disconnected|MPI_ABORT was invoked)/d
        }' >&2)
    filter=$!
    if [[ $LOCKSTEP_LAUNCH == srun ]]; then
        # Ranks end together, or something has happened: then the others are ended 10 s later.
        srun --quiet --wait=10 ${ranks:+-n "$ranks"} "$program" train "$@" </dev/null 2>&$noise &
    else
        LOCKSTEP=$program "$root/launch/run.sh" ${ranks:+-n "$ranks"} ${spread:+--map-by node --} \
            train "$@" 2>&$noise &
    fi
    launcher=$!
    began=$SECONDS
}

job_told() { # SIGNAL
    told=$1 woken=yes
    if [[ $1 == TERM ]]; then return; fi # all processes of the job have got it
    job_say "$1: the ranks save and stop"
    # Before srun and the ranks have their handlers, USR1 would just kill them.
    while ((SECONDS - began < 3)); do sleep 0.2; done
    kill -USR1 $launcher 2>/dev/null || true
}

# A signal ends `wait` early: then its status is not the launcher's, and it must wait again.
job_wait() {
    local i
    while true; do
        woken= status=0
        wait $launcher || status=$?
        [[ $woken ]] || break
    done
    exec {noise}>&-
    # Ranks that mpirun has lost may hold on to it: it has five seconds for the last lines.
    for ((i = 0; i < 50; i++)); do kill -0 $filter 2>/dev/null || break; sleep 0.1; done
}

# Whether the job is to start again; else $why_not.
job_goes_on() {
    local newest reason
    newest=$(run_newest)
    why_not="the run was to stop here"
    if [[ $status == 75 && $until && -z $told ]]; then return 1; fi
    # Slurm ends the job: at its time limit we may ask for another start, a preempted job starts
    # again by itself, and a cancelled one must not come back.
    if [[ $told == TERM ]]; then
        reason=$(scontrol show job "$job" | sed -n 's/.* Reason=\([^ ]*\).*/\1/p;T;q')
        why_not="Slurm decides about what it has cancelled or preempted"
        [[ $reason == TimeLimit ]] || return 1
    fi
    why_not="no newer checkpoint since this start (is --time long enough?)"
    [[ $newest && $newest != "$oldest" ]] || return 1
    why_not="it has started again ${SLURM_RESTART_COUNT:-0} times (LOCKSTEP_RESTARTS)"
    [[ $status == 75 || ${SLURM_RESTART_COUNT:-0} -lt ${LOCKSTEP_RESTARTS:-100} ]]
}

# What goes on with the run. Without a checkpoint, one that began with --from is begun anew.
job_resume() {
    if [[ $(run_newest) || " ${words[*]} " != *" --from "* ]]; then words=("${again[@]}"); fi
}

job_run() {
    job_start "${words[@]}"
    job_wait
    case $status in
    0 | 2 | 3) exit $status ;;
    75) ;;
    *) job_say "the ranks ended with status $status" ;;
    esac
}

# job_train ARGUMENTS...: `lockstep train ARGUMENTS...` in this allocation. Ends the script.
job_train() {
    local status told= woken= why_not words=("$@")
    job_check
    run_read "$@"
    oldest=$(run_newest)
    if ((${SLURM_RESTART_COUNT:-0} > 0)); then job_resume; fi
    trap 'job_told USR1' USR1
    trap 'job_told TERM' TERM
    job_run
    # To start many processes on many nodes is what fails by chance.
    if [[ $status != 75 && -z $told && $(run_newest) == "$oldest" ]]; then
        job_say "no step has been saved; they start once more"
        job_resume
        job_run
    fi
    job_goes_on || job_end $status "job $job is not requeued: $why_not"
    scontrol requeue "$job" ||
        job_end $status "job $job cannot be requeued: submit it again, with --resume"
    job_say "job $job is requeued, and goes on from $(run_newest)"
    exit $status
}
