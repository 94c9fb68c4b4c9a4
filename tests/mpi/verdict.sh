# A net that learns labels by heart, which nobody can know, is told of, and may end for it; one that
# learns nothing, too; and the verdicts are the same on any ranks, stopped and resumed or not.
tiny_data tiny.h5 90
tiny_recipe
printf "$(idx_images 90 3)" >idx/train-images-idx3-ubyte
printf "$(awk 'BEGIN { srand(5); printf "\\0\\0\\10\\1\\0\\0\\0\\132"
    for (i = 0; i < 90; i++) printf "\\%o", int(rand() * 3) }')" >idx/train-labels-idx1-ubyte
ranks 0 import idx idx -o guess.h5 >/dev/null 2>&1
overfit() { ranks "$1" train tiny.yaml --run "$2" --set data.file=guess.h5 --set data.validation=45 --set 'train.length=150 steps' \
    --set 'train.evaluate_every=10 steps' --set schedule=null --set batch.global=45 --set optimizer.lr=0.1 \
    --set model.3=linear "${@:3}"; }
stop=(--set 'train.early_stop={on: overfitting, patience: 2}')
ok "a net that overfits is trained" expect_status 0 overfit 1 heart
ok "and it is said, once" says_once "overfitting since epoch"
ok "with the advice" says "More data, augmentation"
ok "metrics.csv has it" grep -q '^validation,.*,overfitting$' heart/metrics.csv
ok "the summary, too" test "$(summary heart verdict)" = overfitting
ok "early stopping on it ends the run" expect_status 0 overfit 2 early "${stop[@]}"
ok "saying why" says_once "2 evaluations in a row overfitting (train.early_stop)"
ok "and which was best" says_once "the best was epoch 10 (step 10), validation loss"
ok "after two such rows" test "$(grep -c '^validation,.*,overfitting$' early/metrics.csv)" = 2
ok "which was the least loss" test "$(summary early best_step)" = "$(awk -F, '$1 == "validation" &&
    (at == "" || $6 < least) { least = $6; at = $2 } END { print at }' early/metrics.csv)"
expect_status 75 overfit 3 resumed "${stop[@]}" --until 35
expect_status 0 overfit 1 resumed "${stop[@]}" --resume
ok "stopped and resumed on other ranks it is the same" same early/metrics.csv resumed/metrics.csv
expect_status 0 overfit 3 on-3-early "${stop[@]}"
ok "on 3 ranks, too" same early/metrics.csv on-3-early/metrics.csv
expect_status 0 ranks 0 report heart -o heart.html
ok "a report has the advice" grep -q "overfitting since epoch .* More data, augmentation" heart.html

little() { ranks "$1" train tiny.yaml --run "$2" --set optimizer.lr=1e-6 --set 'train.length=24 steps'; }
ok "a net that learns nothing is trained" expect_status 0 little 1 little
ok "and told of, once" says_once "underfitting: training loss"
constant() { tr -s ' \n' ' ' <said | grep -q 'the best constant answer has 1\.0[5-9]'; }
ok "with what a constant has, nearly ln 3 of three classes" constant
ok "in the summary, too" test "$(summary little verdict)" = underfitting
expect_status 0 little 3 little-3
ok "on 3 ranks the same" same little/metrics.csv little-3/metrics.csv
ok "a verdict needs a validation part" expect_status 2 ranks 2 train tiny.yaml --run none \
    --set data.validation=0 "${stop[@]}"
ok "which is said" says_once "there are no validation samples"
