# A run directory has one owner. The second job waits 30 seconds for a dying one to leave, which is
# why this test is slow.
tiny_data
tiny_recipe
ranks 1 train tiny.yaml --run held --set 'train.length=100000 steps' >held.log 2>&1 &
until [[ -s held/lock || ! -d /proc/$! ]]; do sleep 0.1; done
ok "a run directory that another job holds is status 2" \
    expect_status 2 ranks 1 train tiny.yaml --run held --resume
ok "naming its pid" says "$(grep -oE '[0-9]+' held/lock | tail -1)"
pkill -KILL -f -- '--run held' || true
