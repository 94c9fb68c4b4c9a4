#!/usr/bin/env bash
# A cluster on one machine: "hosts" made of namespaces (network, host name, processes, /dev/shm),
# each on its own cable to a switch, and mpirun over them.
#
#     tests/hosts.sh [-r RATE] SLOTS COMMAND...       a command of its own:
#     tests/hosts.sh -r 1gbit "2 2 2" build/release/lockstep train launch/recipes/fashion-mlp.yaml
#
#     source tests/hosts.sh                           or functions for a test:
#     hosts_open 3 1gbit      host1, host2, host3; rate 0, the default: as fast as the machine
#     over "2 1 1" COMMAND    mpirun: 2 ranks on host1, 1 on host2, 1 on host3; 0: not that host
#     hosts_cut 3             pulls host3's cable; hosts_mend 3 puts it back
#     hosts_kill 3            host3 loses its power: no process of it says another word
#
#              head          mpirun runs here, and the bridge is here
#     (10.77.0.254/24 on br0)
#        |       |       |   a veth pair each, limited by tbf in both directions
#      host1   host2   host3        10.77.0.1, 10.77.0.2, 10.77.0.3 on eth0
#
# Nothing has a name outside of these namespaces, so clusters stand side by side, and a namespace
# ends with its last process. Process 1 of a host ends when this shell ends, however that ends, and
# the kernel then ends all others of the host.

HOSTS_NET=10.77.0

# Whether this machine can have such hosts; else $why says what is missing.
hosts_possible() {
    local tool
    why="hosts of namespaces need root"
    [[ $(id -u) == 0 ]] || return 1
    for tool in ip tc unshare nsenter setpriv mpirun; do
        why="hosts of namespaces need the program $tool (scripts/deps.sh)"
        command -v $tool >/dev/null || return 1
    done
    why="namespaces, veth or tbf are not allowed here (a container without CAP_NET_ADMIN?)"
    unshare -n -u -m -p -f --mount-proc sh -c 'mount -t tmpfs tmpfs /dev/shm &&
        ip link add br0 type bridge && ip link add cable type veth peer name eth0 &&
        tc qdisc add dev cable root tbf rate 1gbit burst 512kb latency 50ms' >/dev/null 2>&1 ||
        return 1
    why=
}

# hosts_hold NAME UNSHARE-OPTIONS... COMMAND: a process that is a host as long as this shell lives;
# its id goes to the file NAME. Waits until the command has been carried out.
hosts_hold() {
    local name=$1 holder
    shift
    # Bash stays, rather than a sleep in its place: a host's process 1 buries the dead.
    setpriv --pdeathsig KILL unshare "${@:1:$#-1}" bash -c "${*: -1}
        touch '$hosts_folder/$name.up'
        while :; do sleep 1000; done" >"$hosts_folder/$name.log" 2>&1 &
    holder=$!
    disown $holder
    hosts_holders+=("$holder")
    until [[ -e $hosts_folder/$name.up ]]; do
        [[ -d /proc/$holder ]] || { cat "$hosts_folder/$name.log"; return 1; }
        sleep 0.02
    done
    pgrep -P "$holder" >"$hosts_folder/$name" # unshare waits outside for the host's process 1
}

# hosts_enter HOST COMMAND... or hosts_enter head COMMAND...: runs the command there. Of the head
# only network and name: what mpirun is, and the ids that it writes down, stay this machine's.
hosts_enter() {
    local spaces=(-n -u)
    if [[ $1 != head ]]; then spaces+=(-m -p); fi
    nsenter -t "$(<"$hosts_folder/$1")" "${spaces[@]}" "${@:2}"
}

# The tbf queue of one end of a cable. The bucket is 4 ms at 1 Gbit/s: smaller ones
# would run over between two ticks of the kernel's clock.
hosts_limit() { # WHERE DEVICE RATE
    hosts_enter "$1" tc qdisc add dev "$2" root tbf rate "$3" burst 512kb latency 50ms
}

hosts_open() { # COUNT [RATE]
    local count=$1 rate=${2:-0} i host
    hosts_folder=$(mktemp -d) hosts_holders=()
    hosts_agent
    hosts_hold head -n -u -p -f --kill-child "hostname head; ip link set lo up
        ip link add br0 type bridge; ip addr add $HOSTS_NET.254/24 dev br0
        ip link set br0 up" || return 1
    for ((i = 1; i <= count; i++)); do
        host=host$i
        hosts_hold $host -n -u -m -p -f --kill-child --mount-proc "hostname $host
            mount -t tmpfs -o size=50% tmpfs /dev/shm && ip link set lo up" &&
            hosts_enter head ip link add $host type veth peer name eth0 \
                netns "$(<"$hosts_folder/$host")" &&
            hosts_enter head ip link set $host master br0 up &&
            hosts_enter $host ip addr add $HOSTS_NET.$i/24 dev eth0 &&
            hosts_enter $host ip link set eth0 up || return 1
        if [[ $rate != 0 ]]; then
            hosts_limit head $host "$rate" && hosts_limit $host eth0 "$rate" || return 1
        fi
    done
}

