# Every verb answers -h; what is no verb is answered with the closest one.

# What was said last, within a terminal's width.
fits() { awk 'length > 80 {exit 1}' said || { why="a line of more than 80 columns"; return 1; }; }

ok "lockstep -h ends with status 0" expect_status 0 ranks 0 -h
ok "and says what the verbs are" says train
ok "in at most 80 columns" fits

# The verbs that the program itself lists: "  name   what it does".
verbs=$(awk '$1 ~ /^(import|inspect|check|train|eval|predict|diff|selftest|bench)$/ {print $1}' said | sort -u)
ok "it lists import, inspect, check, train, eval, predict, diff, selftest and bench" \
    test "$(tr '\n' ' ' <<<"$verbs")" = "bench check diff eval import inspect predict selftest train "
for verb in $verbs; do
    ok "lockstep $verb -h ends with status 0" expect_status 0 ranks 0 "$verb" -h
    ok "lockstep $verb -h is a help for $verb" says "lockstep $verb"
    ok "of at most 80 columns" fits
done

for p in 1 3; do
    ok "an unknown verb on $p ranks is status 2" expect_status 2 ranks "$p" trian
    ok "it is named, with the closest match, once" says_once 'did you mean "train"'
done
ok "-h on 3 ranks ends with status 0" expect_status 0 ranks 3 train -h
ok "and is said once" says_once "lockstep train CONFIG"
ok "an unknown option is status 2" expect_status 2 ranks 1 train x.yaml --rseume
ok "with the closest match" says '"--resume"'
ok "a missing configuration is status 2 on 3 ranks" expect_status 2 ranks 3 train none.yaml
ok "and named once" says_once none.yaml

expect_status 0 ranks 0 train -h
cp said help
# The default that the help gives for a setting of an optimizer.
default() { awk -v head="optimizer: {type: $1} " -v key="$2" '
    index($0, head) == 1 { here = 1; next } /^$/ { here = 0 } here && $1 == key { print $2 }' help; }
ok "the help says of each optimizer how it is chosen" \
    test "$(for t in sgd sgdw adam adamw rmsprop adagrad; do default $t type; done | xargs)" = \
    "sgd sgdw adam adamw rmsprop adagrad"
ok "and the defaults of its own settings" \
    test "$(default adamw weight_decay) $(default rmsprop alpha) $(default adagrad eps)" = \
    "1e-2 0.99 1e-10"
ok "a setting that may be left out and has no default is called optional" \
    grep -q "^  warmup  *(optional) " help

ok "importers have a help" expect_status 0 ranks 0 import idx -h
ok "of at most 80 columns, too" fits

# What inspect and eval print, for names longer than a line.
tiny_data
cat >deep.yaml <<'END'
name: deep
data: {file: tiny.h5, validation: 60}
model:
  - flatten
  - residual:
      main:
        - residual:
            main:
              - dense: {units: 36, name: a_layer_with_a_name_that_no_terminal_has_room_for}
              - dense: 36
              - relu
              - dense: {units: 36}
  - dense: 10
train: {length: 1 steps}
END
ok "a net of nested layers is inspected" expect_status 0 ranks 1 inspect deep.yaml
ok "in at most 80 columns" fits
ok "a long name by its end" says "that_no_terminal_has_room_for "
ok "one step is one step, one micro-batch one" \
    expect_status 0 ranks 1 inspect deep.yaml --set batch.global=64
ok "and not one steps" silent_about "1 steps of"
ok "nor one micro-batches" silent_about "1 micro-batches"
expect_status 0 ranks 2 train deep.yaml --run deep
ok "an evaluation with its confusion matrix" \
    expect_status 0 ranks 1 eval deep/checkpoints/step-00000001.h5
ok "of ten classes has a table" says recall
ok "of at most 80 columns" fits
expect_status 0 ranks 2 train deep.yaml --run wide --set 'model.2={dense: 12}'
ok "of twelve classes" expect_status 0 ranks 1 eval wide/checkpoints/step-00000001.h5
ok "it lists mistakes instead" says "the commonest mistakes"
