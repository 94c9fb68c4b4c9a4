# Stopped and resumed is the same as never stopped, on any number of ranks.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
last=checkpoints/step-00000012.h5

ok "an undisturbed run" expect_status 0 train 2 whole
ok "--until saves and stops with status 75" expect_status 75 train 4 parts --until 5
ok "and says where" says_once "stopped at step 5 (--until)"
ok "--resume goes on, on 3 ranks" expect_status 0 train 3 parts --resume
ok "metrics.csv has the bytes of the undisturbed run" same whole/metrics.csv parts/metrics.csv
ok "and the last checkpoint its bits" expect_status 0 ranks 0 diff whole/$last parts/$last

for stop in 1 4 11 12; do
    expect_status 75 train 1 "at-$stop" --until $stop
    expect_status 0 train 5 "at-$stop" --resume --set exchange=messages
    ok "the same when it was stopped at step $stop" same whole/metrics.csv "at-$stop/metrics.csv"
done

ok "--resume of a finished run has status 0" expect_status 0 train 3 whole --resume
ok "and prints its last line again" says "$(summary whole line)"
column() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
    $1 == "validation" { print $at }' "$1" | xargs; }
ok "each evaluation has its verdict" test "$(column whole/metrics.csv verdict)" = "ok ok ok"
ok "and the summary the last one" test "$(summary parts verdict)" = ok
ok "a longer train.length goes on from there" \
    expect_status 0 train 2 whole --resume --set 'train.length=14 steps'
ok "to the new end" test -e whole/checkpoints/step-00000014.h5

ok "--resume without a checkpoint starts at step 0" expect_status 0 train 2 fresh --resume
ok "and is the whole run" same parts/metrics.csv fresh/metrics.csv

ok "a new run in the directory of another is status 2" expect_status 2 train 2 parts
ok "and the cure is named once" says_once "--resume"
ok "a changed configuration is refused on resume" \
    expect_status 2 train 2 parts --resume --set optimizer.lr=0.2
ok "naming the key and both values" says_once "optimizer.lr: 0.1, now it is 0.2"

# Damage.
expect_status 75 train 2 hurt --until 9
printf 'x' | dd of=hurt/checkpoints/step-00000009.h5 bs=1 seek=4000 conv=notrunc 2>/dev/null
ok "a damaged newest checkpoint is no obstacle" expect_status 0 train 3 hurt --resume
ok "it is named" says "hurt/checkpoints/step-00000009.h5"
ok "and the run is the undisturbed one" same parts/metrics.csv hurt/metrics.csv
expect_status 75 train 2 cut --until 9
truncate -s 5000 cut/checkpoints/step-00000009.h5
expect_status 0 train 1 cut --resume
ok "so it is with one that was cut short" same parts/metrics.csv cut/metrics.csv

expect_status 0 train 2 ended
printf 'x' | dd of=ended/checkpoints/step-00000012.h5 bs=1 seek=4000 conv=notrunc 2>/dev/null
ok "a run whose last checkpoint is damaged is not done" expect_status 0 train 3 ended --resume
ok "its last steps are made again" says "resumed from ended/checkpoints/step-00000008.h5"
ok "to the same checkpoint" same parts/checkpoints/step-00000012.h5 ended/checkpoints/step-00000012.h5
ok "and rows" same parts/metrics.csv ended/metrics.csv

expect_status 75 train 2 lost --until 9
for f in lost/checkpoints/step-*.h5; do truncate -s 5000 "$f"; done
ok "when all are damaged, it says so and does not begin anew" expect_status 2 train 1 lost --resume
ok "in one sentence" says_once "checkpoints is intact"

# Another run's weights.
ok "--from starts a new run with the weights of another" \
    expect_status 0 train 2 child --from parts/$last
ok "at step 0" says "12 steps"
ok "--from a net of another shape is status 2" \
    expect_status 2 train 2 other --from parts/$last --set 'model.1={dense: 25}'
ok "naming the tensor and both shapes" says_once "(24, 36)"
ok "eval measures a checkpoint, on 3 ranks" expect_status 0 ranks 3 eval parts/$last
ok "with the figures of the run" says "$(printf 'accuracy %.4f' "$(summary parts test_accuracy)")"
ok "and its digest" says "digest $(summary parts digest)"
ok "diff of two steps is status 1" expect_status 1 ranks 0 diff parts/$last \
    parts/checkpoints/step-00000008.h5
ok "and names the first tensor and element" says "/model/01_dense/bias[0]"
ok "selftest resume proves it" expect_status 0 ranks 2 selftest resume tiny.yaml --steps 4
