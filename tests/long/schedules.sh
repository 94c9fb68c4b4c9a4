# Schedules that look at the validation part, and runs that end before their length: the same on any
# number of ranks, stopped and resumed or not; and all that makes no sense is refused before a step.
tiny_idx
# Two labels of five are wrong, so that validation gets worse when the net learns them by heart.
printf "$(awk 'BEGIN {
    srand(3)
    printf "\\0\\0\\10\\1\\0\\0\\1\\54"
    for (i = 0; i < 300; i++) printf "\\%o", rand() < 0.4 ? int(rand() * 3) : i % 3
}')" >idx/train-labels-idx1-ubyte
"$program" import idx idx -o tiny.h5 >import.log 2>&1 || cat import.log
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
steps() { awk -F, '$1 == "train" { n = $2 } END { print n }' "$1/metrics.csv"; }

# The plateau is lowered, and the run ends early.
noisy=(--set 'train.length=60 steps' --set 'train.evaluate_every=2 steps' --set optimizer.lr=0.3
    --set 'schedule.decay={plateau: {factor: 0.5, patience: 1, cooldown: 1}}'
    --set 'train.early_stop={patience: 8, metric: validation_loss}')
ok "a run with a plateau decay and early stopping ends with status 0" expect_status 0 train 2 whole "${noisy[@]}"
cp said whole.said
last=$(summary whole steps)
ok "before its length" test "$last" -lt 60
ok "and behind its warmup" test "$last" -gt 8
ok "one line says why" says_once "stopped at step $last: validation_loss has not been better than"
ok "summary.json says so too" test "$(summary whole stopped)" = early_stop
ok "and when validation was best" test "$(summary whole best_step)" -lt "$last"
best=$(awk -F, '$1 == "validation" && (!n || $6 < n) { n = $6 } END { print n }' whole/metrics.csv)
ok "by the figure that early stopping watches" test "$(summary whole best_validation_loss)" = "$best"
best_row=$(awk -F, -v step="$(summary whole best_step)" '$1 == "validation" && $2 == step { print $6 "," $7 }' whole/metrics.csv)
ok "with the figures of then" test "$best_row" = \
    "$(summary whole best_validation_loss),$(summary whole best_validation_accuracy)"
ok "the test set was measured at the end" grep -q "^test,$last," whole/metrics.csv
ok "the last checkpoint is of that step" test -e "whole/checkpoints/step-$(printf %08d "$last").h5"
ok "the best one is kept" test -e whole/checkpoints/best.h5
rates=$(awk -F, '$1 == "train" && $2 > 2 { print $5 }' whole/metrics.csv | sort -u | wc -l)
ok "the plateau lowered the rate more than once" test "$rates" -ge 3
ok "early stopping counts from the best evaluation" test "$last" = "$(awk -F, -v best="$best" \
    '$1 == "validation" && $6 == best { print $2 + 16; exit }' whole/metrics.csv)"

for p in 1 3 5; do
    expect_status 0 train "$p" "alike-$p" "${noisy[@]}" --set exchange=messages
    ok "on $p ranks it ends at the same step with the same bytes" same whole/metrics.csv "alike-$p/metrics.csv"
done
for stop in 3 10 $((last - 1)) "$last"; do
    expect_status 75 train 3 "parts-$stop" "${noisy[@]}" --until "$stop"
    expect_status 0 train 2 "parts-$stop" "${noisy[@]}" --resume
    ok "so it does when it was stopped at step $stop and resumed on other ranks" \
        same whole/metrics.csv "parts-$stop/metrics.csv"
