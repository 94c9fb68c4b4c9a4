# Every optimizer, with clipping, a moving average of the weights, a plateau and a batch that grows in
# play: the same bits on any number of ranks, by either exchange, stopped and resumed or not.
tiny_data
tiny_recipe
last=checkpoints/step-00000012.h5
growth='batch.global=[{at: 0 steps, size: 24}, {at: 4 steps, size: 60}, {at: 9 steps, size: 90}]'
plateau='schedule={decay: {plateau: {factor: 0.5, patience: 0, metric: validation_loss, threshold: 0.5}}}'
train() {
    ranks "$1" train tiny.yaml --run "$2" --set "optimizer={$3}" --set "$growth" --set "$plateau" \
        --set train.ema=0.9 --set 'train.evaluate_every=2 steps' "${@:4}"
}

for settings in \
    "type: sgd, lr: 0.1, momentum: {ema: 0.9}, clip: {layer: 0.3}" \
    "type: sgdw, lr: 0.1, weight_decay: 0.1, momentum: {nesterov: 0.9}, clip: 0.5" \
    "type: adam, lr: 0.01, weight_decay: 0.01, amsgrad: true, clip: {value: 0.01}" \
    "type: adamw, lr: 0.01, eps_inside_root: true, bias_correction: false, clip: 0.5" \
    "type: rmsprop, lr: 0.01, eps_inside_root: true, clip: 0.5" \
    "type: rmsprop, lr: 0.001, momentum: 0.9, centered: true, weight_decay: 0.01, clip: 1" \
    "type: adagrad, lr: 0.1, lr_decay: 0.01, initial_accumulator_value: 0.1, clip: 0.2" \
    "type: lars, lr: 10, weight_decay: 1e-3, clip: 0.5" \
    "type: lamb, lr: 0.01, clip: 0.5"; do
    rm -rf one others-* parts
    ok "$settings: one rank trains" expect_status 0 train 1 one "$settings"
    for p in 2 3 4 7; do
        [[ $p == [37] ]] && exchange=messages || exchange=shared
        expect_status 0 train $p others-$p "$settings" --set exchange=$exchange
        ok "$p ranks have the same bits" same one/metrics.csv others-$p/metrics.csv
    done
    expect_status 75 train 2 parts "$settings" --until 5
    ok "a run stopped on two goes on with five" expect_status 0 train 5 parts "$settings" --resume
    ok "and its last checkpoint has the same bits, slots and all" \
        expect_status 0 ranks 0 diff one/$last parts/$last
done
lowered() { test "$(awk -F, '$1 == "train" { print $5 }' one/metrics.csv | sort -u | wc -l)" -gt 1; }
ok "the plateau has lowered the rate" lowered

ok "a rate below zero is status 2" expect_status 2 train 3 none "type: rmsprop, lr: -0.1"
ok "and is said once, with the range" says_once 'expected a number from 0 to 10000, found "-0.1"'
