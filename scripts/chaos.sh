#!/usr/bin/env bash
# Proves that a run survives: trains a small net again and again, breaks it at random moments, goes on
# with --resume on another number of ranks until it is done, and compares with a run that nothing
# happened to.
#
#     scripts/chaos.sh 200                   two hundred rounds, each with one to three faults
#     scripts/chaos.sh --seed 7 20           the rounds of an earlier seed (not its very moments)
#     scripts/chaos.sh --kinds kill,stop 10  these faults only
#
#     kill          SIGKILL to a rank              ranks-term   SIGTERM to all ranks
#     mpirun        SIGKILL to mpirun              ranks-usr1   SIGUSR1 to all ranks
#     mpirun-term   SIGTERM to mpirun              stop         SIGSTOP to a rank
#     all           SIGKILL to everything          file         a bit of the newest checkpoint flips
#     term          SIGTERM to launch/run.sh       memory       a bit of a parameter flips in memory
#     disk          a save meets a full disk, an I/O error, no leave to write
#
# A rank that is stopped while it leaves, when all others have gone, is let go from outside, as
# launch/supervise.sh would: none of its job is left that could see it.
#
# A round is good if every start ends by itself, with status 0, 1, 75 or a signal's and at most one
# message of lockstep's; if it leaves no process; and if in the end metrics.csv (with its digests) and
# the last checkpoint are those of the undisturbed run, no half-written file is there, and no shared
# memory of its jobs in /dev/shm. The folder of a bad one is kept. Status 1 if there was any.
#
# $LOCKSTEP names another program than build/release/lockstep; $PROGRAMS the folder of the tests'
# programs, for the kind `disk`.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(realpath "${LOCKSTEP:-$root/build/release/lockstep}")
shim=$(realpath -m "${PROGRAMS:-$(dirname "$program")/tests}/disk_shim.so")
limit=120 # seconds that a start may take
steps=200
all_kinds=(kill mpirun mpirun-term all term ranks-term ranks-usr1 stop file memory disk)

fail() { echo "chaos.sh: $*" >&2; exit 2; }
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }

seed=$((RANDOM * 32768 + RANDOM)) kinds=() rounds=
while (($#)); do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --seed) [[ ${2-} =~ ^[0-9]+$ ]] || fail "--seed wants a number"; seed=$2; shift ;;
    --kinds) IFS=, read -ra kinds <<<"${2-}"; shift ;;
    *) [[ $1 =~ ^[1-9][0-9]*$ ]] || fail "a number of rounds, not '$1'; see -h"; rounds=$1 ;;
    esac
    shift
done
[[ $rounds ]] || { usage >&2; exit 2; }
[[ -x $program ]] || fail "$program is missing"
for kind in ${kinds[@]+"${kinds[@]}"}; do
    [[ " ${all_kinds[*]} " == *" $kind "* ]] || fail "no such kind: $kind (${all_kinds[*]})"