done
LOCKSTEP_FAULT=kill@compute:$((last - 1)):1 train 3 killed "${noisy[@]}" >/dev/null 2>&1
expect_status 0 train 4 killed "${noisy[@]}" --resume
ok "and when it was killed" same whole/metrics.csv killed/metrics.csv
ok "with the same reason" test "$(summary killed stopped)" = early_stop
LOCKSTEP_FAULT=kill@save:$last:0 train 2 late "${noisy[@]}" >/dev/null 2>&1
expect_status 0 train 3 late "${noisy[@]}" --resume
ok "or killed as it saved the last checkpoint" same whole/metrics.csv late/metrics.csv
rm whole/summary.json
ok "or before it wrote summary.json" expect_status 0 train 1 whole "${noisy[@]}" --resume
ok "it is still over" same alike-1/metrics.csv whole/metrics.csv
ok "and says why" says_once "stopped at step $last: validation_loss"
ok "--resume of a run that stopped early has status 0" expect_status 0 train 2 whole "${noisy[@]}" --resume
ok "and prints its last line again" says_once "$(summary whole line)"
ok "the plateau's reductions are in the checkpoint" expect_status 0 ranks 0 inspect whole/checkpoints/best.h5

# What is best. The rate is such that loss and accuracy are best at different steps.
best_of() { # RUN COLUMN SIGN: the first evaluation with the largest SIGN x value
    awk -F, -v c="$2" -v sign="$3" '$1 == "validation" && (!step || sign * $c > most) { most = sign * $c; step = $2 }
        END { print step }' "$1/metrics.csv"
}
long=(--set 'train.length=40 steps' --set 'train.evaluate_every=1 step' --set optimizer.lr=0.2)
expect_status 0 train 1 plain "${long[@]}"
ok "without early stopping the best evaluation is that of the accuracy" \
    test "$(summary plain best_step)" = "$(best_of plain 7 1)"
expect_status 0 train 1 by-loss "${long[@]}" --set 'train.early_stop=99'
ok "with it, that of the figure that it watches" test "$(summary by-loss best_step)" = "$(best_of plain 6 -1)"
ok "which are two" test "$(best_of plain 7 1)" != "$(best_of plain 6 -1)"
ok "best.h5 is of that step" expect_status 0 ranks 0 inspect by-loss/checkpoints/best.h5
ok "and says so" says "step $(summary by-loss best_step),"

# Targets.
goal() { expect_status 0 train 2 "$1" --set 'train.length=60 steps' --set 'train.evaluate_every=1 step' --set "train.target=$2"; }
ok "a target ends the run with status 0" goal accurate '{validation_accuracy: 0.6}'
at=$(summary accurate steps)
ok "before its length" test "$at" -lt 60
ok "saying why" says_once "stopped at step $at: validation_accuracy has reached 0.6 (train.target)"
ok "in summary.json too" test "$(summary accurate stopped)" = target
first=$(awk -F, '$1 == "validation" && $7 >= 0.6 { print $2; exit }' accurate/metrics.csv)
ok "at the first evaluation that reaches it" test "$at" = "$first"
ok "a target of the validation loss ends the run" goal low '{validation_loss: 0.97}'
ok "at the first evaluation that reaches it" test "$(summary low steps)" = \
    "$(awk -F, '$1 == "validation" && $6 <= 0.97 { print $2; exit }' low/metrics.csv)"
ok "a target of the training loss needs no validation" expect_status 0 train 3 loss \
    --set 'train.length=60 steps' --set 'train.target={train_loss: 0.8}' \
    --set data.validation=0 --set train.evaluate_every=null
ok "and ends at the first step that reaches it" test "$(summary loss steps)" = \
    "$(awk -F, '$1 == "train" && $6 <= 0.8 { print $2; exit }' loss/metrics.csv)"
ok "with a row of that step" test "$(steps loss)" = "$(summary loss steps)"
ok "a target that is not reached leaves the run its length" goal far '{validation_loss: 0}'
ok "summary.json then says null" grep -q '"stopped": null' far/summary.json
ok "the other decays train too" expect_status 0 train 3 restarts \
    --set 'schedule.warmup={length: 2 steps, from: base}' --set schedule.reference_batch=30 \
    --set 'schedule.decay={cosine: {period: 3 steps, multiplier: 2}}'
