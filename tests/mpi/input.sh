# Bad input: one message naming file and key, row or tensor, status 2, nothing left behind; on one
# rank and on three.
data=$tests/../data
tiny_data
tiny_recipe
train() { ranks "$p" train tiny.yaml --run run "$@"; }
clean() { [[ ! -e run && -z $(find . -name '*.tmp') ]]; }
# refused SENTENCE TEXT ARGUMENTS...: status 2, and TEXT is said once.
refused() {
    local sentence=$1 text=$2
    shift 2
    ok "$sentence is status 2 on $p" expect_status 2 train "$@"
    ok "and named, once" says_once "$text"
    ok "and leaves nothing half-done" clean
}
head -c 20000 tiny.h5 >short.h5
cp tiny.yaml foreign.h5
expect_status 75 ranks 1 train tiny.yaml --run trained --until 3
checkpoint=trained/checkpoints/step-00000003.h5
head -c 9000 $checkpoint >damaged.h5

for p in 1 3; do
    refused "a misspelt key" 'did you mean "schedule"' --set schedul.warmup=1
    refused "a wrong type" 'expected an integer' --set batch.micro=many
    refused "an unknown layer" 'did you mean "dropout"' --set 'model.3={dropuot: 0.1}'
    refused "an unknown optimizer" 'did you mean "adam"' --set optimizer.type=adan
    refused "a missing data file" "there is no file nowhere.h5 in $PWD, the working directory" --set data.file=nowhere.h5
    refused "a data file that is no HDF5" "foreign.h5" --set data.file=foreign.h5
    refused "a truncated data file" "short.h5" --set data.file=short.h5
    refused "HDF5 without the expected data sets" "/train/x" \
        --set data.file="$data/bad_missing_x.h5" --set data.validation=0
    refused "x and y of different lengths" "119" \
        --set data.file="$data/bad_lengths.h5" --set data.validation=0
    refused "a NaN in x" "row 77" --set data.file="$data/bad_nan.h5" --set data.validation=0
    refused "a label out of range" "row 99" \
        --set data.file="$data/bad_label.h5" --set data.validation=0
    refused "a net with fewer outputs than classes" \
        "layer 4 (04_dense): the net ends here with 2 outputs; cross_entropy wants" \
        --set 'model.4={dense: 2}'
    refused "images that do not fit the layer" "flatten" --set 'model.0={dense: 5}'
    refused "an image size that does not fit the checkpoint" "(24, 36)" \
        --set data.file="$data/bad_size.h5" --set data.validation=0 --from $checkpoint
    refused "a checkpoint that is not there" "nothing.h5" --from nothing.h5
    refused "a foreign checkpoint" "tiny.h5" --from tiny.h5
    refused "a damaged checkpoint" "damaged.h5" --from damaged.h5
    refused "a validation part larger than the data" "leave nothing of" --set data.validation=4000
    refused "a warmup longer than the run" "is longer than the run" --set 'schedule.warmup=100 epochs'
    ok "a configuration without end is status 2 on $p" expect_status 2 ranks $p train /dev/zero
    ok "and the limit is told, once" says_once "/dev/zero: more than 4 MB"
    ok "a missing configuration is status 2 on $p" expect_status 2 ranks $p train gone.yaml
    ok "and named, once" says_once "gone.yaml"
    ok "eval of a damaged checkpoint is status 2 on $p" expect_status 2 ranks $p eval damaged.h5
    ok "and named, once" says_once "damaged.h5"
done

# The place in the file: line, column and caret.
sed 's/  - relu/  - rleu/' tiny.yaml >misspelt.yaml
ok "a misspelt layer is named with line and column" expect_status 2 ranks 2 train misspelt.yaml
ok "as file:line:column" says "misspelt.yaml:7:5:"

