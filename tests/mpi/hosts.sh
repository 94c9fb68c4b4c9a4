# Several hosts, made of namespaces (tests/hosts.sh), give the bits of one rank. What happens to a
# host or its cable is in tests/slow/lost.sh.
source "$tests/../hosts.sh"
hosts_test

# Several ranks a host; aligned (halving and doubling) with two and four groups; uneven; not host1.
for slots in "2 2 2" "1 1" "1 1 1 1" "2 1 1" "0 1 2"; do
    run=run-${slots// /-}
    read -ra each <<<"${slots#0 }"
    ok "ranks on hosts ($slots) train" expect_status 0 train "$slots" "$run"
    ok "a host's ranks ($slots) are a group" grep -q "^$((${slots// /+})) ranks in ${#each[@]} groups" \
        "$run/log.txt"
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
