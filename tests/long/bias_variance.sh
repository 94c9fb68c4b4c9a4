# Bias and variance come out as they are known to be, and as the same bytes on any ranks, also after a
# kill; what cannot be measured is told before a trial runs.

# y = 1 + x1 + x2 + x3 + x4 + c x1 x2 + noise of variance 1, all x normal. A linear model cannot have
# the product, and x1 -> -x1 shows that its mean over training sets has nothing in place of it: bias^2
# is c^2. Of least squares on n rows the variance is 1/n + (1 + 1/n) p / (n - p - 2) where c is 0.
linear() { # FILE ROWS SEED C REPEATS
    awk -v n="$2" -v seed="$3" -v c="$4" -v repeats="$5" '
        function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
        BEGIN {
            srand(seed)
            print "x1,x2,x3,x4,y"
            for (i = 0; i < n; i++) {
                s = 1; row = ""
                for (k = 1; k <= 4; k++) { x[k] = normal(); s += x[k]; row = row sprintf("%.7f,", x[k]) }
                for (r = 0; r < repeats; r++) printf "%s%.7f\n", row, s + c * x[1] * x[2] + normal()
            }
        }' >"$1.csv"
}
for c in 0 0.7; do
    linear train 1250 1 $c 1
    linear test 500 2 $c 2
    linear single 50 3 $c 1 # whose inputs do not repeat
    tail -n +2 single.csv >>test.csv
    "$program" import csv train.csv --test test.csv --target y --task regress -o linear-$c.h5 >import.log 2>&1
done
cat >linear.yaml <<'END'
data: {file: linear-0.h5}
model: [{dense: 1}]
loss: mse
batch: {global: all, micro: 50}
optimizer: {type: sgd, lr: 0.3, momentum: 0.5}
train: {length: 60 steps}
bias_variance: {axis: {data.file: [linear-0.h5, linear-0.7.h5]}, models: 25, resample: split, noise: 1}
END

# The figure COLUMN in row ROW, and whether it is TRUTH within three standard errors.
figure() { # RUN COLUMN ROW
    awk -F, -v name="$2" -v row="$3" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR == row + 1 { print $at }' "$1/bias_variance.csv"
}
close_to() { # RUN COLUMN ROW TRUTH
    local value se
    value=$(figure "$1" "$2" "$3") se=$(figure "$1" "$2_se" "$3")
    awk -v v="$value" -v s="$se" -v t="$4" 'BEGIN { d = v - t; exit !(s > 0 && d * d <= 9 * s * s) }' ||
        { why="$2 is $value +- $se, not $4"; return 1; }
}
adds_up() { # RUN ROW
    awk -v e="$(figure "$1" error "$2")" -v b="$(figure "$1" bias "$2")" -v v="$(figure "$1" variance "$2")" \
        -v n="$(figure "$1" noise "$2")" 'BEGIN { d = e - b - v - n; exit !(e > 0 && d * d < 1e-14) }'
}

measure() { ranks "$1" bias-variance linear.yaml --run "$2" "${@:3}"; }
ok "least squares on 25 parts of the training rows are measured" expect_status 0 measure 2 linear
ok "without a term that it lacks, bias^2 is 0 within three standard errors" close_to linear bias 1 0
ok "and the variance what the formula says" close_to linear variance 1 0.11273
ok "with one, bias^2 is its square" close_to linear bias 2 0.49
ok "the parts add up to the error" adds_up linear 1
ok "each time" adds_up linear 2
ok "no line is wider than 80 columns" awk '{ gsub("±", "+") } length > 80 { exit 1 }' said
ok "other figures of the same models take no training" expect_status 0 measure 1 linear --resume \
    --set bias_variance.noise=repeated
ok "measured on the rows that repeat, of all" test "$(figure linear rows 1)" = 1000
ok "the noise of repeated rows is 1" close_to linear noise 1 1
ok "and bias^2 without it is the same" close_to linear bias 2 0.49
ok "they add up, too" adds_up linear 2
report() { start 0 "$program" report linear -o page.html && grep -q "Bias and variance" page.html; }
ok "the report has a section of it" expect_status 0 report

