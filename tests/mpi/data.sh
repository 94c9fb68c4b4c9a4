# What a configuration says about data: numbers to normalise by, and folds.
data=$tests/../data
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
last() { echo "$1/checkpoints/step-00000012.h5"; }

# The file's pixels are bytes, about 0 to 220.
given='data.normalize={mean: [93.5], std: [60]}'
for p in 1 3; do
    ok "$p ranks train with numbers to normalise by" expect_status 0 train $p given-$p --set "$given"
    ok "eval, on $p" expect_status 0 ranks $p eval "$(last given-1)"
    cp said eval-$p
    ok "and predict take them from the checkpoint" \
        expect_status 0 ranks $p predict "$(last given-1)" -o predicted-$p.csv
done
ok "with the same bits" same given-1/metrics.csv given-3/metrics.csv
ok "from evaluations" same eval-1 eval-3
ok "and predictions" same predicted-1.csv predicted-3.csv
ok "which say what the run said" grep -qF "loss $(printf %.6f "$(summary given-1 test_loss)") " eval-1
ok "a run is resumed with the numbers" expect_status 75 train 2 resumed --set "$given" --until 5
ok "on other ranks" expect_status 0 train 3 resumed --resume --set "$given"
ok "with the same bits" same given-1/metrics.csv resumed/metrics.csv
ok "but not with other numbers" \
    expect_status 2 train 2 resumed --resume --set 'data.normalize={mean: [93.5], std: [61]}'
ok "and the key is named" says "data.normalize.std"
ok "numbers of pictures from 0 to 1" expect_status 0 train 2 small --set 'data.normalize={mean: [0.3], std: [0.2]}'
ok "are warned of, once" says_once "which go from 0 to 255; these look like those of pictures from 0 to 1"
ok "too many numbers are status 2" expect_status 2 train 2 many --set 'data.normalize={mean: [1, 2], std: [1, 2]}'
ok "and named, once" says_once "2 means; a sample of tiny.h5 has 1 channel and 36 features"

folds() { train "$1" "fold-$1-$2" --set data.validation=0 --set "data.fold={of: 4, held_out: $2}" "${@:3}"; }
for k in 0 1 2 3; do
    for p in 1 3; do
        expect_status 0 folds $p $k
    done
    ok "fold $k of 4 has the same bits on 1 and 3 ranks" same fold-1-$k/metrics.csv fold-3-$k/metrics.csv
    expect_status 0 ranks 2 predict "$(last fold-1-$k)" --split validation -o fold-$k.csv
done
# `rows FILE`: those of a file of predictions.
rows() { tail -n +2 "$1" | cut -d, -f1; }
ok "together they are the training set" test "$(for k in 0 1 2 3; do rows fold-$k.csv; done | sort -u | wc -l)" = 300
ok "and each is a quarter of it" test "$(rows fold-2.csv | wc -l)" = 75
ok "a fold beside validation is status 2" expect_status 2 train 2 both --set "data.fold={of: 4, held_out: 1}"
ok "and said once, with the cure" says_once "set data.validation to 0"
ok "more folds than samples are status 2" expect_status 2 folds 2 0 --set data.fold.of=301
ok "and counted, once" says_once "/train has 300 samples for 301 folds"

# inspect looks through a data file, and says in 80 columns what it has found.
inspect() { ranks "$1" inspect "$2"; }
narrow() { ! grep -qE '.{81}' said || { why=$(grep -E '.{81}' said); return 1; }; }
ok "a data file is inspected on two ranks, once" expect_status 0 inspect 2 tiny.h5
ok "with types and layout" grep -qE '^/train/x +uint8 +300 x 6 x 6 ' said
ok "with its range" grep -qE '^/test/x +[0-9.]+ +[0-9.]+ +0 ' said
ok "with the balance of classes" says "      2                           100  33.3 %       33  33.0 %"
ok "in 80 columns" narrow
ok "and nothing is wrong with it" says_once "nothing: all is finite"
ok "a NaN is found" expect_status 0 inspect 0 "$data/bad_nan.h5"
ok "and named" says_once "/train/x: NaN, 1 in all, first in row 77: value 17"
ok "a label beyond the classes is found" expect_status 0 inspect 0 "$data/bad_label.h5"
ok "and named" says_once "/train/y: labels beyond the 3 classes, 1 in all, first in row 99: 7"
ok "rows of one part in another are found" expect_status 0 inspect 0 "$data/regression.h5"
ok "and counted" says_once "/validation/x: 2 rows are in /train, too"
ok "in 80 columns" narrow
ok "a file that claims more than it stores is status 2" expect_status 2 inspect 3 "$data/unwritten.h5"
ok "and said once" says_once "/train/x claims 1.76e+13 bytes, and 0 are stored"
ok "and is not trained on" expect_status 2 train 3 claims --set data.file="$data/unwritten.h5" --set data.validation=0
ok "and said once" says_once "it was never written, or is damaged"
