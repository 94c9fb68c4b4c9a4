#!/usr/bin/env bash
# Starts lockstep under mpirun.
#
#     launch/run.sh [-v] [-n P] [mpirun options --] lockstep-arguments...
#
#     launch/run.sh train launch/recipes/fashion-mlp.yaml
#     launch/run.sh -n 4 train ... --resume
#     launch/run.sh -n 64 --hostfile hosts --bind-to core -- train ...
#
# -n P   ranks; the default is one for each core of this machine, or all slots of a Slurm
#        allocation or of the hosts that the mpirun options name
# -v     shows the mpirun command, and lets mpirun complain, and crashes show where (it is silent
#        otherwise: `-q`)
#
# TERM, INT, HUP and USR1 make the ranks save and stop with status 75; an INT some seconds after the
# first ends them at once. The status is the program's: 0 done, 1 failed, 2 usage or data,
# 3 diverged, 75 run me again.
#
# What killed jobs left on this machine is cleared away (launch/segments.sh).
#
# $LOCKSTEP names another program than build/release/lockstep.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${LOCKSTEP:-$root/build/release/lockstep}
source "$root/launch/segments.sh"

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; }
fail() { echo "run.sh: $*" >&2; exit 2; }

# Physical cores that this process may use: hardware threads of one core share its arithmetic.
cores() {
    local here all
    here=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc) # nproc would believe those
    all=$(lscpu -p=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l) || all=0
    echo $((all > 0 && all < here ? all : here))
}

ranks= quiet=-q options=()
while [[ ${1-} == -* ]]; do
    case $1 in
    -h | --help) usage; exit 0 ;;
    -v) quiet= ;;
    -n) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || fail "-n wants a number of ranks, not '${2-}'"
        ranks=$2; shift ;;
    *)  while [[ $# -gt 0 && $1 != -- ]]; do options+=("$1"); shift; done
        [[ $# -gt 0 ]] || fail "mpirun options (${options[*]}) end with --; see run.sh -h"
        break ;;
    esac
    shift
done
if [[ ${1-} == -- ]]; then shift; fi
[[ $# -gt 0 ]] || { usage >&2; exit 2; }
command -v mpirun >/dev/null || fail "mpirun is missing; scripts/deps.sh installs it"
[[ -x $program ]] ||
    fail "$program is missing; cmake --preset release && cmake --build --preset release"

# Placement is ours only on one machine: elsewhere the allocation or the user's options decide.
if [[ ${#options[@]} -eq 0 && -z ${SLURM_JOB_ID-} ]]; then
    cores=$(cores)
    ranks=${ranks:-$cores}
    if ((ranks > cores)); then
        options=(--oversubscribe --bind-to none)
    elif ((ranks == cores)); then
        options=(--map-by numa --bind-to numa:if-supported) # stays near its memory, free inside
    else
        options=(--bind-to none) # bound, two runs side by side would share the first cores
    fi
fi
if [[ -n $ranks ]]; then options=(-n "$ranks" "${options[@]}"); fi

if [[ $(id -u) == 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# lockstep sets one BLAS thread itself; this keeps the library from starting the others first.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}

# mpirun notices a host that is gone without a word after 40 seconds, not 8 minutes: sooner than our
# own watchdog, whose call to end the job would wait for that host.
export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time:-20}
export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl:-5}
export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes:-4}

# No page of addresses where a rank, or mpirun itself, crashes: the signal is told below.
if [[ $quiet ]]; then export OMPI_MCA_opal_signal=${OMPI_MCA_opal_signal-}; fi

# Ranks that have not left when one ended with a status other than 0 are ended without mpirun's
# seconds of grace: all files are written and all ranks agree before the first one leaves.
segments_sweep
segments_record
command=(mpirun $quiet --mca odls_base_sigkill_timeout 0
    ${segments_record:+--report-uri "$segments_record"} ${options[@]+"${options[@]}"} "$program" "$@")
if [[ -z $quiet ]]; then echo "run.sh: ${command[*]}" >&2; fi

# mpirun answers TERM and INT by killing its ranks a second later, but forwards USR1. With `set -m`
# it has a process group of its own, so that the terminal's ^C reaches this script alone.
set -m
"${command[@]}" </dev/null &
mpirun=$!
set +m
began=$SECONDS interrupted= signalled=

stop() {
    signalled=1
    if [[ $1 != INT || -z $interrupted ]]; then
        if [[ $1 == INT ]]; then interrupted=$SECONDS; fi
        echo "run.sh: $1: the ranks save and stop" >&2
        # Before mpirun and the ranks have their handlers, USR1 would just kill them.
        while ((SECONDS - began < 2)); do (trap '' INT && exec sleep 0.1); done # ^C reaches it, too
        kill -USR1 $mpirun 2>/dev/null || true
    elif ((SECONDS - interrupted > 2)); then # else a key held down would spoil the save
        kill -TERM $mpirun 2>/dev/null || true
    fi
}
for signal in TERM INT HUP USR1; do trap "stop $signal" $signal; done

# A signal ends `wait` early: then its status is not mpirun's, and it must wait again.
while true; do
    signalled= status=0
    wait $mpirun 2>/dev/null || status=$? # bash would tell that it was killed, we do so below
    [[ $signalled ]] || break
done
segments_close
if ((status > 192)); then # no signal's: mpirun's own
    echo "run.sh: mpirun has lost a host, or failed itself (status $status; -v shows more)" >&2
    status=1
elif ((status > 128)); then
    echo "run.sh: a rank or mpirun was ended by signal $(kill -l $((status - 128)))" >&2
fi
exit $status
