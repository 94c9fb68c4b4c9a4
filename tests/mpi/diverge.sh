# Steps whose loss or gradient is not finite: what is said, and what train.on_divergence does. On
# every number of ranks alike, and whatever stops the run on the way.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" --set checkpoint.keep=1 "${@:3}"; }
faulty() { LOCKSTEP_FAULT=$1 train "${@:2}"; }
# The message of the last run, to be compared with that of another number of ranks.
message() { sed -n '/^lockstep:/,/may cure it/p' said >"message-$1"; }
alike() { same message-0 message-3 && same message-0 message-5; }

# SENTENCE WORDS FAULT SETTINGS...: without mpirun, in shared memory and by messages.
named() {
    local sentence=$1 words=$2 fault=$3
    shift 3
    ok "$sentence is status 3 on one rank" expect_status 3 faulty "$fault" 0 "$fault-0" "$@"
    message 0
    ok "with place and figures" says "$words"
    ok "on three" expect_status 3 faulty "$fault" 3 "$fault-3" "$@"
    message 3
    ok "on five, by messages" expect_status 3 faulty "$fault" 5 "$fault-5" "$@" \
        --set exchange=messages
    message 5
    ok "it is said once" says_once "lockstep:"
    ok "in the same words on any number of ranks" alike
    rm -rf -- "$fault"-?
}
named "a loss that is infinite" "step 7: the loss is infinite in micro-batch 1" - \
    --set optimizer.lr=1e3
ok "the cure is named" says "a smaller optimizer.lr (now 1000) may cure it"
named "a gradient that is not finite, with a loss that is," \
    "step 6: the gradient of 04_dense/weight is not a number in micro-batch 4" nan@leaf:6:4
# On one rank and on four: what else can be the first.
first() { # SENTENCE WORDS SETTINGS...
    ok "$1 is named" expect_status 3 train 0 first-0 "${@:3}"
    ok "with figures" says "$2"
    message 0
    expect_status 3 train 4 first-4 "${@:3}" --set exchange=messages
    message 4
    ok "in the same words on four ranks" same message-0 message-4
    rm -r first-?
}
first "an output that is infinite" "(largest input 1.71e+21, largest weight 3.36e+20)" \
    --set optimizer.lr=1e4 --set model.2=gelu
first "a statistic that is" "02_batch_norm/running_var is infinite in micro-batch 0" \
    --set optimizer.lr=1e4 --set model.2=batch_norm
first "a sample that is" "of the training part is infinite when it is normalized" \
    --set 'data.normalize={mean: 1e10, std: 1e-30}'
first "a parameter that the update makes infinite" \
    "step 2: the update of the step before has made 01_dense/weight infinite" \
    --set optimizer.lr=1e4 --set 'model=[flatten, {dense: 3}]' \
    --set 'data.normalize={mean: -1e6, std: 1e-30}'

# skip
skip() { faulty nan@leaf:6:4 "$1" "skip-$1" --set train.on_divergence=skip "${@:2}"; }
ok "a step without an update, on one rank" expect_status 0 skip 0
ok "is said once" says_once "the step is skipped"
ok "is counted" test "$(summary skip-0 skipped_steps)" = 1
row() { grep -q '^train,6,.*,1,$' skip-0/metrics.csv; }
ok "and marked in its row" row
ok "so it is on four ranks" expect_status 0 skip 4
ok "with the same metrics.csv" same skip-0/metrics.csv skip-4/metrics.csv
expect_status 75 skip 3 --until 5 --set exchange=messages
expect_status 75 skip 3 --until 6 --resume --set exchange=messages
ok "and by messages, stopped before it and after it" expect_status 0 skip 3 --resume
ok "with the same metrics.csv, too" same skip-0/metrics.csv skip-3/metrics.csv
ok "and the same state" expect_status 0 ranks 0 diff skip-{0,3}/checkpoints/step-00000012.h5
ok "so many in a row at most" expect_status 3 train 0 row --set optimizer.lr=1e4 \
    --set 'train.on_divergence={skip: 3}'
ok "as it says" says "3 steps in a row were skipped"
ok "an evaluation that is not finite is said" says_once "the loss on /validation is not a number"
ok "also where it is the first" expect_status 0 train 0 best --set optimizer.lr=1e4 \
    --set train.on_divergence=skip --set 'train.evaluate_every=6 steps'
ok "and is not the best" test "$(summary best best_step)" = null