done
if ((!${#kinds[@]})); then
    kinds=("${all_kinds[@]}")
    if [[ ! -e $shim ]]; then
        echo "no disk_shim.so here: no full disks"
        kinds=("${kinds[@]/disk/}")
        kinds=(${kinds[@]})
    fi
fi

exec 2> >(grep -v ' Killed  ' >&2) # bash tells of each start that was killed
work=$(mktemp -d)
cd "$work" || exit 1
mkdir tmp
export LOCKSTEP=$program TMPDIR=$work/tmp OMPI_MCA_orte_tmpdir_base=$work/tmp
source "$root/tests/tiny.sh"
tiny_data

cat >recipe.yaml <<END
name: chaos
seed: 1
data: {file: tiny.h5, validation: 60, normalize: channel}
model:
  - conv2d: {filters: 16, kernel: 3, padding: same, bias: false}
  - batch_norm
  - relu
  - conv2d: {filters: 16, kernel: 3, padding: same}
  - relu
  - flatten
  - dropout: 0.3
  - dense: 3
batch: {global: 240, micro: 16}
optimizer: {type: sgd, lr: 0.005, momentum: 0.9, weight_decay: 5e-4}
train: {length: $steps steps, evaluate_every: 20 steps}
checkpoint: {every: 15 steps, keep: 2}
log: {every: 1 steps}
END

# --- one start ------------------------------------------------------------------------------------
random() { echo $((RANDOM % $1)); } # in a subshell; for the plan use RANDOM itself
milliseconds() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
alive() { [[ -d /proc/$1 && $(</proc/$1/stat) != *") Z "* ]] 2>/dev/null; }
broken() { [[ $trouble ]] || trouble=$*; } # the first thing that went wrong in this round

mpirun_of_job() { pgrep -P "$job" -x mpirun; }
ranks_of_job() { pgrep -f -- "^$program train recipe.yaml --run $run( |\$)"; }
step_reached() { tail -n1 "$run/metrics.csv" 2>/dev/null | cut -d, -f2; }

# Waits until the job has come as far as planned ($1: so many steps, of those that it has before it,
# or -1: before the first; then $2 milliseconds more), or has ended.
moment() {
    local step
    until [[ $(mpirun_of_job) ]]; do alive "$job" || return 1; done
    while (($1 >= 0)) && alive "$job" && ((SECONDS < deadline)); do
        step=$(step_reached)
        if [[ $step =~ ^[0-9]+$ ]] && ((step > from + $1 % (steps - from) * 3 / 4)); then break; fi
        sleep 0.01
    done
    milliseconds "$2"
    alive "$job"
}

# Notes which job this is, for what it may leave in /dev/shm.
note_job() {
    local rank number
    for rank in $(ranks_of_job); do
        number=$({ tr '\0' '\n' <"/proc/$rank/environ"; } 2>/dev/null |
            sed -n 's/^OMPI_MCA_ess_base_jobid=//p')
        if [[ $number ]]; then
            jobs_seen[$number]=1 noted=1
            return
        fi
    done
}

# strike KIND VICTIM: does it to the running job.
strike() {
    local ranks
    mapfile -t ranks < <(ranks_of_job)
    local one=${ranks[$(($2 % (${#ranks[@]} + !${#ranks[@]})))]-}
    case $1 in
    kill) kill -KILL $one ;;
    stop) kill -STOP $one ;;
    mpirun) kill -KILL $(mpirun_of_job) ;;
    mpirun-term) kill -TERM $(mpirun_of_job) ;;
    all) kill -KILL $job $(mpirun_of_job) ${ranks[@]+"${ranks[@]}"} ;;
    term) kill -TERM $job ;;
    ranks-term) kill -TERM ${ranks[@]+"${ranks[@]}"} ;;
    ranks-usr1) kill -USR1 ${ranks[@]+"${ranks[@]}"} ;;
    esac 2>/dev/null
}

# Whether the ranks that are left are all stopped.
only_stopped() {
    local rank any=
    for rank in $(ranks_of_job); do
        [[ $(</proc/$rank/stat) == *") T "* ]] 2>/dev/null || return 1
        any=1
    done
    [[ $any ]]
}

# What a start has said on standard error: one message of ours at most, and nothing of others but
# what Open MPI's transports say when their peer has died.
judge_words() {
    local count
    count=$(grep -c '^lockstep: ' said.err)
    ((count <= 1)) || broken "$count messages"
    count=$(grep -cvE '^(lockstep|run\.sh|warning): |^  |^\[[a-z0-9]+:[0-9]+\] Read -1|^\[warn\] Epoll' said.err)
    ((count == 0)) || broken "$count lines that are nobody's"
    count=$(wc -l <said.err)
    ((count <= 6)) || broken "$count lines of messages"
}

# Whether all processes of the round have gone, soon.
judge_processes() {
    local turn
    for ((turn = 0; turn < 60; turn++)); do
        pgrep -f -- "--run $run( |\$)" >/dev/null || return 0
        sleep 0.05
    done
    broken "processes are left: $(pgrep -af -- "--run $run( |\$)" | head -3)"
    pkill -KILL -f -- "--run $run( |\$)"
}

# begin RANKS ARGUMENTS...: starts the run in the background, as a user would.
begin() {
    local ranks=$1
    shift
    from=$(step_reached)
    [[ $from =~ ^[0-9]+$ ]] && ((from < steps)) || from=0
    printf '%s: %s' "-n $ranks" "$*" >>"$run.story"
    bash "$root/launch/run.sh" -n "$ranks" train recipe.yaml --run "$run" "$@" >said.out 2>said.err &
    job=$!
    deadline=$((SECONDS + limit)) noted=
}

# end KIND: waits for it, and judges how it ended.
end() {
    local status=0
    while alive "$job" && ((SECONDS < deadline)); do
        [[ $noted ]] || note_job
        if [[ $1 == stop && -e $run/summary.json ]] && ((SECONDS > deadline - limit + 10)) && only_stopped; then
            kill -KILL $(ranks_of_job) && echo -n ' (stopped as the last one)' >>"$run.story"
        fi
        sleep 0.02
    done
    if alive "$job"; then
        broken "hangs ($1)"
        pkill -KILL -f -- "--run $run( |\$)"
    fi
    wait "$job" 2>/dev/null || status=$?
    judge_processes
    judge_words
    case $status in
    0 | 1 | 75) ;;
    *) if ((status > 128 && status <= 192)); then status=signal; else broken "status $status"; fi ;;
    esac
    outcomes[$1,$status]=$((${outcomes[$1,$status]-0} + 1))
    starts=$((starts + 1))
    printf '   -> %s (%s)\n' "$status" "$1" >>"$run.story"
    sed 's/^/    | /' said.err >>"$run.story"
    ended=$status
}

