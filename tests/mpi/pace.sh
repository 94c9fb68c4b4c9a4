# Where the time of a run goes: shares that add up, of the right ranks; memory; the share of sgemm.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
lines() { grep -cE '^ *[0-9.]* +compute [0-9]+%, waiting [0-9]+%, exchange [0-9]+%, reading [0-9]+%, other [0-9]+% +[0-9]+$' "$1"; }
# The per cent of each line.
sums() { sed -n 's/^.*compute \([0-9]*\)%, waiting \([0-9]*\)%, exchange \([0-9]*\)%, reading \([0-9]*\)%, other \([0-9]*\)%.*/\1 \2 \3 \4 \5/p' "$1" |
    awk '{print $1 + $2 + $3 + $4 + $5}' | sort -u; }
header=step,seconds,samples_per_second,compute,waiting,exchange,reading,other

# An epoch is 4 steps of 60 of 240 samples.
for p in 1 3; do
    ok "a run on $p says at each epoch where the time went" expect_status 0 train $p run-$p
    ok "in a line for each of its three epochs" test "$(lines said)" = 3
    ok "as does its log.txt" test "$(lines run-$p/log.txt)" = 3
    ok "the shares of which add up to 100" test "$(sums said)" = 100
    ok "in at most 80 columns" test -z "$(sed '/^done/d' said | grep -E '^.{81}')"
    ok "timing.csv has seconds of each share behind the columns it had" \
        test "$(head -1 run-$p/timing.csv)" = $header
    ok "in a row for each evaluation" test "$(cut -d, -f1 run-$p/timing.csv | xargs)" = "step 4 8 12"
    ok "memory is told before the first step" says_once "memory of a group of ranks: data "
    grep -A1 "^memory of a group" said >told
    expect_status 0 ranks $p inspect tiny.yaml
    grep -A1 "^memory of a group" said >inspected
    ok "as inspect has it" same told inspected
done
ok "a run without steps succeeds" expect_status 0 train 2 none --set 'train.length=0 steps'
ok "it took no time" test "$(lines said)" = 0
ok "and has no share of sgemm" test "$(summary none sgemm_share)" = null
ok "without evaluations" expect_status 0 train 2 bare --set 'train.evaluate_every=0 steps'
ok "there is a line an epoch, too" test "$(lines said)" = 3
ok "and says which" grep -qE '^  2\.00  compute ' said
ok "and a row of timing.csv" test "$(cut -d, -f1 bare/timing.csv | xargs)" = "step 4 8 12"
ok "where evaluations are more often than epochs" \
    expect_status 0 train 2 often --set 'train.evaluate_every=1 steps'
ok "there is still one line an epoch" test "$(lines said)" = 3
ok "of more than fifty epochs" expect_status 0 train 2 many --set 'train.length=60 epochs' \
    --set 'train.evaluate_every=20 epochs' --set 'checkpoint.every=0 steps'
ok "only those with an evaluation have one" test "$(lines said)" = 3

# Rank 1 sleeps for 1.2 s in compute: a third of that in the mean of three ranks is compute. The
# others wait, which they cannot for longer than that, but for what the machine takes from them.
LOCKSTEP_FAULT=slow@compute:6:1 ok "a rank is slow" \
    expect_status 0 train 3 slow --set train.watchdog=0
seconds() { awk -F, -v c="$1" 'NR > 1 {s += $c} END {print s}' slow/timing.csv; }
above() { awk -v x="$1" -v least="$2" 'BEGIN {exit !(x >= least)}' || { why="$1 < $2"; return 1; }; }
ok "its share of the mean is compute" above "$(seconds 4)" 0.399
ok "the two others' is waiting" above "$(seconds 5)" 0.4
ok "in the epoch in which it was" \
    awk -F, '$1 == 8 {exit !($4 >= 0.399 && $5 >= 0.4)}' slow/timing.csv
ok "all shares together are no less than the time in steps" above \
    "$(awk -F, 'NR > 1 {s += $4 + $5 + $6 + $7 + $8} END {print s + 0.01}' slow/timing.csv)" "$(seconds 2)"
ok "its speed is told, as a share of sgemm" grep -qE '^speed: .* GF/s a rank in steps, [0-9.]+ of [sd]gemm' said
ok "once" says_once "speed: "
ok "with the kernels that OpenBLAS has here" grep -qE '[(]OpenBLAS,' said
ok "and in summary.json, which has the rate" \
    awk -v x="$(summary slow sgemm_share)" -v g="$(summary slow gflops)" 'BEGIN {exit !(x > 0 && x < 1 && g > 0)}'
LOCKSTEP_FAULT=slow@evaluate:8:1 ok "a rank is slow in evaluation" expect_status 0 train 3 rest
ok "which is none of compute, exchange and reading" \
    awk -F, '$1 == 8 {exit !($8 >= 0.399 && $5 >= 0.4)}' rest/timing.csv