# What mpirun calls in place of ssh: AGENT HOST WORDS..., the words being for a shell there. As
# with ssh, a host whose cable is out does not answer.
hosts_agent() {
    cat >"$hosts_folder/agent" <<AGENT
#!/bin/sh
host=\$1
shift
cd /
ip link show "\$host" 2>/dev/null | grep -q 'state UP' || exit 255
exec nsenter -t "\$(cat '$hosts_folder'/"\$host")" -n -u -m -p sh -c "\$*"
AGENT
    chmod +x "$hosts_folder/agent"
}

# over SLOTS COMMAND...: the command under mpirun; mpirun's status. over_run SLOTS ARGUMENTS...:
# lockstep under launch/run.sh. hosts_settings may hold more of mpirun's settings (OMPI_MCA_x=y).
# Every job has a folder of its own for Open MPI's files: the daemon of a lost job clears them away
# when it gives up, and must not find another's.
over() { hosts_over "$1" mpirun -q --bind-to none --hostfile "$hosts_folder/hostfile" "${@:2}"; }
over_run() {
    hosts_over "$1" env LOCKSTEP="$program" "$tests/../../launch/run.sh" --bind-to none \
        --hostfile "$hosts_folder/hostfile" -- "${@:2}"
}
hosts_over() {
    local i=0 all=0 count settings=()
    for count in $1; do
        i=$((i + 1)) all=$((all + count))
        if ((count)); then echo "host$i slots=$count"; fi
    done >"$hosts_folder/hostfile"
    settings=(plm_rsh_agent="$hosts_folder/agent" plm_rsh_no_tree_spawn=1 pml=ob1 btl=vader,tcp,self
        odls_base_sigkill_timeout=0
        orte_tmpdir_base="$(mktemp -d -p "$hosts_folder")"
        btl_tcp_if_include=$HOSTS_NET.0/24 oob_tcp_if_include=$HOSTS_NET.0/24)
    # Every host believes that all cores are its own: waiting ranks give way only if they are told.
    if ((all > $(nproc))); then settings+=(mpi_yield_when_idle=1); fi
    hosts_enter head timeout -k 5 "${LIMIT:-36000}" env OPENBLAS_NUM_THREADS=1 \
        "${settings[@]/#/OMPI_MCA_}" ${hosts_settings[@]+"${hosts_settings[@]}"} \
        "${@:2}" </dev/null
}

hosts_cut() { hosts_enter head ip link set "host$1" down; }
hosts_mend() { hosts_enter head ip link set "host$1" up; }
# The cable first: a host without power closes no connection.
hosts_kill() { hosts_cut "$1" && kill -KILL "$(<"$hosts_folder/host$1")"; }

# For a trap at exit; keeps the status.
hosts_close() {
    local status=$?
    kill -KILL ${hosts_holders[@]+"${hosts_holders[@]}"} 2>/dev/null
    rm -rf "${hosts_folder:-/nonexistent}"
    hosts_holders=()
    return $status
}

# How a test of tests/mpi/lib.sh begins: four hosts, `train SLOTS RUN ...` of the tiny recipe on some
# of them, and what one rank makes of it.
train() { over "$1" "$program" train tiny.yaml --run "$2" "${@:3}"; }
ends() { # STATUS: of the job in the background
    local status=0
    wait "$job" || status=$?
    [[ $status == "$1" ]] || { why="status $status, not $1"; return 1; }
}
hosts_test() {
    hosts_possible || { echo "ok - skipped: $why"; exit 0; }
    tiny_data
    tiny_recipe
    trap 'hosts_close; finish' EXIT
    ok "four hosts of namespaces can be made" hosts_open 4 || exit 1
    ok "one rank trains" expect_status 0 ranks 1 train tiny.yaml --run one
}

# As a command of its own.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -uo pipefail
    rate=0
    if [[ ${1-} == -r ]]; then rate=$2; shift 2; fi
    [[ $# -ge 2 && $1 != -* ]] || { sed -n '2,/^# ends with/s/^# \{0,1\}//p' "$0"; exit 2; }
    hosts_possible || { echo "hosts.sh: $why" >&2; exit 2; }
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    trap hosts_close EXIT
    hosts_open "$(wc -w <<<"$1")" "$rate" && over "$@"
fi
