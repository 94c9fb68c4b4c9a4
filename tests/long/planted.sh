# The debugging list of `lockstep check`: each fault that a net does not learn from, planted, is
# named by its line; and nothing is said of a run that is well.
source "$tests/../verdicts.sh" # line
tiny_data
tiny_recipe
check() { ranks 0 check "$@"; }
lines_of_list="values|labels|balance|one-hot|constant|outliers|duplicates|leak|parts alike|inputs|\
targets|output layer|loss at start|weights|activations|gradients|dead units|saturation|\
gradient check|one batch|learning|updates|batch norm|rate|model"
silent() { # about all of the list
    ! grep -Eq "^($lines_of_list) +(look|wrong) " said || {
        why=$(grep -E "^($lines_of_list) +(look|wrong) " said)
        return 1
    }
}

# planted SENTENCE CHECK VERDICT TEXT ARGUMENTS...: `lockstep check ARGUMENTS` has that line, and
# the status that goes with it.
planted() {
    local sentence=$1 name=$2 verdict=$3 text=$4
    shift 4
    local status=0
    check "$@" >said 2>&1 || status=$?
    ok "$sentence: $name is $verdict" named "$name" "$verdict" "$text" $status
}
named() { # CHECK VERDICT TEXT STATUS
    line "$1" "$2" "$3" || return 1
    [[ $2 != wrong || $4 == 1 ]] || { why="status $4"; return 1; }
}

# ---- nothing planted ----
ok "a run that is well is status 0" expect_status 0 check tiny.yaml
ok "and nothing is said of it" silent
for name in values labels balance constant outliers duplicates leak "parts alike" inputs \
    "output layer" "loss at start" weights activations gradients "dead units" "gradient check" \
    "one batch" learning updates rate; do
    ok "$name is ok" line "$name" ok
done
list() { grep -E -A3 "^($lines_of_list) " said | grep -Ev "^(--|cores)"; }
list >one.txt
ok "three ranks are well, too" expect_status 0 ranks 3 check tiny.yaml
list >three.txt
ok "with the same figures" same <(head -n 40 one.txt) <(head -n 40 three.txt)

# ---- the net and its settings ----
set_() { planted "$1" "$2" "$3" "$4" tiny.yaml "${@:5}"; }
set_ "inputs not normalised" inputs wrong "data.normalize" --set data.normalize=none
set_ "all weights zero" weights wrong symmetry --set 'model.1={dense: {units: 24, init: zeros}}'
set_ "weights too large" weights wrong "factor of" \
    --set 'model.1={dense: {units: 24, init: {normal: 20}}}'
set_ "a layer without life" "dead units" wrong "24 of 24" \
    --set 'model.2={residual: {main: [{batch_norm: {gamma: 0}}, relu], skip: [dropout: 0]}}'
set_ "softmax twice" "output layer" wrong "twice" --set 'model=[flatten, dense: 3, softmax]'
set_ "a relu at the end" "output layer" wrong "leave that layer out" \
    --set 'model=[flatten, dense: 3, relu]'
set_ "a first loss far off" "loss at start" wrong "knows nothing has 1.099" \
    --set 'model.4={dense: {units: 3, init: {normal: 9}}}'
deep=$(printf 'dense: 16, sigmoid, %.0s' {1..30})
set_ "30 layers of sigmoid" gradients wrong vanishing --set "model=[flatten, $deep dense: 3]"
ok "  and their answers are alike" line activations look
deep=$(printf '{dense: {units: 24, init: {normal: 1.5}}}, relu, %.0s' {1..12})
set_ "layers that enlarge" gradients wrong exploding --set "model=[flatten, $deep dense: 3]"
ok "  and activations explode" line activations wrong
set_ "a tanh at its ends" saturation wrong "flat ends" \
    --set 'model=[flatten, {dense: {units: 24, init: {normal: 3}}}, tanh, dense: 3]'
set_ "a rate 1000 times too high" rate wrong "the run's is 100" --set optimizer.lr=100
ok "  and it does not learn" line learning wrong diverges
set_ "a rate 100000 times too low" rate look "a larger optimizer.lr" --set optimizer.lr=1e-6
ok "  and nothing moves" line updates look
set_ "a rate that throws weights about" updates look "of their norm" \
    --set optimizer.lr=3
set_ "a rate that kills" "dead units" look "after it" --set 'optimizer={type: adam, lr: 1}' \
    --set 'model=[flatten, dense: 256, relu, dense: 256, relu, dense: 256, relu, dense: 3]'
set_ "running statistics that do not follow" "batch norm" wrong "momentum" \
    --set 'model.2={batch_norm: {momentum: 0.001}}'
LOCKSTEP_FAULT=nan@leaf:0:0 set_ "a gradient that is not one" "gradient check" wrong "nan"

