#!/usr/bin/env bash
# Keeps a training run going until it is done: starts launch/run.sh, and starts it again, from the
# newest intact checkpoint, when it was killed, crashed, hung, lost a host, or was told to save and
# stop by its time limit or by somebody else than this script.
#
#     launch/supervise.sh [--retries N] [--backoff SECONDS] [--limit SECONDS] [--hostfile FILE]
#                         [-v] [-n P] [mpirun options --] train CONFIG [arguments...]
#
#     launch/supervise.sh train launch/recipes/fashion-cnn.yaml
#     launch/supervise.sh --hostfile hosts --bind-to core -- train CONFIG --run /shared/runs/a
#
# --retries N    gives up, with status 1, after N restarts that brought no new checkpoint; default 5
# --backoff S    seconds before a restart, doubled for each that brought none, up to 60 S; default 5
# --limit S      ends a job whose run directory shows no sign of life for so long (ten times as long
#                at its start); default twice train.watchdog, which gives the signs; 0: never
# --hostfile F   hosts, `NAME slots=N` a line: each start takes those that answer, by ssh or
#                $OMPI_MCA_plm_rsh_agent, and ranks for their slots (-n P: at most P)
#
# A user's error (2) and divergence (3) are not tried again. TERM, INT, HUP and USR1 are handed on:
# the ranks save and stop, and so does this script, with their status. The other arguments are those
# of launch/run.sh. Each start has a folder of its own for Open MPI's files. When a job has ended,
# that folder, what is left of its processes and its segments in /dev/shm are removed, on each host
# that answers; never another job's.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/supervise_hosts.sh"
source "$here/run_folder.sh"

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }
say() { echo "supervise.sh: $*" >&2; }
fail() { say "$*"; exit 2; }

# ---- arguments ---------------------------------------------------------------------------------

retries=5 backoff=5 limit= hostfile= ranks= before=() options=() arguments=()