# --- one round ------------------------------------------------------------------------------------

# Flips a bit of the newest checkpoint, if another intact one is there to go back to.
flip_in_file() { # PLACE BIT
    local files newest size at byte
    mapfile -t files < <(ls "$run"/checkpoints/step-*.h5 2>/dev/null)
    ((${#files[@]} >= 2)) || return 1
    newest=${files[-1]} size=$(stat -c %s "${files[-1]}")
    "$program" inspect "$newest" >/dev/null 2>&1 && "$program" inspect "${files[-2]}" >/dev/null 2>&1 ||
        return 1
    at=$(($1 % size))
    byte=$(od -An -tu1 -j "$at" -N 1 "$newest")
    printf "\\x$(printf %x $((byte ^ (1 << $2))))" | dd of="$newest" bs=1 seek="$at" conv=notrunc status=none
    echo "bit $2 of byte $at of $newest flips" >>"$run.story"
}

# fault KIND: one start that the fault happens to. All that is random is drawn first, so that a seed
# plans the same whatever the machine does.
fault() {
    local kind=$1 ranks=$((RANDOM % 5 + 1)) late=$((RANDOM % 4)) step=$((RANDOM % steps)) \
        delay=$((RANDOM % 60)) victim=$RANDOM place=$((RANDOM * 32768 + RANDOM)) bit=$((RANDOM % 8)) \
        arguments=()
    if ((starts)); then arguments=(--resume); fi
    if ((RANDOM % 3 == 0)); then arguments+=(--set exchange=messages); fi
    if [[ $kind == stop ]] && ((ranks == 1)); then ranks=2; fi # somebody must be left to see it
    if ((late == 0)); then step=-1 delay=$((delay * 10)); fi
    case $kind in
    file)
        if ! flip_in_file $place $bit; then
            begin $ranks "${arguments[@]}" --until $((step > 35 ? step : 35))
            end file
            arguments=(--resume)
            flip_in_file $place $bit || return 0 # it has just come to its end, say
        fi
        begin $ranks "${arguments[@]}" ;;
    memory)
        LOCKSTEP_FAULT=flip@update:$((step > 1 ? step : 1)):$((victim % ranks)) \
            begin $ranks "${arguments[@]}" --set 'train.check_every=1 step' ;;
    disk)
        local error=(enospc eio erofs)
        LD_PRELOAD=$shim LOCKSTEP_DISK=${error[bit % 3]}@any:$((victim % 60 + 1)) \
            begin $ranks "${arguments[@]}" ;;
    stop) LOCKSTEP_MEET=5 begin $ranks "${arguments[@]}" --set train.watchdog=1.5 ;;
    *) begin $ranks "${arguments[@]}" ;;
    esac
    case $kind in
    file | memory | disk) ;;
    *) if moment $step $delay; then
           note_job
           strike $kind $victim
       fi ;;
    esac
    end $kind
}