ok "with the rates that inspect lists" expect_status 0 ranks 0 inspect restarts/config.yaml
third=$(awk -F, '$1 == "train" && $2 == 3 { print $5 }' restarts/metrics.csv)
ok "to the digit" test "$(awk '$1 == 3 && NF == 3 { print $3 }' said)" = "$third"
ok "self-tests make all their steps" expect_status 0 ranks 2 selftest resume tiny.yaml --steps 4 \
    --set 'train.target={validation_accuracy: 0}' --set 'train.early_stop=1'
ok "to the last" silent_about 0000000000000000

# What is said at start.
ok "of a milestone beyond the run is warned" expect_status 0 train 2 beyond \
    --set 'schedule.decay={multi_step: [4 steps, 99 steps]}'
ok "once" says_once "the milestone at 5940 samples is beyond the run of 720"
ok "adam with linear scaling is told of sqrt" expect_status 0 train 2 adam --set 'optimizer={type: adam, lr: 0.001}'
ok "once" says_once "scaling: sqrt"
expect_status 0 train 1 sqrt --set 'optimizer={type: adam, lr: 0.001}' --set schedule.scaling=sqrt
ok "with sqrt it is not" silent_about "scaling: sqrt"
cp whole.said said
ok "nor is sgd with linear scaling" silent_about "scaling: sqrt"

# inspect draws the rate.
ok "inspect draws the rate over the run" expect_status 0 ranks 2 inspect tiny.yaml
ok "with axes" says "epochs"
narrow() { sed -n '/^ *rate$/,$p' said | awk 'length > 80 { bad = 1 } / \|/ { n++ } END { exit bad || n != 10 }'; }
ok "in ten lines, no wider than 80 columns" narrow

# Bad input.
refused() { # SENTENCE TEXT SETTINGS...
    local sentence=$1 text=$2 sets=()
    for setting in "${@:3}"; do sets+=(--set "$setting"); done
    for p in 1 3; do
        ok "$sentence is status 2 on $p" expect_status 2 train $p bad "${sets[@]}"
        ok "and named, once" says_once "$text"
        ok "before any step" test ! -e bad/metrics.csv
    done
}
refused "milestones out of order" "milestones rise" 'schedule.decay={multi_step: [8 steps, 4 steps]}'
refused "a factor out of range" "from 1e-09 to 1" 'schedule.decay={step: {every: 3 steps, factor: 2}}'
refused "a plateau without validation" "validation_loss is never measured" \
    schedule.decay=plateau data.validation=0
refused "early stopping without validation" "there are no validation samples" \
    train.early_stop=3 data.validation=0
refused "a target without evaluations" "measured only at the end" \
    'train.target={validation_accuracy: 0.9}' train.evaluate_every=null
refused "a plateau without evaluations" "give train.evaluate_every" \
    schedule.decay=plateau 'train.evaluate_every=0 steps'
refused "an unknown metric" 'did you mean "validation_loss"' \
    'train.early_stop={patience: 3, metric: validation_los}'
refused "an unknown target" 'did you mean "validation_accuracy"' 'train.target={validation_acuracy: 0.9}'
refused "an accuracy of a regression" "mse has no accuracy" data.file="$tests/../data/regression.h5" \
    data.validation=0 loss=mse 'model=[flatten, {dense: 2}]' \
    'train.early_stop={patience: 3, metric: validation_accuracy}'
ok "inspect refuses them too" expect_status 2 ranks 1 inspect tiny.yaml --set train.early_stop=3 --set data.validation=0
sed 's/decay: cosine/decay: {plateau: {metric: validation_accuracy}}/; s/validation: 60/validation: 0/' tiny.yaml >place.yaml
ok "with the place in the file" expect_status 2 ranks 2 train place.yaml --run bad
ok "as file:line:column" says "place.yaml:13:"

ok "help lists the decays" expect_status 0 ranks 0 train -h
for word in multi_step exponential polynomial plateau threshold_mode multiplier schedule.warmup: \
    train.early_stop: min_delta train.target: validation_accuracy; do
    ok "and $word" says "$word"
done
