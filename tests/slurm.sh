#!/usr/bin/env bash
# A real Slurm on one machine: munged, slurmctld and slurmd of Debian's packages, on the namespaces
# of tests/hosts.sh, each with its own host name and network.
#
#     tests/slurm.sh [-n NODES] [-c CPUS] COMMAND...      a command of its own, beside slurmctld:
#     tests/slurm.sh -n 2 bash
#
#     source tests/slurm.sh                 or functions for a test:
#     slurm_open 2 4          nodes host1 and host2, which claim 4 CPUs each
#     slurm COMMAND...        on host1 where slurmctld runs, in this folder
#
# All that it writes is in $hosts_folder, which goes afterwards. No daemon outlives this shell, and
# nothing of it is seen from outside: ports, sockets (/run), /etc/hosts and processes are the
# namespaces' own, so that several such clusters and the machine's own Slurm stand side by side.
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/hosts.sh"

# Whether this machine can have a Slurm of its own; else $why says what is missing.
slurm_possible() {
    local tool
    for tool in slurmctld slurmd sbatch srun munged; do
        why="a Slurm for the tests needs the program $tool (scripts/deps.sh --slurm)"
        PATH=$PATH:/usr/sbin command -v $tool >/dev/null || return 1
    done
    hosts_possible
}

# Requeued jobs may start again after the lifetime of a credential: 5 s here, 120 s elsewhere.
# MinJobAge: how long one can ask about a job that has ended.
slurm_settings() { # NODES CPUS
    cat <<END
ClusterName=lockstep
SlurmctldHost=host1($HOSTS_NET.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=/run/munge/munge.socket.2,cred_expire=5
MpiDefault=pmix
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=2,bf_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
SlurmdTimeout=30
KillWait=30
MinJobAge=600
MailProg=/bin/true
StateSaveLocation=$hosts_folder/state
SlurmdSpoolDir=$hosts_folder/spool-%n
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=$hosts_folder/slurmctld.log
SlurmdLogFile=$hosts_folder/slurmd-%n.log
PartitionName=main Default=YES Nodes=ALL MaxTime=INFINITE
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF
END
    local i
    for ((i = 1; i <= $1; i++)); do
        echo "NodeName=host$i NodeAddr=$HOSTS_NET.$i CPUs=$2"
    done
}

slurm_open() { # NODES CPUS
    local nodes=$1 cpus=$2 i
    hosts_open "$nodes" || return 1
    mkdir "$hosts_folder/state"
    export SLURM_CONF=$hosts_folder/slurm.conf
    slurm_settings "$nodes" "$cpus" >"$SLURM_CONF"
    echo "PMIxCliTmpDirBase=/run" >"$hosts_folder/mpi.conf" # /tmp is not the namespaces' own
    (umask 077 && head -c 128 /dev/urandom >"$hosts_folder/munge.key")
    {
        echo "127.0.0.1 localhost"
        for ((i = 1; i <= nodes; i++)); do echo "$HOSTS_NET.$i host$i"; done
    } >"$hosts_folder/hosts"
    for ((i = 1; i <= nodes; i++)); do
        mkdir "$hosts_folder/spool-host$i"
        slurm_on host$i sh -e -c '
            mount --bind "$1/hosts" /etc/hosts
            mount -t tmpfs -o mode=755 tmpfs /run
            mkdir -m 755 /run/munge
            munged --key-file="$1/munge.key" --log-file=/run/munge/log --seed-file=/run/munge/seed \
                --pid-file=/run/munge/pid
            if [ "$2" = host1 ]; then slurmctld; fi
            slurmd -N "$2"' sh "$hosts_folder" host$i >"$hosts_folder/start.log" 2>&1 ||
            { why=$(tail -5 "$hosts_folder/start.log"); return 1; }
    done
    slurm_until 20 slurm_ready "$nodes" ||
        { why=$(tail -5 "$hosts_folder/slurmctld.log"); return 1; }
}
slurm_ready() { [[ $(slurm sinfo -h -p main -t idle -o %D) == "$1" ]]; }

# slurm_on HOST COMMAND...: there, in this folder; `slurm` is on host1.
slurm_on() {
    hosts_enter "$1" sh -c 'cd "$0" && PATH=$PATH:/usr/sbin:/sbin && exec "$@"' "$PWD" "${@:2}"
}
slurm() { slurm_on host1 "$@"; }

# slurm_until SECONDS COMMAND...: whether the command succeeds within that time.
slurm_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

# For tests of launch/slurm: jobs by name, which is their run directory's and their output's, too.
#
#     submit NAME [VARIABLE=VALUE]... [sbatch's options]... SCRIPT CONFIG [ARGUMENTS]...
#
# A planted fault is met at a run's first start alone (its program is first-NAME); LOCKSTEP=$program
# meets it each time. Output is in NAME.out, an array's in NAME.INDEX.out; ${job[NAME]} is its id.
declare -A job
slurm_root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
submit() {
    local name=$1 output=$1.out settings=() options=()
    shift
    while [[ $1 == *=* && $1 != -* ]]; do settings+=("$1"); shift; done
    until [[ $1 == *.sbatch ]]; do
        if [[ $1 == --array=* ]]; then output=$name.%a.out; fi
        options+=("$1"); shift
    done
    cat >"first-$name" <<END
#!/bin/sh
[ ! -e "$name\${SLURM_ARRAY_TASK_ID:+/\$SLURM_ARRAY_TASK_ID}/metrics.csv" ] || unset LOCKSTEP_FAULT
exec "$program" "\$@"
END
    chmod +x "first-$name"
    job[$name]=$(slurm env LOCKSTEP="$PWD/first-$name" LOCKSTEP_ROOT="$slurm_root" \
        OMPI_MCA_mpi_yield_when_idle=1 "${settings[@]}" \
        sbatch --parsable -J "$name" -o "$output" "${options[@]}" \
        "$slurm_root/launch/slurm/$1" "${@:2}" --run "$name")
}
# What Slurm says of a job: PENDING, RUNNING, COMPLETED, FAILED, CANCELLED...; of an array, of each.
state() { slurm squeue -h -t all -j "${job[$1]}" -o %T | sort -u | xargs; }
starts() { slurm scontrol show job "${job[$1]}" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | xargs; }
# Waits until the jobs have ended.
settle() { # SECONDS NAMES...
    local name end=$((SECONDS + $1)) left=yes
    shift
    while [[ $left ]]; do
        why="jobs are left: $(slurm squeue -o "%j %T %r" | xargs)"
        ((SECONDS < end)) || return 1
        left=
        for name in "$@"; do
            case " $(state "$name") " in
            *" PENDING "* | *" RUNNING "* | *" COMPLETING "* | *" REQUEUED "*) left=yes ;;
            esac
        done
        sleep 0.1
    done 2>/dev/null
}

# As a command of its own.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -uo pipefail
    nodes=1 cpus=$(nproc)
    while [[ ${1-} == -[nc] ]]; do
        if [[ $1 == -n ]]; then nodes=$2; else cpus=$2; fi
        shift 2
    done
    [[ $# -ge 1 && $1 != -* ]] || { sed -n '2,/^# namespaces/s/^# \{0,1\}//p' "$0"; exit 2; }
    slurm_possible || { echo "slurm.sh: $why" >&2; exit 2; }
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    trap hosts_close EXIT
    slurm_open "$nodes" "$cpus" || { echo "slurm.sh: $why" >&2; exit 1; }
    slurm "$@"
fi