judge_round() {
    local last number job left
    printf -v last 'checkpoints/step-%08d.h5' $steps
    [[ $ended == 0 ]] || broken "it never came to its end (status $ended)"
    cmp -s whole/metrics.csv "$run/metrics.csv" || broken "metrics.csv differs"
    "$program" diff "whole/$last" "$run/$last" >/dev/null 2>&1 || broken "the last checkpoint differs"
    [[ -z $(find "$run" -name '*.tmp') ]] || broken "a half-written file is left"
    left=$(ls tmp | grep -v '^ompi') # that belongs to Open MPI
    [[ -z $left ]] || broken "files are left: $left"
    for number in "${!jobs_seen[@]}"; do
        printf -v job %x "$number"
        left=$(find /dev/shm -name "vader_segment.*.$job.*" -o -name "osc_sm.*.$job.*")
        [[ -z $left ]] || broken "shared memory is left: $left"
    done
}

round() { # NUMBER
    local number=$1 i plan=()
    RANDOM=$((seed * 7919 + number * 104729))
    for ((i = 0; i < 5; i++)); do : $RANDOM; done # the first ones resemble the seed
    run=$work/round-$number starts=0 trouble= ended=
    jobs_seen=()
    for ((i = RANDOM % 3; i >= 0; i--)); do plan+=("${kinds[RANDOM % ${#kinds[@]}]}"); done
    for kind in "${plan[@]}"; do fault "$kind"; done
    # And then in peace; a fault may have come too late to matter, which changes nothing.
    begin $((RANDOM % 5 + 1)) --resume
    end none
    judge_round
    printf 'round %3d  %-36s %d starts  %s\n' "$number" "${plan[*]}" $starts "${trouble:-ok}"
    if [[ $trouble ]]; then
        bad=$((bad + 1))
        cp said.out "$run.said"
        sed 's/^/    /' "$run.story"
    else
        rm -rf "$run" "$run".*
    fi
}

finish() {
    local status=$?
    pkill -KILL -f -- "--run $work/" # what an interrupted round has running
    source "$root/launch/segments.sh"
    sleep 0.1
    segments_sweep
    cd /
    if ((bad)); then echo "kept: $work"; else rm -rf "$work"; fi
    exit $status
}
bad=0
declare -A outcomes=() jobs_seen=()
trap finish EXIT
trap 'exit 130' INT TERM

echo "seed $seed, kinds ${kinds[*]}"
bash "$root/launch/run.sh" -n 2 train recipe.yaml --run whole >said.out 2>said.err ||
    { cat said.err; bad=1; echo "the undisturbed run failed"; exit 1; }
for ((i = 1; i <= rounds; i++)); do round $i; done

echo
printf '%-12s %7s %7s %7s %7s\n' kind "0 done" "1 fail" "75 stop" signal
for kind in "${kinds[@]}" none; do
    printf '%-12s %7d %7d %7d %7d\n' "$kind" "${outcomes[$kind,0]-0}" "${outcomes[$kind,1]-0}" \
        "${outcomes[$kind,75]-0}" "${outcomes[$kind,signal]-0}"
done
echo
if ((bad)); then echo "$rounds rounds: $bad failed"; exit 1; fi
echo "$rounds rounds: all equal"
