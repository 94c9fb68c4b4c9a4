# All at once: convolution, pooling, batch norm, residual blocks, dropout and augmentation give the
# same bits on any number of ranks, by either exchange, and stopped and resumed or not.
tiny_data
export LOCKSTEP_BUCKET=2048
cat >everything.yaml <<'YAML'
name: everything
seed: 1
data:
  {file: tiny.h5, validation: 60, normalize: channel,
   augment: [flip, {crop: {padding: 1, mode: reflect}}, {translate: {x: 0.2, y: 0.1}}, {rotate: 10},
             erase, {noise: 0.05}]}
model:
  - conv2d: {filters: 6, kernel: 3, padding: same, bias: false}
  - batch_norm
  - relu
  - residual:
      main:
        - conv2d: {filters: 8, kernel: 3, padding: same, stride: 2, bias: false}
        - batch_norm
        - relu
        - conv2d: {filters: 8, kernel: 3, padding: same, bias: false}
        - batch_norm: {gamma: 0}
      skip: [{avg_pool: 2}, {conv2d: {filters: 8, kernel: 1}}]
  - relu
  - max_pool: 2
  - flatten
  - dropout: 0.3
  - dense: 3
batch: {global: 60, micro: 8}
optimizer: {type: sgd, lr: 0.05, momentum: 0.9, weight_decay: 5e-4}
schedule: {reference_batch: 60, warmup: 2 steps, decay: cosine}
train: {length: 12 steps, evaluate_every: 4 steps}
checkpoint: {every: 4 steps, keep: 3}
log: {every: 1 steps}
YAML
train() { ranks "$1" train everything.yaml --run "$2" --set "exchange=$3" "${@:4}"; }

ok "one rank trains" expect_status 0 train 1 one auto
for p in 1 2 3 4 5 7; do
    for exchange in shared messages; do
        ok "$p ranks train, exchange: $exchange" expect_status 0 train "$p" "$exchange-$p" $exchange
        ok "metrics.csv, digests and all, has the same bytes on $p ranks, exchange: $exchange" \
            same one/metrics.csv "$exchange-$p/metrics.csv"
    done
done
ok "so has the last checkpoint" expect_status 0 \
    ranks 0 diff one/checkpoints/step-00000012.h5 messages-7/checkpoints/step-00000012.h5

ok "a run on three ranks stops at step 8" expect_status 75 train 3 resumed shared --until 8
ok "and goes on with two" expect_status 0 train 2 resumed messages --resume
ok "with the same bits" same one/metrics.csv resumed/metrics.csv
ok "which are other bits than without augmentation" \
    expect_status 0 train 2 plain auto --set data.augment=null
differs() { ! cmp -s one/metrics.csv plain/metrics.csv; }
ok "as they should be" differs

ok "augmentation is part of the resolved configuration" grep -q "padding: 1" one/config.yaml
ok "so that a run cannot be resumed with another one" \
    expect_status 2 train 2 resumed auto --resume --set "data.augment=[flip]"
ok "and the key is named" says "data.augment"
for p in 1 3; do
    expect_status 0 ranks $p eval one/checkpoints/step-00000012.h5
    cp said eval-$p
done
ok "an evaluation says the same on any ranks" same eval-1 eval-3

refused() { expect_status 2 train 2 refused auto --set "data.augment=$1"; }
ok "an unknown augmentation is status 2" refused "[flop]"
ok "and is said once, with the cure" says_once 'did you mean "flip"'
ok "a crop larger than the pictures is status 2" refused "[{crop: 6}]"
ok "and is said once" says_once "would miss pictures of 6 x 6"
ok "help lists augmentations" expect_status 0 ranks 0 train -h
ok "with their settings" says "pixels added on each side"
