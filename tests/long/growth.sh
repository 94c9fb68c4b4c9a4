# The batch grows, and shrinks again: the same bits on any number of ranks, by either exchange, and
# stopped and resumed or not, over the changes and at them.
tiny_data
tiny_recipe
# Of 240 training samples: steps begin at 0 20 40 60 80, at 100 190, at 280, and from 520 on every 17.
sizes='[{at: 0 epochs, size: 20}, {at: 90 samples, size: 90}, {at: 7 steps, size: all},
    {at: 2 epochs, size: 17}]'
sed "s/global: 60/global: ${sizes//$'\n'/}/; s/warmup: 2/warmup: 7/" tiny.yaml >growth.yaml
train() { ranks "$1" train growth.yaml --run "$2" --set "exchange=$3" "${@:4}"; }
last=checkpoints/step-00000012.h5

ok "one rank trains" expect_status 0 train 1 one auto
ok "it says the plan" says_once "batch 20, from 90 samples on 90, from 7 steps on 240, from 2 epochs on 17"
ok "and what changes, when it does" says_once "from step 6 on: batch 90 in 12 micro-batches"
ok "also downwards" says_once "from step 9 on: batch 17 in 3 micro-batches"
column() { awk -F, -v column="$2" '$1 == "train" {printf "%s ", $column}' "$1/metrics.csv"; }
ok "metrics.csv has each step's batch" \
    test "$(column one 9)" = "20 20 20 20 20 90 90 240 17 17 17 17 "
ok "and the samples after it" \
    test "$(column one 3)" = "20 40 60 80 100 190 280 520 537 554 571 588 "
# 280 samples in 7 steps; 0.1 at batch 60, so a third of it at 20, and that at 240, too.
ok "the rate warms up by samples, in as many steps, to that of the first size" \
    test "$(column one 5 | cut -d' ' -f1,6-8)" = \
    "$(awk 'BEGIN {printf "%.9g %.9g %.9g %.9g", 2 / 840, 19 / 840, 1 / 30, 1 / 30}')"
ok "behind the digest" grep -q '^kind,.*,digest,batch,' one/metrics.csv
ok "evaluations are every 4 steps, however large" \
    test "$(awk -F, '$1 == "validation" {printf "%s ", $2}' one/metrics.csv)" = "4 8 12 "
ok "summary.json says the plan" grep -q '"batch": "20, from 90 samples on 90, from' one/summary.json

for exchange in shared messages; do
    for p in 2 3 4 7; do
        run=$exchange-$p
        ok "$p ranks train, exchange: $exchange" expect_status 0 train "$p" "$run" "$exchange"
        ok "metrics.csv has the same bytes on $p ranks, exchange: $exchange" \
            same one/metrics.csv "$run/metrics.csv"
        ok "so has the last checkpoint" expect_status 0 ranks 0 diff one/$last "$run/$last"
    done
done
ok "an uneven share is said of the first size" expect_status 0 train 2 uneven auto
ok "and again of each new one" test "$(grep -c "uneven share: 3 micro-batches on 2" said)" = 2
for shape in "4 2" "7 3"; do # groups as on several hosts
    read -r p members <<<"$shape"
    LOCKSTEP_GROUP=$members expect_status 0 train "$p" "groups-$p" auto
    ok "the same bits on $p ranks in groups of $members" same one/metrics.csv "groups-$p/metrics.csv"
done

# Stopped before, at and after the changes, which come with steps 6, 8 and 9.
for stop in 3 5 6 7 8 10; do
    expect_status 75 train 3 "at-$stop" auto --until $stop
    expect_status 0 train 2 "at-$stop" messages --resume
    ok "stopped at step $stop and resumed, the same" same one/metrics.csv "at-$stop/metrics.csv"
    ok "to the last checkpoint" expect_status 0 ranks 0 diff one/$last "at-$stop/$last"
