# Bad input: one message naming file and key, row or tensor, status 2, nothing left behind; on one
# rank and on three.
data=$tests/../data
tiny_data
tiny_recipe
train() { ranks "$p" train tiny.yaml --run run "$@"; }
clean() { [[ ! -e run/metrics.csv && -z $(find . -name '*.tmp') ]]; }
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
    refused "a missing data file" "nowhere.h5" --set data.file=nowhere.h5
    refused "a data file that is no HDF5" "foreign.h5" --set data.file=foreign.h5
    refused "a truncated data file" "short.h5" --set data.file=short.h5
    refused "HDF5 without the expected data sets" "/train/x" \
        --set data.file="$data/bad_missing_x.h5" --set data.validation=0
    refused "x and y of different lengths" "119" \
        --set data.file="$data/bad_lengths.h5" --set data.validation=0
    refused "a NaN in x" "row 77" --set data.file="$data/bad_nan.h5" --set data.validation=0
    refused "a label out of range" "row 99" \
        --set data.file="$data/bad_label.h5" --set data.validation=0
    refused "a net with fewer outputs than classes" "3" --set 'model.4={dense: 2}'
    refused "images that do not fit the layer" "flatten" --set 'model.0={dense: 5}'
    refused "an image size that does not fit the checkpoint" "(24, 36)" \
        --set data.file="$data/bad_size.h5" --set data.validation=0 --from $checkpoint
    refused "a checkpoint that is not there" "nothing.h5" --from nothing.h5
    refused "a foreign checkpoint" "tiny.h5" --from tiny.h5
    refused "a damaged checkpoint" "damaged.h5" --from damaged.h5
    refused "a validation part larger than the data" "leave nothing of" --set data.validation=4000
    refused "a warmup longer than the run" "is longer than the run" --set 'schedule.warmup=100 epochs'
    ok "a missing configuration is status 2 on $p" expect_status 2 ranks $p train gone.yaml
    ok "and named, once" says_once "gone.yaml"
    ok "eval of a damaged checkpoint is status 2 on $p" expect_status 2 ranks $p eval damaged.h5
    ok "and named, once" says_once "damaged.h5"
done

# The place in the file: line, column and caret.
sed 's/  - relu/  - rleu/' tiny.yaml >misspelt.yaml
ok "a misspelt layer is named with line and column" expect_status 2 ranks 2 train misspelt.yaml
ok "as file:line:column" says "misspelt.yaml:7:5:"