# ---- the data ----
# table FILE ROWS SEED [AWK]: f1 to f4, and a class by f1 and f2; AWK may change all of it.
table() {
    awk -v n="$2" -v seed="$3" 'BEGIN {
        srand(seed); print head ? head : "f1,f2,f3,f4,y"
        for (i = 1; i <= n; i++) {
            for (k = 1; k <= 4; k++) f[k] = rand() * 2 - 1
            y = (f[1] + f[2] > 0.4) + (f[1] + f[2] > -0.4)
            '"${4-}"'
            print f[1] "," f[2] "," f[3] "," f[4] "," y
        } }' >"$1"
}
cat >table.yaml <<'END'
name: table
seed: 1
data: {file: table.h5, normalize: feature}
model: [dense: 32, relu, dense: 3]
loss: cross_entropy
batch: {global: 64, micro: 32}
optimizer: {type: sgd, lr: 0.1, momentum: 0.9}
train: {length: 10 epochs}
END
convert() { "$program" import csv train.csv --target y --test test.csv -o table.h5 "$@" >import.log 2>&1 || cat import.log; }
rows() { # [AWK for train [AWK for test]]
    table train.csv 600 1 "${1-}"
    table test.csv 200 2 "${2-${1-}}"
}
data() { planted "$1" "$2" "$3" "$4" table.yaml "${@:5}"; }

rows && convert
ok "a table that is well" expect_status 0 check table.yaml
ok "is told nothing" silent
rows '' && head -n 101 train.csv >test.csv && convert
data "test rows of the training part" leak wrong "100 rows of /test are in /train"
rows 'f[3] = 7' && convert
data "a constant feature" constant look "the first is feature 2"
rows 'if (i == 20) f[4] = -9999' '' && convert
data "a code for missing" outliers look "channel 3"
rows 'for (k = 1; k <= 4; k++) f[k] = old[i % 400, k] = i > 400 ? old[i % 400, k] : f[k]
      y = old[i % 400, 5] = i > 400 ? old[i % 400, 5] : y' && convert
data "rows that repeat" duplicates look "200 rows"
rows 'if (rand() < 0.97) { f[1] = 1 + rand(); y = 2 }' && convert
data "one class in twenty rows" balance look "class_weights"
rows '' 'f[1] = f[1] * 10 + 5' && convert
data "a test part prepared otherwise" "parts alike" wrong "channel 0"
rows 'y = int(rand() * 3)' && convert
data "labels of other rows" learning look "whether labels belong to their rows"
rows 'f[2] = f[3] = f[4] = f[1] = int(rand() * 3); y = int(rand() * 3)' && convert
data "samples that contradict each other" "one batch" wrong "16 samples"
rows 'y = 1e6 + f[1]' && convert --task regress
regress=(--set loss=mse --set 'model.2={dense: 1}' --set optimizer.lr=0.001)
data "targets far from zero" targets look "deviation 1" "${regress[@]}"
data "a sigmoid for them" "output layer" wrong "targets are" "${regress[@]}" \
    --set 'model=[dense: 8, relu, dense: 1, sigmoid]'

# Three columns of 0 and 1.
hot() { # AWK
    awk -F, -v OFS=, 'NR == 1 {print "f1,f2,f3,f4,a,b,c"; next}
        {a = $5 == 0; b = $5 == 1; c = $5 == 2; '"$1"'; print $1, $2, $3, $4, a, b, c}'
}
rows
for part in train test; do hot 'if (NR == 30) a = b = 1' <$part.csv >hot.csv && mv hot.csv $part.csv; done
"$program" import csv train.csv --target a,b,c --task regress --test test.csv -o table.h5 \
    >import.log 2>&1 || cat import.log
data "one-hot with two ones" one-hot wrong "a row with two" --set loss=sigmoid_cross_entropy

# Labels from 1 on, and a hole in them.
shift_labels() { # FILE OFFSET
    tail -c +9 "$1" | od -An -v -tu1 -w1 | awk -v o="$2" '{printf "\\%o", $1 + o}'
}
for file in idx/train-labels-idx1-ubyte idx/t10k-labels-idx1-ubyte; do
    body=$(shift_labels $file 1)
    { head -c 8 $file; printf "$body"; } >new && mv new $file
done
"$program" import idx idx -o shifted.h5 >import.log 2>&1 || cat import.log
set_ "labels shifted by one" labels wrong "shifted by 1" --set data.file=shifted.h5
ok "  with what becomes of the net" line model wrong "one for each of 4 classes"
set_ "with an output for it, too" labels wrong "shifted by 1" --set data.file=shifted.h5 \
    --set model.4.dense=4
"$programs/make_data" nan.h5 300 6 0 float32 17
set_ "a row that is not a number" values wrong "row 17" --set data.file=nan.h5