# back: step 7 is not finite unless the rate is lower from step 4 on.
back() {
    train "$1" "back-$2" --set optimizer.lr=1e3 \
        --set 'train.on_divergence={back: {factor: 1e-3, times: 5}}' "${@:3}"
}
signalled() { LOCKSTEP_FAULT=stop@save:4:1 back "$@"; }
killed() { LOCKSTEP_FAULT=$1 back "${@:2}"; }
like_whole() {
    same back-whole/metrics.csv "back-$1/metrics.csv" &&
        expect_status 0 ranks 0 diff "back-"{whole,"$1"}/checkpoints/step-00000012.h5
}
ok "back to the last checkpoint with a smaller rate" expect_status 0 back 0 whole
ok "is said once" says_once "step 7: the loss is infinite in micro-batch 1"
ok "with step and rate" says "back to step 4 with the rate x 0.001"
ok "and counted" test "$(summary back-whole returns) $(summary back-whole rate_factor)" = "1 0.001"
rows() { [[ $(cut -d, -f1,2 back-whole/metrics.csv | sort -u | wc -l) == \
    $(wc -l <back-whole/metrics.csv) ]]; }
ok "metrics.csv has each row once" rows
ok "so it is on three ranks" expect_status 0 back 3 three
ok "to the last bit" like_whole three
ok "by messages" expect_status 0 back 4 four --set exchange=messages
ok "to the last bit, too" like_whole four
ok "stopped before it, behind the checkpoint to go back to" expect_status 75 back 3 stop --until 6
kept() { [[ $(cd back-stop/checkpoints && echo step-*) == \
    "step-00000004.h5 step-00000006.h5" ]]; }
ok "which is kept although only one is to be" kept
ok "resumed, and stopped by a signal after it came back" \
    expect_status 75 signalled 2 stop --resume
signal_kept() { [[ $(cd back-stop/checkpoints && echo step-*) == \
    "step-00000004.h5 step-00000005.h5" ]]; }
ok "the checkpoint that it came back from is gone" signal_kept
ok "resumed once more, on one rank" expect_status 0 back 0 stop --resume
ok "it is the run that was never stopped" like_whole stop
for at in 5 8; do # before the first return and after it
    ok "killed in step $at" expect_status 137 killed "kill@compute:$at:1" 3 "killed-$at"
    ok "and resumed" expect_status 0 back 0 "killed-$at" --resume
    ok "it is the run that was never killed" like_whole "killed-$at"
done
"$programs/make_data" plain.h5 3000 36 0 uint8
windows=(--set data.file=plain.h5 --set 'data.window=130 samples')
ok "back to data that were read from the file, and are gone" expect_status 0 back 2 stream \
    "${windows[@]}" --set data.store=stream
ok "across windows" says "back to step 4"
expect_status 0 back 0 memory "${windows[@]}" --set data.store=memory
ok "is back with data in memory" same back-stream/metrics.csv back-memory/metrics.csv
ok "a run that ended with status 3" expect_status 3 back 0 later --set train.on_divergence=stop
ok "can go on with another answer" expect_status 0 back 2 later --resume
ok "as if it had been given before" like_whole later
ok "so many times at most" expect_status 3 \
    faulty nan@leaf:6:4 2 times --set train.on_divergence=back
ok "with what was tried" says "3 returns to earlier steps, the last with the rate x 0.125"
ok "a resume tries no more" expect_status 3 \
    faulty nan@leaf:6:4 3 times --set train.on_divergence=back --resume
ok "also from the start, where no checkpoint is due" expect_status 0 back 0 start \
    --set 'checkpoint.every=1 epoch' --set 'checkpoint.every=40 steps'
ok "which is step 0" says "back to step 0"
infinite() {
    train "$1" infinite --set optimizer.lr=1e4 --set 'model=[flatten, {dense: 3}]' \
        --set 'data.normalize={mean: -1e6, std: 1e-30}' --set 'checkpoint.every=1 steps' \
        --set 'train.on_divergence={back: {times: 1}}'
}
ok "a state that is found infinite only when it is to be saved" expect_status 3 infinite 2
ok "is left for the checkpoint before it" says "step 0 with the rate x 0.5"
slowly() { LOCKSTEP_FAULT=slow@save:4:0 back 0 slowly --set train.watchdog=0.7; }
ok "the watchdog lets a checkpoint be waited for that is still being written" expect_status 0 slowly
ok "and gone back to" says "back to step 4"
unsaved() { LOCKSTEP_FAULT=error@save:4:0 back 2 unsaved --set checkpoint.on_failure=warn; }
ok "a checkpoint that could not be written, of which there is only a warning," \
    expect_status 3 unsaved
ok "is said not to be there" says "step-00000004.h5, to go back to, is not there"
ok "after its warning" says_once "warning: step 4 is not saved"
ok "an answer that there is not is status 2" \
    expect_status 2 train 0 wrong --set train.on_divergence=bakc
ok "with the closest one" says_once 'did you mean "back"?'
