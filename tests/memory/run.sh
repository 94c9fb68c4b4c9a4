# A run on two ranks with everything that has memory of its own: training, a stop, a resume from the
# checkpoint, an evaluation. It neither uses what was never written nor touches what is not its own,
# and what lockstep allocates it gives back. A build with sanitizers watches itself; any other runs
# under valgrind's memcheck, and must know no AVX-512 then, which valgrind does not (preset memcheck).
tiny_data
cat >memory.yaml <<'YAML'
name: memory
seed: 1
data:
  {file: tiny.h5, validation: 60, normalize: channel, augment: [flip, {crop: {padding: 1}}, erase],
   store: stream, window: 300 samples}
model:
  - conv2d: {filters: 4, kernel: 3, padding: same, bias: false}
  - batch_norm
  - relu
  - residual:
      main: [{conv2d: {filters: 4, kernel: 3, padding: same}}, {batch_norm: {gamma: 0}}]
      skip: identity
  - max_pool: 2
  - flatten
  - layer_norm
  - dropout: 0.3
  - dense: 3
batch: {global: 60, micro: 8}
optimizer: {type: adam, lr: 0.002, weight_decay: 1e-4, clip: 1}
schedule: {reference_batch: 60, warmup: 2 steps, decay: cosine}
train: {length: 4 steps, evaluate_every: 2 steps, watchdog: 1000}
checkpoint: {every: 1 step, keep: 2}
log: {every: 1 steps}
YAML
export OPENBLAS_CORETYPE=Haswell # of the kernels that valgrind knows

# watched RANKS ARGUMENTS...: as `ranks`. An error is status 99 and told in found.*
valgrind=(valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
    --errors-for-leak-kinds=definite "--suppressions=$tests/../memcheck.supp" --log-file=found.%p)
if ldd "$program" | grep -q libasan; then
    valgrind=()
    export ASAN_OPTIONS=$ASAN_OPTIONS:exitcode=99:log_path=$PWD/found UBSAN_OPTIONS=log_path=$PWD/found
fi
watched() {
    local count=$1
    shift
    LIMIT=400 start "$count" ${valgrind[@]+"${valgrind[@]}"} "$program" "$@"
}
# clean STATUS ARGUMENTS...: whether it ends so, and nothing was found.
clean() {
    rm -f found.*
    expect_status "$@" && [[ -z $(cat found.* 2>/dev/null) ]] || { why=$(cat found.* 2>/dev/null | head -40); return 1; }
}

if ((${#valgrind[@]})) && ! command -v valgrind >/dev/null; then
    ok "valgrind is here (scripts/deps.sh --memory installs it)" false
    return 0
fi
ok "no memory is misused in training up to a stop, on 2 ranks" \
    clean 75 watched 2 train memory.yaml --run a --until 2
ok "nor in a resume and the end" clean 0 watched 2 train memory.yaml --run a --resume
ok "nor by messages" clean 0 watched 2 train memory.yaml --run b --set exchange=messages \
    --set data.store=memory --set optimizer.type=sgd --set optimizer.momentum=0.9 \
    --set 'train.length=2 steps'
ok "nor in an evaluation" clean 0 watched 2 eval a/checkpoints/step-00000004.h5
ok "nor in a run of one rank that refuses its data" \
    clean 2 watched 0 train memory.yaml --run c --set data.file=import.log
ok "the figures are those of a run without it" \
    expect_status 0 ranks 1 train memory.yaml --run plain
ok "to the bit" same plain/metrics.csv a/metrics.csv
