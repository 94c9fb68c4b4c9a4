# A disk that fills up: while saving, while a large file is made in a mapping. Status 1, one message
# with need, have and cure, what was there intact, no .tmp. The disk is a small file system of its
# own; where mounting is not allowed, tests/mpi/disk_faults.sh and base/file's unit tests have to do.
tiny_data
tiny_recipe
mkdir small
if ! mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    echo "ok - a full disk is left to other tests: no file system can be mounted here"
    return 0
fi
trap 'umount small; finish' EXIT
warn=(--set checkpoint.on_failure=warn)
train() { ranks "$1" train tiny.yaml --run "$2" --set 'model.1={dense: 300}' "${@:3}"; }
no_rest() { [[ -z $(find small -name '*.tmp') ]]; }
fill() { head -c 1m /dev/zero >small/filler 2>/dev/null; }
leave() { fill; truncate -s -"$1" small/filler; } # BYTES: so many are free

for p in 1 3; do
    run=small/run-$p
    expect_status 75 train $p $run --until 4
    cp $run/checkpoints/step-00000004.h5 kept.h5
    leave 64k # metrics.csv still has room
    ok "too little space for a save is status 1 on $p" expect_status 1 train $p $run --resume
    ok "said once, with what is needed" says_once "checkpoints: disk full: a checkpoint needs 0.1"
    ok "what there is, and the cure" says " MB, 0.06554 MB are free; make room there, or put"
    ok "the checkpoint before it is intact" same kept.h5 $run/checkpoints/step-00000004.h5
    ok "no half-written file is left" no_rest
    fill
    ok "no room at all is status 1 on $p" expect_status 1 train $p $run --resume
    ok "said once" says_once "No space left on device"
    rm small/filler
    ok "with room again it goes on" expect_status 0 train $p $run --resume
    expect_status 0 train $p whole-$p
    ok "and is the undisturbed run" same whole-$p/metrics.csv $run/metrics.csv
    rm -r $run
done

expect_status 75 train 0 small/warned --until 4 "${warn[@]}"
cp small/warned/checkpoints/step-00000004.h5 kept.h5
leave 64k
ok "with on_failure: warn it is a warning, until the last save" \
    expect_status 1 train 0 small/warned --resume "${warn[@]}"
ok "at each date" says_once "warning: step 8 is not saved: small/warned/checkpoints: disk full"
ok "which fails" says_once "lockstep: small/warned/checkpoints: disk full: a checkpoint needs"
ok "the checkpoint before is intact" same kept.h5 small/warned/checkpoints/step-00000004.h5
rm -r small/*

# A page of a mapping that finds no room would be a SIGBUS.
tiny_idx 30000
ok "a full disk under a file that is built in a mapping is status 1" \
    expect_status 1 ranks 0 import idx idx -o small/large.h5
ok "said once, with the reason" says_once "small/large.h5: cannot be written (No space left on device)"
ok "and nothing of it stays" test -z "$(ls small)"
