# What looks at the whole gradient before it updates (clipping, LARS, LAMB, the noise scale), and
# what an update does beside the optimizer (penalties, rules, a moving average of the weights), give
# the same bits on any number of ranks, by either exchange, stopped and resumed or not.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
last=checkpoints/step-00000012.h5

# trial NAME OVERRIDE...: NAME-P-EXCHANGE for all of these, and NAME-resumed.
trial() {
    local name=$1 options=() p exchange
    shift
    for o in "$@"; do options+=(--set "$o"); done
    options+=(--set 'log.every=1 step' --set batch.micro=5)
    ok "$name: one rank trains" expect_status 0 train 1 "$name" "${options[@]}"
    for p in 2 3 4 7; do
        for exchange in shared messages; do
            expect_status 0 train $p "$name-$p-$exchange" "${options[@]}" --set exchange=$exchange
            ok "$name: $p ranks write the same metrics.csv, exchange: $exchange" \
                same "$name/metrics.csv" "$name-$p-$exchange/metrics.csv"
        done
    done
    LOCKSTEP_GROUP=2 expect_status 0 train 7 "$name-groups" "${options[@]}"
    ok "$name: so do groups of two ranks" same "$name/metrics.csv" "$name-groups/metrics.csv"
    ok "$name: and the same checkpoint" \
        expect_status 0 ranks 0 diff "$name/$last" "$name-7-messages/$last"
    expect_status 75 train 4 "$name-resumed" "${options[@]}" --until 5
    expect_status 0 train 3 "$name-resumed" "${options[@]}" --resume --set exchange=messages
    ok "$name: stopped and resumed on other ranks, too" \
        same "$name/metrics.csv" "$name-resumed/metrics.csv"
    ok "$name: to the same checkpoint" \
        expect_status 0 ranks 0 diff "$name/$last" "$name-resumed/$last"
}

trial lars 'optimizer={type: lars, lr: 10, weight_decay: 1e-3, clip: 0.5}'
ok "LARS writes its trust ratios" grep -q '^train,12,01_dense/weight,0\.' lars/layers.csv
ok "the same on all ranks" same lars/layers.csv lars-7-shared/layers.csv
ok "also when it was resumed" same lars/layers.csv lars-resumed/layers.csv
trial lamb 'optimizer={type: lamb, lr: 0.01, clip: {layer: 0.1}}' train.ema=0.9 \
    'model=[flatten, {dense: 16}, batch_norm, relu, {dense: 3}]'
ok "a moving average is a slot of the checkpoint" \
    expect_status 0 ranks 2 inspect lamb/checkpoints/step-00000012.h5
ok "named ema" says "/optimizer/ema/01_dense/weight"
ok "what eval measures is the moving average, as the run did" \
    expect_status 0 ranks 2 eval lamb/$last
ok "with the same figures" says "$(printf 'accuracy %.4f' "$(summary lamb test_accuracy)")"
trial penalty 'penalty={l1: 1e-2, exact_zeros: true}' \
    'optimizer={type: sgd, lr: 0.1, momentum: 0.9, clip: {value: 1e-2}, layers: [{match: 01_dense, lr: 0.5}]}'
ok "zeros are counted" grep -q '^validation,12,.*,0\.[0-9]*,,[a-z]*$' penalty/metrics.csv

ok "one micro-batch a step measures no noise" expect_status 0 train 1 single --set batch.micro=64
ok "and says so" says "gradient noise scale: not measurable yet"
columns() { awk -F, '$1 == "train" && $10 != "" && $11 == "" { n++ } END { exit n == 0 }' "$1"; }
ok "in empty columns" columns single/metrics.csv

refused() { expect_status 2 train 3 refused --set "$1"; }
ok "a pattern that matches no layer is status 2" refused 'optimizer.layers=[{match: nothing}]'
ok "and is said once" says_once 'the pattern "nothing" matches no layer'
ok "so is clipping by a word" refused 'optimizer.clip=much'
ok "and by something unknown" refused 'optimizer.clip={norms: 1}'
ok "with the closest match, once" says_once 'did you mean "norm"?'
ok "and a negative penalty" refused 'penalty={l1: -1}'
