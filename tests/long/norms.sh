# Normalisations, residual blocks and their losses: the same bits on any number of ranks, running
# statistics included; what `eval` says of classes and `predict` writes of every sample.
tiny_data
cat >norms.yaml <<'END'
name: norms
seed: 1
data: {file: tiny.h5, validation: 60, normalize: feature}
model:
  - batch_norm
  - flatten
  - dense: {units: 24, bias: false}
  - residual:
      main: [batch_norm, gelu, {dense: 24}, {dropout: {rate: 0.2, mode: classic}}, {batch_norm: {gamma: 0}}]
  - residual:
      main: [{group_norm: 4}, {dense: 20}, relu, {residual: [{dense: 20}, tanh]}]
      skip: [{dense: 20}]
  - layer_norm
  - dense: 3
loss: {cross_entropy: {label_smoothing: 0.1, class_weights: [1, 2, 0.5], top_k: 2}}
batch: {global: 60, micro: 8}
optimizer: {type: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5e-4}
train: {length: 12 steps, evaluate_every: 4 steps}
checkpoint: {every: 4 steps, keep: 3}
log: {every: 1 steps}
END
train() { ranks "$1" train norms.yaml --run "$2" --set "exchange=$3" "${@:4}"; }

ok "one rank trains" expect_status 0 train 1 one auto
for p in 2 3 5 7; do
    for exchange in shared messages; do
        ok "$p ranks train, exchange: $exchange" expect_status 0 train "$p" "$exchange-$p" $exchange
        ok "metrics.csv has the same bytes on $p ranks, exchange: $exchange" \
            same one/metrics.csv "$exchange-$p/metrics.csv"
    done
done
ok "so have parameters and running statistics" expect_status 0 \
    ranks 0 diff one/checkpoints/step-00000012.h5 messages-7/checkpoints/step-00000012.h5
ok "running statistics are in the checkpoint, with nested names" expect_status 0 \
    ranks 0 inspect one/checkpoints/step-00000012.h5
ok "as statistics" says /statistics/03_residual/main/00_batch_norm/running_var
ok "and scales as parameters" says /model/03_residual/main/04_batch_norm/weight

ok "a run stops at step 8" expect_status 75 train 3 resumed shared --until 8
ok "and goes on with two ranks" expect_status 0 train 2 resumed shared --resume
ok "with the same bits" same one/metrics.csv resumed/metrics.csv
ok "summary.json has the further figures" test -n "$(summary one test_top_k_accuracy)"

ckpt=one/checkpoints/step-00000012.h5
ok "eval measures it" expect_status 0 ranks 1 eval $ckpt
ok "with a confusion matrix" says "truth, answer"
cp said eval-1
ok "on four ranks" expect_status 0 ranks 4 eval $ckpt
ok "with the same text" same said eval-1
# The rows of the matrix add up to the classes' samples: 100 in all.
matrix=$(awk '$1 ~ /^[0-2]$/ && NF == 5 {for (i = 2; i <= 4; i++) n += $i} END {print n}' eval-1)
ok "whose counts add up to the samples" test "$matrix" = 100
accuracy=$(awk '$1 ~ /^[0-2]$/ && NF == 5 {right += $($1 + 2)} END {printf "%.4f", right / 100}' eval-1)
ok "and whose diagonal is the accuracy" grep -q "accuracy $accuracy" eval-1

for suffix in csv h5; do
    for p in 1 2 5; do
        ok "$p ranks predict as $suffix" expect_status 0 ranks $p predict $ckpt -o "out-$p.$suffix"
    done
    ok "2 ranks write the same bytes" same out-1.$suffix out-2.$suffix
    ok "5 ranks, too" same out-1.$suffix out-5.$suffix
done
ok "predictions have a head and a row a sample" test "$(wc -l <out-1.csv)" = 101
ok "the head names the columns" test "$(head -1 out-1.csv)" = "row,class,p0,p1,p2"
# Labels go 0 1 2 0 1 2 ..: the share of right answers is the accuracy of eval.
right=$(awk -F, 'NR > 1 {right += $2 == $1 % 3; sum += $3 + $4 + $5} END {
    printf "%.4f %.3f", right / (NR - 1), sum / (NR - 1)}' out-1.csv)
