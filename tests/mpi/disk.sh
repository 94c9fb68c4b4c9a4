# A disk that fills up while saving: status 1, one message, the older checkpoint intact, no .tmp.
# The disk is a small file system of its own; where mounting is not allowed, base/file's unit tests
# have to do.
tiny_data
tiny_recipe
mkdir small
if ! mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    echo "ok - a full disk is left to the unit tests: no file system can be mounted here"
    return 0
fi
trap 'umount small; finish' EXIT
train() { ranks "$1" train tiny.yaml --run "$2" --set 'model.1={dense: 300}' "${@:3}"; }
no_rest() { [[ -z $(find small -name '*.tmp') ]]; }

for p in 1 3; do
    run=small/run-$p
    expect_status 75 train $p $run --until 4
    cp $run/checkpoints/step-00000004.h5 kept.h5
    head -c 1m /dev/zero >small/filler 2>/dev/null
    ok "a full disk while saving is status 1 on $p" expect_status 1 train $p $run --resume
    ok "said once, with the reason" says_once "No space left on device"
    ok "the checkpoint before it is intact" same kept.h5 $run/checkpoints/step-00000004.h5
    ok "no half-written file is left" no_rest
    rm small/filler
    ok "with room again it goes on" expect_status 0 train $p $run --resume
    expect_status 0 train $p whole-$p
    ok "and is the undisturbed run" same whole-$p/metrics.csv $run/metrics.csv
    rm -r $run
done
