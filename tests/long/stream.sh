# Data that stay on disk: the order is the same on any ranks, in memory or not, and so are the bits.
"$programs/make_data" plain.h5 3000 36 0 uint8
"$programs/make_data" packed.h5 3000 36 16 float32
cat >stream.yaml <<'YAML'
name: stream
data: {file: plain.h5, validation: 200, normalize: feature, window: 500 samples}
model:
  - dense: 12
  - relu
  - dropout: 0.2
  - dense: 3
batch: {global: 90, micro: 8}
optimizer: {type: sgd, lr: 0.001, momentum: 0.9}
train: {length: 2 epochs, evaluate_every: 10 steps}
checkpoint: {every: 10 steps, keep: 1}
log: {every: 1 steps}
YAML
# train P RUN SETTING...
train() {
    local settings=() setting
    for setting in "${@:3}"; do
        if [[ $setting == *=* ]]; then settings+=(--set "$setting"); else settings+=("$setting"); fi
    done
    ranks "$1" train stream.yaml --run "$2" "${settings[@]}"
}
stream=data.store=stream memory=data.store=memory
digest() { summary "$1" digest; }
one_digest() { # RUN RUN: of the same bits, step for step
    [[ -n $(digest "$1") && $(digest "$1") == "$(digest "$2")" ]] || { why="another digest"; return 1; }
    same "$1/metrics.csv" "$2/metrics.csv"
}

ok "a set in memory that is larger than its window is shuffled through windows, too" \
    expect_status 0 train 2 memory $memory
ok "which is said" says "within windows of up to"
ok "validation is whole chunks" says "217 samples are held out"
for exchange in shared messages; do
    for p in 1 2 3 4; do
        expect_status 0 train $p "$exchange-$p" $stream exchange=$exchange
        ok "streamed on $p ranks, the same bits (exchange: $exchange)" \
            one_digest memory "$exchange-$p"
    done
done
LOCKSTEP_GROUP=2 expect_status 0 train 4 groups $stream
ok "and in two groups of two ranks" one_digest memory groups
expect_status 0 train 2 packed-memory data.file=packed.h5 $memory
expect_status 0 train 3 packed data.file=packed.h5 $stream
ok "so it is with a packed file of floats" one_digest packed-memory packed

# Small windows: more of them than steps, and a step in two of them.
expect_status 0 train 1 small-memory 'data.window=200 samples' $memory
expect_status 0 train 3 small $stream 'data.window=200 samples'
ok "and where most steps span two windows" one_digest small-memory small

expect_status 0 train 1 one-memory 'data.window=2900 samples' $memory
expect_status 0 train 3 one $stream 'data.window=2900 samples'
ok "and where an epoch is one window of chunks" one_digest one-memory one

expect_status 0 train 1 fold-memory data.validation=0 'data.fold={of: 4, held_out: 2}' $memory
ok "a fold is whole chunks" says "744 samples are held out"
expect_status 0 train 3 fold data.validation=0 'data.fold={of: 4, held_out: 2}' $stream
ok "and the same bits when streamed" one_digest fold-memory fold
grows='batch.global=[{at: 0 steps, size: 60}, {at: 12 steps, size: 300}]'
expect_status 0 train 1 grows-memory "$grows" $memory
expect_status 0 train 3 grows "$grows" $stream
ok "and so while the batch grows" one_digest grows-memory grows

# One window.
expect_status 0 train 2 whole $memory 'data.window=1 epoch'
expect_status 0 train 3 covered $stream 'data.window=3000 samples'
ok "where one window covers the file, the bits are those of the plain order" \
    one_digest whole covered
no_digest() { ! [[ $(digest "$1") == "$(digest "$2")" ]]; }
ok "which is another order than that of windows" no_digest whole memory

# Resume: around the edge of a window (458 or 459 samples; 5 steps).
for stop in 1 5 6 11; do
    expect_status 75 train 3 "at-$stop" $stream --until $stop
    expect_status 0 train 2 "at-$stop" $stream --resume exchange=messages
    ok "stopped at step $stop and resumed, the same bits" one_digest memory "at-$stop"
done
expect_status 75 train 2 change $stream --until 7
ok "a resume may take the data into memory" expect_status 0 train 2 change $memory --resume
ok "which changes no bit" one_digest memory change
expect_status 75 train 2 other $stream --until 7
ok "but not change the window" expect_status 2 train 2 other $stream --resume 'data.window=600 samples'
ok "which is named" says_once "data.window"

# By itself.
ok "what does not fit data.memory is streamed by itself" \
    expect_status 0 train 2 auto 'data.memory=50 kB'
ok "which is said" says "read ahead from"
ok "and has the same bits" one_digest memory auto
ok "what fits is not" expect_status 0 train 2 auto-fits 'data.memory=1 MB'
ok "which is said" says "all of them in memory"