ok "classes are the accuracy's, and probabilities add up to 1" test "$right" = "$accuracy 1.000"
ok "the validation part is predicted" \
    expect_status 0 ranks 2 predict $ckpt --split validation -o held.csv
ok "and the training part" expect_status 0 ranks 2 predict $ckpt --split train -o rest.csv
rows=$(cat held.csv rest.csv | awk -F, '$1 != "row" {print $1}' | sort -nu | wc -l)
ok "which together are every row of the file" test "$rows" = 300
ok "a suffix that we do not write is status 2" expect_status 2 ranks 3 predict $ckpt -o out.txt
ok "and is said once" says_once "as .h5 or .csv"
ok "so is a missing -o" expect_status 2 ranks 1 predict $ckpt
ok "so is a folder that is not there" expect_status 2 ranks 2 predict $ckpt -o no/out.csv
ok "which is said, once" says_once "no/out.csv: there is no folder no to write it to"

# One sample a micro-batch has no variance; the layer that needs more is named.
cat >alone.yaml <<'END'
name: alone
data: {file: tiny.h5}
model: [flatten, {dense: 4}, batch_norm, {dense: 3}]
batch: {global: 3, micro: 2}
train: {length: 2 steps}
END
ok "a micro-batch of one sample is status 2" expect_status 2 ranks 2 train alone.yaml
ok "and the layer is named, with its line" says_once "alone.yaml:3:"
ok "and what it needs" says "layer 2 (02_batch_norm): needs micro-batches of at least 2 samples"

# Regression: figures, an empty accuracy column, values instead of probabilities.
cat >values.yaml <<END
name: values
data: {file: $tests/../data/regression.h5, normalize: feature}
model: [{dense: 8}, tanh, {dense: 2}]
loss: {huber: 0.5}
batch: {global: 4, micro: 2}
train: {length: 4 steps, evaluate_every: 2 steps}
END
ok "a regression trains" expect_status 0 ranks 2 train values.yaml --run values
ok "its accuracy column is empty" grep -qE '^validation,4,[^,]*,[^,]*,,[^,]+,,[0-9a-f]{16},' values/metrics.csv
ok "summary.json has RMSE" test -n "$(summary values validation_rmse)"
ok "and MAE" test -n "$(summary values validation_mae)"
ok "eval says them" expect_status 0 ranks 1 eval values/checkpoints/step-00000004.h5 --split validation
ok "by name" says "rmse "
ok "and why R squared is none of them" says_once "r_squared is told of nets with one output"
ok "values are predicted" \
    expect_status 0 ranks 3 predict values/checkpoints/step-00000004.h5 -o values.csv --split train
ok "as values" grep -q '^row,y0,y1$' values.csv

# With momentum 1 and a rate of nearly 0, one step leaves the batch's own statistics behind: the
# training part then costs in inference mode what it cost in training, class weights or not.
cat >running.yaml <<'END'
name: running
data: {file: tiny.h5}
model: [flatten, {dense: 16}, {batch_norm: {momentum: 1}}, {dense: 3}]
loss: {cross_entropy: {class_weights: [1, 5, 0.5]}}
batch: {global: all, micro: 100}
optimizer: {type: sgd, lr: 1e-12}
train: {length: 1 steps}
END
ok "one step is made" expect_status 0 ranks 2 train running.yaml --run running
ok "its checkpoint is measured" \
    expect_status 0 ranks 1 eval running/checkpoints/step-00000001.h5 --split train
ok "running statistics are the samples' own" awk -v in_training="$(summary running train_loss)" '
    $1 == "train" {for (i = 1; i < NF; i++) if ($i == "loss") d = $(i + 1) / in_training - 1}
    END {exit !(d > -0.02 && d < 0.02 && d != 0)}' said
