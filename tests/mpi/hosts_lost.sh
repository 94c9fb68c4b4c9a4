# launch/supervise.sh over hosts of namespaces (tests/hosts.sh): a cable is pulled, then a host loses
# its power, then one comes back; the run goes on with those that answer, to the bytes of one rank.
source "$tests/../hosts.sh"
hosts_test
supervise_sh=$tests/../../launch/supervise.sh

# Rank 1 or 2 waits in a step of the first two starts for what is to happen.
mkdir bin
cat >bin/mpirun <<END
#!/usr/bin/env bash
echo start >>starts
export LOCKSTEP_FAULT=\$(sed -n "\$(wc -l <starts)p" faults)
exec $(command -v mpirun) "\$@"
END
chmod +x bin/mpirun
printf '%s\n' hang@compute:9:2 hang@compute:10:1 >faults

supervised() { # SLOTS ARGUMENTS...
    hosts_over "$1" env PATH="$PWD/bin:$PATH" LOCKSTEP="$program" bash "$supervise_sh" \
        --backoff 0.1 --hostfile "$hosts_folder/hostfile" --bind-to none -- train tiny.yaml \
        --set "checkpoint.every=1 steps" "${@:2}"
}
# mpirun asks after two seconds, twice.
hosts_settings=(OMPI_MCA_oob_tcp_keepalive_{time=2,intvl=1,probes=2})
supervised "2 1 1" --run lost >said 2>&1 &
job=$!
saved() { # STEP: and its ranks are on their way into the next one
    until [[ -e lost/checkpoints/step-$1.h5 || ! -d /proc/$job ]]; do sleep 0.05; done
    [[ -d /proc/$job ]]
}
left() { hosts_enter "host$1" pgrep -x lockstep >/dev/null; }
ok "four ranks train on three hosts" saved 00000008
began=$SECONDS
hosts_cut 2
ok "when the cable of one is pulled, it goes on with the two that answer" saved 00000009
hosts_mend 2
hosts_kill 3
ok "when another one loses its power, and the first is back, it ends well" ends 0
why="$((SECONDS - began)) s"
ok "in some seconds" test $((SECONDS - began)) -lt 40
ok "having missed each of them" says "supervise.sh: no answer from host2"
ok "once" says_once "supervise.sh: no answer from host3"
ok "and having used the one that came back" test "$(grep -c 'ranks in 2 groups' lost/log.txt)" == 2
ok "the bytes are those of one rank" same one/metrics.csv lost/metrics.csv
ok "and so is the digest" test "$(summary one digest)" == "$(summary lost digest)"
ok "no rank is left on the host whose cable was pulled" test ! "$(left 2 && echo left)"