# The same bytes.
tiny_data
tiny_recipe
cat >>tiny.yaml <<'END'
bias_variance: {axis: {model.1.dense: [2, 24]}, models: 4, rows: 100, noise: 0.1}
END
classes() { ranks "$1" bias-variance tiny.yaml --run "$2" "${@:3}"; }
expect_status 0 classes 1 one
ok "0-1 loss: the parts add up" adds_up one 1
for p in 2 3; do
    expect_status 0 classes $p on-$p
    ok "on $p ranks the figures have the same bytes" same one/bias_variance.csv on-$p/bias_variance.csv
done
expect_status 0 classes 2 pair --set bias_variance.ranks_per_trial=2
ok "with two ranks a trial, too" same one/bias_variance.csv pair/bias_variance.csv
killed() { LOCKSTEP_FAULT=kill@compute:7:0 classes 2 cut; }
ok "a rank killed in a trial ends it" expect_status 137 killed
ok "with --resume it goes on" expect_status 0 classes 3 cut --resume
ok "to the same figures" same one/bias_variance.csv cut/bias_variance.csv
expect_status 0 ranks 2 train tiny.yaml --run alone --set model.1.dense=24 \
    --set 'data.resample={kind: bootstrap, rows: 100, number: 1}'
ok "a model is the run that its training set makes" same alone/metrics.csv one/trials/0005/metrics.csv
differs() { ! cmp -s one/trials/0004/metrics.csv one/trials/0005/metrics.csv; }
ok "and another than that of the next training set" differs
expect_status 0 classes 1 held-out --set bias_variance.part=validation
ok "part: validation is measured instead of test" test "$(figure one rows 1) $(figure held-out rows 1)" = "100 60"
expect_status 0 classes 2 each --set bias_variance.seed=each
expect_status 0 ranks 2 train tiny.yaml --run alone-2 --set model.1.dense=24 --set seed=2 \
    --set 'data.resample={kind: bootstrap, rows: 100, number: 1}'
ok "with seed: each it has a seed of its own, too" same alone-2/metrics.csv each/trials/0005/metrics.csv
ok "a value whose models diverge has no figures" expect_status 0 classes 2 wild \
    --set 'bias_variance.axis={optimizer.lr: [9000, 0.1]}'
ok "which is told" says_once "0 models are done: too few"
ok "and the others have theirs" test "$(figure wild models 1) $(figure wild models 2)" = "0 4"

# Wrong.
wrong() { # SENTENCE TEXT OPTION...
    ok "$1" expect_status 2 classes "${p:-0}" wrong "${@:3}"
    ok "said once" says_once "$2"
    ok "before a trial runs" test ! -e wrong
}
p=3 wrong "no axis is refused" '"axis" is missing' --set 'bias_variance={models: 5}'
wrong "also two" "expected one axis" --set 'bias_variance.axis={seed: [1], model.1.dense: [2]}'
wrong "an axis without values" "the axis seed has no values" --set 'bias_variance.axis={seed: []}'
wrong "an axis of what the models differ in" "sets data.resample.number in every trial" \
    --set 'bias_variance.axis={data.resample.number: [0, 1]}'
p=2 wrong "a net with more outputs than classes" "and the net 5 outputs" --set 'model.4={dense: 5}' \
    --set 'bias_variance.axis={optimizer.lr: [0.1, 0.2]}'
wrong "a single model" "from 3" --set bias_variance.models=1
p=3 wrong "parts that want more rows than there are" "4 parts of 100 rows are more than the 240" \
    --set bias_variance.resample=split
wrong "more wrong labels than say anything" "less than 0.6667" --set bias_variance.noise=0.7
wrong "noise that is a word" "expected none, repeated, or a number" --set bias_variance.noise=loud
wrong "a window that does not cover the rows" "data.window does not cover" --set 'data.window=100 samples'
wrong "a training set that the run names itself" "leave it out" --set 'data.resample={kind: bootstrap}'
wrong "nothing to measure on" "there is no validation part" --set bias_variance.part=validation \
    --set data.validation=0
wrong "a file without the section" "there is no section" --set bias_variance=null
ok "figures below 0 make one doubt the noise" expect_status 0 classes 0 one --resume --set bias_variance.noise=0.6
ok "saying so" says_once "the bias is below 0 by more than"
p=2 wrong "noise from rows that do not repeat" "no two of the 100 rows of test have the same inputs" \
    --set bias_variance.noise=repeated
