# Several hosts, made of namespaces (tests/hosts.sh): the bits of one rank; and whatever happens to
# a host or its cable, all ranks end, and the hosts that are left finish with the same bits.
source "$tests/../hosts.sh"
hosts_possible || { echo "ok - skipped: $why"; exit 0; }
tiny_data
tiny_recipe
trap 'hosts_close; finish' EXIT
ok "four hosts of namespaces can be made" hosts_open 4 || exit 1
train() { over "$1" "$program" train tiny.yaml --run "$2" "${@:3}"; }

ok "one rank trains" expect_status 0 ranks 1 train tiny.yaml --run one
# Several ranks a host; aligned (halving and doubling) with two and four groups; uneven; not host1.
for slots in "2 2 2" "1 1" "1 1 1 1" "2 1 1" "0 1 2"; do
    run=run-${slots// /-}
    read -ra each <<<"${slots#0 }"
    ok "ranks on hosts ($slots) train" expect_status 0 train "$slots" "$run"
    ok "a host's ranks ($slots) are a group" grep -q "ranks in ${#each[@]} groups" "$run/log.txt"
    ok "the bytes of metrics.csv are those of one rank ($slots)" \
        same one/metrics.csv "$run/metrics.csv"
done
ok "the last checkpoint of 3 hosts x 2 ranks is that of one rank" \
    expect_status 0 ranks 0 diff one/checkpoints/step-00000012.h5 \
    run-2-2-2/checkpoints/step-00000012.h5
ok "exchange: shared is status 2 on two hosts" expect_status 2 train "1 1" x --set exchange=shared
ok "and says why" says_once "the 2 ranks are on 2 hosts; use auto"
ok "selftest ranks proves it over hosts" \
    expect_status 0 over "2 1" "$program" selftest ranks tiny.yaml --steps 4
ok "and says so" says_once "proved: 4 steps give the same bits on 1 to 3 ranks"

# The same address on every host, as container bridges have it: Open MPI connects a host to itself.
hosts_settings=(OMPI_MCA_btl_tcp_if_include=172.17.0.0/16,$HOSTS_NET.0/24 LOCKSTEP_MEET=2)
bridge() {
    hosts_enter "$1" ip link add bridge0 type bridge &&
        hosts_enter "$1" ip addr add 172.17.0.1/16 dev bridge0 &&
        hosts_enter "$1" ip link set bridge0 up
}
bridge host1 && bridge host2
ok "hosts that do not reach each other end with status 1" expect_status 1 train "1 1" strangers
ok "and one says what to do" says_once "the ranks cannot reach each other"
hosts_settings=()

# A rank waits in step 9 for what is to happen, so that it happens in a step whatever the machine's
# speed; the checkpoint of step 8 tells us that it can.
begin() { # FUNCTION SLOTS RUN RANK [ARGUMENTS...]
    LOCKSTEP_FAULT=hang@compute:9:$4 "$1" "$2" "${@:5}" >said 2>&1 &
    job=$!
    until [[ -e $3/checkpoints/step-00000008.h5 || ! -d /proc/$job ]]; do sleep 0.05; done
}
# Whether no rank is left on the hosts that live (or on those named), soon.
left() { hosts_enter "host$1" pgrep -x lockstep >/dev/null; }
all_ended() {
    local host i
    for ((i = 0; i < LIMIT * 10; i++)); do
        why="ranks are left on host$*"
        for host in "$@"; do left "$host" && break; done || return 0
        sleep 0.1
    done
    return 1
}
# What a rank has said still has to come through two daemons when it is gone.
hear() { # TEXT
    local i
    for ((i = 0; i < 100; i++)); do grep -qF -- "$1" said && return; sleep 0.1; done
}
# mpirun, where it waits for a host that will not answer.
give_up() { pkill -TERM -P $job; wait $job; } 2>/dev/null

killed() { LOCKSTEP_FAULT=kill@compute:5:3 train "2 1 1" "$@"; }
ok "a rank killed on another host ends the job" expect_status 137 killed dead
ok "on every host" all_ended 1 2 3

# mpirun's own look-out, with launch/run.sh: the watchdog (60 s) has not spoken yet.
hosts_settings=(OMPI_MCA_oob_tcp_keepalive_{time=2,intvl=1,probes=2})
begin over_run "2 1" cut 2 train tiny.yaml --run cut
hosts_cut 2
ends() { # STATUS
    local status=0
    wait $job || status=$?
    [[ $status == "$1" ]] || { why="status $status, not $1"; return 1; }
}
ok "under launch/run.sh a cable pulled in a step ends the job with status 1" ends 1
ok "and says so once" says_once "run.sh: mpirun has lost a host"
ok "on both sides of the cable" all_ended 1 2
ok "the host that is left goes on with --resume" expect_status 0 train "2" cut --resume
ok "to the bytes of an undisturbed run" same one/metrics.csv cut/metrics.csv
hosts_mend 2

# Without it: the watchdog alone, as under other launchers.
hosts_settings=()
watched=(--set train.watchdog=1)
begin over "2 1" alone 2 "$program" train tiny.yaml --run alone "${watched[@]}"
hosts_cut 1
ok "ranks that nobody reaches any more end by themselves" all_ended 1 2
give_up
ok "the host that is left goes on" expect_status 0 train "0 1" alone --resume
ok "with the same bytes" same one/metrics.csv alone/metrics.csv
# When it can reach nobody any more, Open MPI's daemon there clears away what the next job's lays.
hosts_enter host1 pkill -KILL orted
hosts_mend 1

begin over "2 1 1" dark 3 "$program" train tiny.yaml --run dark "${watched[@]}"
hosts_kill 3
ok "when a host loses its power, the ranks of the others end" all_ended 1 2
hear "has waited for other hosts"
give_up
ok "the watchdog says once that they waited for another host" says_once "has waited for other hosts"
ok "no rank of theirs is blamed" silent_about "has not moved"
ok "the hosts that are left go on" expect_status 0 train "1 1" dark --resume
ok "with the bytes of a run that lost none" same one/metrics.csv dark/metrics.csv
