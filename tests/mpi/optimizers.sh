# Every optimizer: the same bits on any number of ranks, stopped and resumed or not.
tiny_data
tiny_recipe
last=checkpoints/step-00000012.h5
train() { ranks "$1" train tiny.yaml --run "$2" --set "optimizer={$3}" "${@:4}"; }

for settings in \
    "type: sgdw, lr: 0.1, weight_decay: 0.1, momentum: {nesterov: 0.9}" \
    "type: adam, lr: 0.01, weight_decay: 0.01, amsgrad: true" \
    "type: adamw, lr: 0.01, eps_inside_root: true, bias_correction: false" \
    "type: rmsprop, lr: 0.01, eps_inside_root: true" \
    "type: rmsprop, lr: 0.001, momentum: 0.9, centered: true, weight_decay: 0.01" \
    "type: adagrad, lr: 0.1, lr_decay: 0.01, initial_accumulator_value: 0.1"; do
    rm -rf one three parts
    ok "$settings: one rank trains" expect_status 0 train 1 one "$settings"
    ok "three ranks" expect_status 0 train 3 three "$settings" --set exchange=messages
    ok "have the same bits" same one/metrics.csv three/metrics.csv
    expect_status 75 train 2 parts "$settings" --until 5
    ok "a run stopped on two goes on with five" expect_status 0 train 5 parts "$settings" --resume
    ok "and its last checkpoint has the same bits, slots and all" \
        expect_status 0 ranks 0 diff one/$last parts/$last
done

ok "a rate below zero is status 2" expect_status 2 train 3 none "type: rmsprop, lr: -0.1"
ok "and is said once, with the range" says_once 'expected a number from 0 to 10000, found "-0.1"'