# eval and predict of a streamed part.
last=$(ls memory/checkpoints/step-*.h5 | tail -1)
ok "eval streams, too" expect_status 0 ranks 3 eval "shared-2/checkpoints/${last##*/}" --split test
ok "with the figures of the run" says "$(printf 'loss %.4f' "$(summary memory test_loss)")"
for part in train validation; do
    expect_status 0 ranks 1 predict $last --split $part -o memory-$part.csv
    expect_status 0 ranks 3 predict "shared-2/checkpoints/${last##*/}" --split $part -o $part.csv
    ok "predict of a streamed /$part has the rows of one in memory" same memory-$part.csv $part.csv
done

# What goes wrong.
"$programs/make_data" nan.h5 3000 36 0 float32 1700
for p in 1 3; do
    ok "a NaN in a later window is status 2 on $p ranks" \
        expect_status 2 train $p "nan-$p" $stream data.file=nan.h5 data.normalize=none
    ok "and its row is named once" says_once "nan.h5: /train/x row 1700: value 18 is NaN"
done
"$programs/make_data" cut.h5 3000 36 0 uint8
cut_off() {
    ranks 2 train stream.yaml --run cut --set data.file=cut.h5 --set data.store=stream \
        --set 'train.length=100000 epochs' &
    until [[ -s cut/metrics.csv || ! -d /proc/$! ]]; do sleep 0.1; done
    truncate -s 50000 cut.h5
    wait $!
}
ok "a file that is cut off under a run is status 2" expect_status 2 cut_off
ok "and is told once" says_once "cut.h5: /train/x: rows"
for exchange in shared messages; do
    for rank in 0 2; do
        for window in 0 4; do
            LOCKSTEP_FAULT=error@read:$window:$rank ok \
                "a read that fails on rank $rank, window $window, ends the job (exchange: $exchange)" \
                expect_status 1 train 3 "fault-$exchange-$rank-$window" $stream exchange=$exchange
            ok "and is said once" says_once "rank $rank met the fault planted in read"
        done
    done
done
LOCKSTEP_FAULT=hang@read:4:1 ok "a read that hangs is ended by the watchdog" \
    expect_status 1 train 3 hang $stream train.watchdog=0.5
ok "which names the phase once" says_once "reading samples"
ok "a step of more than two windows is status 2" \
    expect_status 2 train 2 wide $stream batch.global=460
ok "and the cure is named" says_once "make data.window 982 samples"
ok "which helps" expect_status 0 train 2 wide $stream batch.global=460 'data.window=982 samples'
ok "in memory it is none" expect_status 0 train 2 wide-memory $memory batch.global=460
ok "windows that exceed data.memory are status 2" \
    expect_status 2 train 2 room $stream 'data.memory=20 kB'
ok "and that is named" says_once "more than the 0.02 MB of data.memory"
ok "a window smaller than a chunk is status 2" \
    expect_status 2 train 2 chunk $stream data.file=packed.h5 'data.window=10 samples'
ok "and both are named" says_once "has 16 samples, more than the window's 10"
for bad in data.window=-1 'data.window=3 sheep' data.memory=soon data.store=disk; do
    ok "$bad is status 2" expect_status 2 train 1 bad "$bad"
done

# Chunks.
"$programs/make_data" one.h5 300 36 1 uint8
cures() { # however it breaks the line
    tr -s ' \n' ' ' <said >flat && mv flat said
    says "lockstep import h5 one.h5 --x /train/x --y /train/y --test-x /test/x --test-y /test/y -o"
}
ok "inspect warns of tiny chunks" expect_status 0 ranks 0 inspect one.h5
ok "and prints the cure" cures
ok "which makes a file of larger ones" expect_status 0 ranks 0 import h5 one.h5 --x /train/x \
    --y /train/y --test-x /test/x --test-y /test/y -o new.h5
ok "that" expect_status 0 ranks 0 inspect new.h5
ok "it says nothing of" silent_about "rewrite it"
ok "it is content with a plain file" expect_status 0 ranks 0 inspect plain.h5
ok "of which it says nothing" silent_about "rewrite it"

# One copy in memory, however many ranks: 60,000 x 784 bytes on 4.
"$programs/make_data" images.h5 60000 784 0 uint8
ranks 4 train stream.yaml --run images --set data.file=images.h5 --set 'data.window=1 epoch' \
    --set 'train.length=100000 epochs' >images.log 2>&1 &
until [[ -s images/metrics.csv || ! -d /proc/$! ]]; do sleep 0.1; done
shared=0 seen=()
for process in $(pgrep -f -- "$program train stream.yaml --run images"); do
    [[ $(cat /proc/"$process"/comm) == lockstep ]] || continue
    seen+=("$process")
    shared=$((shared + $(awk '/^Pss_Shmem:/ { print $2 }' /proc/"$process"/smaps_rollup)))
done
kill -KILL "${seen[@]}"
echo "    4 ranks share $shared kB; the data are 45,938 kB and the targets 234 kB"
one_copy() { ((${#seen[@]} == 4 && shared >= 45000 && shared < 2 * 45938)); }
ok "60,000 x 784 bytes are in memory once on 4 ranks" one_copy