# placed SENTENCE PLACE TEXT: bad.yaml is refused with its place, the line and a caret.
placed() {
    ok "$1 is refused" expect_status 2 ranks 2 train bad.yaml --run bad
    ok "at its line and column" says_once "bad.yaml:$2: "
    ok "in words" says_once "$3"
    ok "and leaves no run directory behind" test ! -e bad
    ok "with a caret" grep -qE '^ +\| *\^$' said
}
recipe() { # LAYERS...: without `loss`
    printf '%s\n' "name: bad" "data: {file: ${file:-tiny.h5}}" "model:" "${@/#/  - }" >bad.yaml
}
recipe flatten 'dense: 4' 'dense: 2'
placed "a net with too few outputs for the default loss" 6:5 \
    "layer 2 (02_dense): the net ends here with 2 outputs; cross_entropy wants one for each of 3"
recipe 'conv2d: {filters: 1, kernel: [5, 6]}'
placed "a net that ends in a picture of two" 4:5 "the net ends here with 2 outputs (2x1x1)"
echo 'loss: mse' >>bad.yaml
placed "classes for a loss of real values" 5:7 \
    "mse wants real values, but y of the data is classes, the labels being 0 to 2"
file=$data/regression.h5 recipe flatten 'dense: 1'
placed "real values for the default loss" 2:14 \
    "cross_entropy, the default \`loss\`, wants integer classes"
recipe flatten relu 'conv2d: {filters: 2, kernel: 3}' 'dense: 3'
placed "a convolution of features" 6:5 \
    "layer 2 (02_conv2d): a window of 3x3 does not fit into its input: 1x1x36"
recipe flatten 'dense: 8' 'residual: [{dense: 9}]' 'dense: 3'
placed "a residual whose paths differ" 6:5 \
    "layer 2 (02_residual): \`main\` ends in 9, \`skip\` in 8"
recipe flatten 'dense: {units: 3, biass: true}'
placed "an unknown option" 5:23 "in layer 1 (01_dense)"
recipe flatten 'residual: [{dense: 36}, {droput: 0.1}]' 'dense: 3'
placed "an unknown layer inside another" 5:29 "in layer 1 (01_residual/main/01_droput)"

# A refused job removes what it has made, and nothing else.
refuse() { expect_status 2 ranks 2 train tiny.yaml --set 'model.4={dense: 2}' "$@"; }
ok "of a folder with parents" refuse --run deep/er/run
ok "nothing stays" test ! -e deep
mkdir -p mine/own
echo mine >mine/log.txt
ok "in a folder that was there before" refuse --run mine
ok "what was in it stays" test "$(cd mine && echo *)" = "log.txt own"
ok "as it was" test "$(cat mine/log.txt)" = mine
cp -r trained before
ok "a run that cannot go on" expect_status 2 ranks 2 train tiny.yaml --run trained --resume --set seed=2
rm -f {before,trained}/{log.txt,lock} # which tell the attempt
ok "is left as it was" expect_status 0 diff -r before trained
ok "import into a folder that is not there is status 2" \
    expect_status 2 ranks 2 import idx idx -o no/data.h5
ok "and says which, once" says_once "there is no folder no to write it to"

# What can be trained, but hardly is meant.
ok "a hidden layer that starts at zeros trains" expect_status 0 ranks 2 train tiny.yaml --run alike \
    --set "model.1={dense: {units: 8, init: zeros}}"
ok "and is warned of once" says_once "(symmetry)"

# Paths are relative to the working directory; the other place that people think of is looked at.
mkdir recipes
cp tiny.yaml recipes
mv tiny.h5 recipes
ok "a data file beside the configuration is not found" expect_status 2 ranks 2 train recipes/tiny.yaml
ok "but seen" says_once "did you mean recipes/tiny.h5?"
ok "with the line" says "recipes/tiny.yaml:3:14: "
ok "a checkpoint whose data file is gone is not measured" expect_status 2 ranks 2 eval $checkpoint
ok "and --data is named" says_once "--data names another file"
truncate -s 10G huge.yaml
ok "a configuration of 10 GB is status 2" expect_status 2 ranks 2 train huge.yaml
ok "and the limit is told" says_once "huge.yaml: more than 4 MB"