number() { # OPTION VALUE: a number of seconds or of times
    [[ ${2-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "$1 wants a number, not '${2-}'"
}
read_options() {
    while [[ ${1-} == -* && $1 != -- ]]; do
        case $1 in
        -h | --help) usage; exit 0 ;;
        -v) before+=(-v); shift; continue ;;
        --retries) number "$1" "${2-}"; retries=${2%.*} ;;
        --backoff) number "$1" "${2-}"; backoff=$2 ;;
        --limit) number "$1" "${2-}"; limit=${2%.*} ;;
        --hostfile | -hostfile | --machinefile | -machinefile)
            [[ -r ${2-} ]] || fail "$1: there is no file '${2-}'"; hostfile=$2 ;;
        -n) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || fail "-n wants a number of ranks, not '${2-}'"
            ranks=$2 ;;
        *) break ;;
        esac
        shift 2
    done
    if [[ ${1-} == -* ]]; then # mpirun's, among which a hostfile may stand
        while [[ $# -gt 0 && $1 != -- ]]; do
            case $1 in
            --hostfile | -hostfile | --machinefile | -machinefile) hostfile=${2-}; shift ;;
            -n | -np) ranks=${2-}; shift ;;
            *) options+=("$1") ;;
            esac
            shift || true
        done
        [[ $# -gt 0 ]] || fail "mpirun options (${options[*]-}) end with --; see supervise.sh -h"
        shift
    fi
    arguments=("$@")
    [[ ${1-} == train ]] || { usage >&2; fail "only \`train\` can go on where it was"; }
}

# ---- what the run directory says ---------------------------------------------------------------

# The step of the newest checkpoint, -1 without one.
newest_step() {
    local step
    step=$(run_newest) step=${step#step-} step=${step%.h5}
    if [[ $step =~ ^[0-9]+$ ]]; then echo $((10#$step)); else echo -1; fi
}
times() { (cd "$run" 2>/dev/null && stat -c %.Y -- "$@" 2>/dev/null) || true; }
life() { times lock metrics.csv timing.csv log.txt checkpoints; }

# Seconds without a sign of life that are too many; 0: never. The watchdog sets the time of RUN/lock
# four times in its limit, from the first step of a start on, which begins with a new config.yaml.
patience() {
    local seconds=$limit watchdog
    if [[ -z $seconds ]]; then
        watchdog=$(grep -oE 'watchdog: *[0-9]+' "$run/config.yaml" 2>/dev/null || echo 60)
        seconds=$((2 * ${watchdog##* }))
        if ((seconds > 0 && seconds < 10)); then seconds=10; fi
    fi
    if [[ $(times config.yaml) == "$config_before" ]]; then seconds=$((10 * seconds)); fi
    echo "$seconds"
}

# ---- one start ---------------------------------------------------------------------------------

told= job=

pause() { # SECONDS; a signal ends it
    sleep "$1" &
    wait $! || kill $! 2>/dev/null || true
}
hand_on() {
    told=$1
    if [[ $job ]]; then kill -"$1" "$job" 2>/dev/null || true; fi
}
for signal in TERM INT HUP USR1; do trap "hand_on $signal" $signal; done

# A job of which nothing more is heard: TERM for mpirun, which may wait for a lost host for ever.
end_job() {
    local i
    pkill -TERM -P "$job" mpirun || true
    for ((i = 0; i < 25; i++)); do
        if [[ ! -d /proc/$job ]]; then return; fi
        pause 0.2
    done
    sh -c "$(sweep_script "$1" "$number")"
}

# Starts the run once; its status in $status.
start() { # FOLDER ARGUMENTS...
    local folder=$1 seen='' now since=$SECONDS began=$SECONDS most number='' hung=''
    config_before=$(times config.yaml)
    local command=("$here/run.sh" ${before[@]+"${before[@]}"})
    if [[ $count ]]; then command+=(-n "$count"); fi
    if ((${#placed[@]})); then command+=("${placed[@]}" --); fi
    set -m # a process group of its own: the terminal's ^C reaches this script alone
    OMPI_MCA_orte_tmpdir_base=$folder "${command[@]}" "${@:2}" &
    job=$!
    set +m
    if [[ $told ]]; then hand_on "$told"; fi
    while kill -0 $job 2>/dev/null; do
        pause $((SECONDS - began < 10 ? 0 : 1)).1
        number=${number:-$(job_number "$folder")}
        now=$(life)
        if [[ $now != "$seen" ]]; then seen=$now since=$SECONDS; fi
        most=$(patience)
        if [[ -z $hung ]] && ((most > 0 && SECONDS - since > most)); then
            say "no sign of life for $((SECONDS - since)) s: the job is ended"
            hung=1
            end_job "$folder"
        fi
    done
    status=0
    wait $job || status=$?
    job=
    if [[ $hung ]]; then status=1; fi
    clean "$folder" "${number:-$(job_number "$folder")}"
}

# ---- the run -----------------------------------------------------------------------------------

read_options "$@"
run_read "${arguments[@]:1}"
[[ -r $config ]] || fail "train wants a CONFIG that can be read, not '$config'"
starts=0 failures=0 again= resume=()
while true; do
    at=$(newest_step) began=$SECONDS status=1
    if ((starts > 0 || at >= 0)) || [[ -e $run/metrics.csv ]]; then resume=(--resume); fi
    folder=$(mktemp -d "${OMPI_MCA_orte_tmpdir_base:-${TMPDIR:-/tmp}}/lockstep.XXXXXXXX")
    if find_hosts "$folder"; then
        if [[ $told ]]; then rmdir "$folder"; exit 75; fi
        starts=$((starts + 1))
        if ((starts > 1)); then say "start $starts, from step $((at < 0 ? 0 : at)) on"; fi
        start "$folder" "${arguments[@]}" ${resume[@]+"${resume[@]}"}
    else
        rmdir "$folder"
    fi
    if [[ $told ]]; then exit "$status"; fi
    done=not; if [[ -e $run/summary.json ]]; then done=; fi
    case $status in
    0)  if [[ ! $done ]]; then exit 0; fi ;;
    2)  # or a lost host still holds the run directory's lock, for which lockstep waits 30 seconds
        if ((starts < 2 || SECONDS - began < 30)); then
            say "status 2: for you to put right, not tried again"; exit 2
        fi ;;
    3)  say "status 3: the run has diverged, not tried again"; exit 3 ;;
    75) if [[ $until ]] && (($(newest_step) >= until)); then exit 75; fi ;;
    esac
    if [[ ! $again && ($status == 0 || ! $done) ]]; then
        again=1 # mpirun's word against the folder's: lockstep knows
        say "status $status, but the run is $done${done:+ }done: asked once more"
        continue
    fi
    again=
    if (($(newest_step) > at)); then failures=0; else failures=$((failures + 1)); fi
    if ((failures > retries)); then
        say "gives up: $failures starts in a row without a new checkpoint (status $status)"
        exit 1
    fi
    if ((status == 75 && failures == 0)); then continue; fi
    seconds=$(awk -v b="$backoff" -v n="$failures" 'BEGIN {
        factor = n > 1 ? 2 ^ (n - 1) : 1; print b * (factor < 60 ? factor : 60) }')
    say "status $status: starts again in $seconds s"
    pause "$seconds"
    if [[ $told ]]; then exit 75; fi
done