done
expect_status 75 train 1 again auto --until 5
expect_status 0 train 1 again auto --resume
ok "resumed at a change it begins with the new size" says_once "batch 90 in 12 micro-batches of 8"
ok "the plan cannot change on resume" \
    expect_status 2 train 2 at-3 auto --resume --set batch.global=20
ok "and the key is named" says_once "batch.global"

# Lengths.
ok "a length in epochs is rounded up to whole steps" \
    expect_status 0 train 2 epochs auto --set "train.length=2 epochs" --set log.every="2 steps"
ok "of the sizes that they have" test "$(summary epochs steps) $(summary epochs epochs)" = "8 2.16666667"
ok "sizes that the run does not come to are said" says_once "1 of its sizes begins behind the end of the run"
ok "a span of two steps is two steps" test "$(column epochs 3)" = "40 80 190 520 "

ok "inspect says the plan" expect_status 0 ranks 1 inspect growth.yaml
ok "in one line" says "240 training samples, 12 steps, batch 20, from 90 samples on 90"
ok "and step by step" grep -qE '^ +9 +2\.17 +17 +3$' said
gradients() { # CONFIG ARGUMENTS...: MB
    expect_status 0 ranks 1 inspect "$1" --set 'model.1={dense: 4000}' "${@:2}"
    sed -n 's/^.*gradients \([0-9.]*\) MB.*/\1/p' said
}
ok "memory for gradients is that of the largest size" \
    test "$(gradients growth.yaml)" = "$(gradients tiny.yaml --set batch.global=240)"
ok "not of the first" \
    test "$(gradients growth.yaml)" != "$(gradients tiny.yaml --set batch.global=20)"
ok "selftest ranks proves it" expect_status 0 ranks 3 selftest ranks growth.yaml --steps 10
ok "selftest resume, too" expect_status 0 ranks 2 selftest resume growth.yaml --steps 10
ok "eval measures with the same micro-batches" expect_status 0 ranks 2 eval one/$last
ok "as the run did" says_once "$(printf 'accuracy %.4f' "$(summary one test_accuracy)")"
tiny_data small.h5 90
ok "also on data that its sizes are too large for" \
    expect_status 0 ranks 3 eval one/$last --data small.h5
ok "on which it could not be trained" \
    expect_status 2 train 1 small auto --set data.file=small.h5
tiny_data

# refused SENTENCE TEXT LIST
refused() {
    sed "s/global: 60/global: $3/" tiny.yaml >refused.yaml
    for p in 1 3; do
        ok "$1 is status 2 on $p" expect_status 2 ranks $p train refused.yaml --run refused
        ok "and said once, with its line" says_once "refused.yaml:11:"
        ok "and what is wrong" says "$2"
    done
    ok "before anything is made" test ! -e refused/metrics.csv
}
refused "an empty list" "the list of sizes is empty" "[]"
refused "a first size that is not the beginning's" "at: 0 epochs" "[{at: 1 epoch, size: 20}]"
refused "a list out of order" "is not behind the one before it" \
    "[{at: 0 steps, size: 20}, {at: 9 steps, size: 60}, {at: 100 samples, size: 80}]"
refused "a size of nothing" "from 1 to" "[{at: 0 steps, size: 0}]"
refused "a size larger than the training part" "\"all\" is the whole of it" \
    "[{at: 0 steps, size: 20}, {at: 5 steps, size: 241}]"
refused "a size below the micro-batch" "choose that as small" \
    "[{at: 0 steps, size: 7}, {at: 5 steps, size: 60}]"
ok "a layer that needs more samples than a later size leaves it is status 2" \
    expect_status 2 ranks 2 train tiny.yaml --run refused --set model.2=batch_norm \
    --set batch.micro=2 --set 'batch.global=[{at: 0 steps, size: 20}, {at: 5 steps, size: 3}]'
ok "and said once" says_once "batch.global 3 in 2 of them leaves 1"
