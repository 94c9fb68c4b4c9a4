# Whatever happens to a host or its cable (namespaces, tests/hosts.sh), all ranks end, and the hosts
# that are left finish with the same bits. Slow, because Open MPI's daemons do not always notice a
# cut cable at once; then the watchdog does, after three times its limit.
source "$tests/../hosts.sh"
hosts_test

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
