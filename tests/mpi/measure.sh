# Any data file that has the part asked for: eval needs no /train, predict no labels, and what
# training held out of its own file is not held out of another.
data=$tests/../data
tiny_data
tiny_recipe
expect_status 0 ranks 2 train tiny.yaml --run run
ckpt=run/checkpoints/step-00000012.h5
subset() { "$programs/subset" tiny.h5 "$@"; }
measure() { ranks "$1" eval $ckpt "${@:2}"; }
predict() { ranks "$1" predict $ckpt "${@:2}"; }

expect_status 0 measure 1
cp said own
subset test.h5 /test/x=/test/x /test/y=/test/y
for p in 1 3; do
    ok "a file with /test alone is measured on $p" expect_status 0 measure $p --data test.h5
    ok "as the whole file is" same own said
done
subset train.h5 /test/x=/train/x /test/y=/train/y
ok "a file with /train alone is measured" expect_status 0 measure 2 --data train.h5 --split train
ok "all of it, although training held out 60" says "samples 100 "
subset held.h5 /test/x=/validation/x /test/y=/validation/y
ok "so is one with /validation alone" \
    expect_status 0 measure 2 --data held.h5 --split validation
ok "a part that is not there is status 2" expect_status 2 measure 3 --data test.h5 --split validation
ok "and named, once" says_once "test.h5: there is no /validation/x"

expect_status 0 predict 1 -o own.csv
subset bare.h5 /test/x=/test/x
for p in 1 3; do
    ok "samples without labels are predicted on $p" \
        expect_status 0 predict $p --data bare.h5 -o bare.csv
    ok "as those with labels are" same own.csv bare.csv
done
ok "but not measured" expect_status 2 measure 2 --data bare.h5
ok "and /test/y is what is missed" says_once "/test/y"
ok "inspect shows such a file, too" expect_status 0 ranks 1 inspect bare.h5
ok "and that it has no targets" says_once "targets are missing"
ok "an odd number of samples will do" expect_status 0 \
    ranks 2 predict $ckpt --data train.h5 --split train -o train.csv
ok "in the order of the file" awk -F, 'NR > 1 && $1 != NR - 2 {exit 1}' train.csv

ok "samples of another shape are status 2" \
    expect_status 2 measure 3 --data "$data/bad_size.h5" --split train
ok "with both shapes" says_once "1 x 6 x 6"
ok "and their names" says "channels x height x width"

# 2 epochs are 8 steps of the run's own data, 4 of these.
expect_status 0 ranks 2 train tiny.yaml --run long --set "schedule.warmup=7 steps" \
    --set "train.length=2 epochs"
ok "the run's warmup does not stand in the way of a smaller file" expect_status 0 \
    ranks 2 eval long/checkpoints/step-00000008.h5 --data test.h5
