# A file of 6 GB trains with at most 1 GB of memory in use by a group, with the same bits on any
# ranks; and with those of a run that has it all in memory, where there is room for that.
"$programs/make_data" large.h5 7800000 784 0 uint8
LIMIT=1200
cat >large.yaml <<'YAML'
name: large
data: {file: large.h5, validation: 10000, normalize: unit, memory: 1 GB}
model: [dense: 16, relu, dense: 3]
batch: {global: 4096, micro: 128}
optimizer: {type: sgd, lr: 0.001}
train: {length: 0.3 epochs}
YAML
# Memory of a job's ranks, in kB: each shared page counts once. The most of what polls have seen.
measure() { # RUN
    local process sum
    sum=0
    for process in $(pgrep -f -- "--run $1\$"); do
        [[ $(cat /proc/"$process"/comm 2>/dev/null) == lockstep ]] || continue
        sum=$((sum + $(awk '/^Pss:/ { print $2 }' /proc/"$process"/smaps_rollup 2>/dev/null || echo 0)))
    done
    if ((sum > most)); then most=$sum; fi
}
for p in 1 2 3; do
    most=0
    ranks $p train large.yaml --run run-$p >run-$p.log 2>&1 &
    while [[ -d /proc/$! ]]; do
        measure run-$p
        sleep 0.2
    done
    wait $!
    echo "    $p ranks: at most $((most / 1000)) MB"
    ok "6 GB train on $p ranks" test -s run-$p/summary.json
    small() { ((most > 400000 && most < 1000000)); }
    ok "with at most 1 GB in memory" small
    ok "and the digest of one rank" test "$(summary run-$p digest)" == "$(summary run-1 digest)"
done
room=$(df --output=avail -k /dev/shm | tail -1)
if ((room > 8000000 && $(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) > 10000000)); then
    ok "the run in memory" expect_status 0 ranks 2 train large.yaml --run memory \
        --set data.store=memory
    ok "has the same digest" test "$(summary memory digest)" == "$(summary run-1 digest)"
fi
