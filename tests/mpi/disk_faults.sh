# Disks that fail in one call of a save (tests/mpi/disk_shim.c), or whose checkpoints vanish: the run
# stops with status 1, or warns and goes on, as checkpoint.on_failure says; what was there stays;
# no row is lost; and what is left resumes to the bytes of an undisturbed run.
tiny_data
tiny_recipe
export ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0"
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
# faulty P FAULT RUN ARGUMENTS...
faulty() {
    start "$1" env LOCKSTEP_DISK="$2" LD_PRELOAD="$programs/disk_shim.so" \
        "$program" train tiny.yaml --run "${@:3}"
}
warn=(--set checkpoint.on_failure=warn)
at() { printf '%s/checkpoints/step-%08d.h5' "$1" "$2"; }
no_rest() { [[ -z $(find "$1" -name '*.tmp') ]]; }
absent() { [[ ! -e $1 ]] || { why="$1 is there"; return 1; }; }
# The same as an undisturbed run, which has the same configuration.
same_as() { # WHOLE RUN
    same "$1/metrics.csv" "$2/metrics.csv" && same "$(at "$1" 12)" "$(at "$2" 12)" &&
        same "$1/checkpoints/best.h5" "$2/checkpoints/best.h5"
}

expect_status 75 train 0 until-4 --until 4
expect_status 0 train 0 warned "${warn[@]}"
LOCKSTEP_DISK_LOG=$PWD/calls faulty 0 none@any:0 whole >said 2>&1
# Which call of OP is the first on the file of step 8.
nth() { awk -v op="$1" '$2 == op && index($4, "/step-00000008.h5") { print $3; exit }' calls; }

# The save of step 8 fails.
fails() { # KIND OP WORDS
    local fault=$1@$2:$(nth "$2")
    ok "$1 at $2 of a save is status 1" expect_status 1 faulty 2 "$fault" run
    ok "said once, with the reason" says_once "$3"
    ok "the checkpoint before is intact" same "$(at until-4 4)" "$(at run 4)"
    ok "and that one not there" absent "$(at run 8)"
    ok "nor a part of it" no_rest run
    ok "it goes on" expect_status 0 train 0 run --resume
    ok "to the bytes of an undisturbed run" same_as whole run
    ok "with on_failure: warn the run ends well" expect_status 0 faulty 0 "$fault" run-warn "${warn[@]}"
    ok "after one warning" says_once "warning: step 8 is not saved: "
    ok "with the reason" says "$3"
    ok "without that checkpoint" absent "$(at run-warn 8)"
    ok "and with the bytes of an undisturbed run" same_as warned run-warn
}
full() { fails enospc write "disk full (No space left on device)"; }
broken() { fails eio fsync "system error (Input/output error)"; }
read_only() { fails erofs open "the file system is read-only (Read-only file system)"; }

others() {
    ok "a rename that fails is status 1" expect_status 1 faulty 0 "eio@rename:$(nth rename)" renamed
    ok "what it wrote is taken away" no_rest renamed
    ok "an old checkpoint that cannot be removed is no failure" expect_status 0 faulty 0 eio@unlink:1+ kept
    ok "but one file more" same_as whole kept
    ok "a run that cannot save its last state is status 1, also with warn" \
        expect_status 1 faulty 2 enospc@write:3+ full "${warn[@]}"
    ok "the save before was a warning" says_once "warning: step 8 is not saved"
    ok "and this is the reason of its end" says_once "lockstep: full/checkpoints/step-00000012.h5: disk full"
    ok "no summary says that it is done" absent full/summary.json
    ok "the last checkpoint that fitted is there" test -e "$(at full 4)"
    ok "a stop that cannot save is status 1, also with warn" \
        expect_status 1 faulty 0 "eio@write:$(nth write)" stopped "${warn[@]}" --until 8
    ok "and promises nothing" silent_about "--resume goes on"
    # The step after meets a failure of its own.
    export LOCKSTEP_FAULT=error@compute:9:0
    ok "a run that ends for another reason" expect_status 1 faulty 2 "eio@write:$(nth write)" both
    ok "names it once" says_once "met the fault planted in compute"
    ok "and does not hide the save that failed" says_once "warning: step 8 is not saved: both/checkpoints"
    unset LOCKSTEP_FAULT
    # best.h5 is of step 4: no later save forgets it.
    ok "a best.h5 that could not be saved" expect_status 0 faulty 0 eio@write:1 best "${warn[@]}"
    ok "is saved with the next checkpoint" same_as warned best
}

# The folder goes away after the save of step 4, or in the middle of that of step 8.
vanished() {
    local last=$(($(nth close) - 1)) middle=vanish@write:$(nth write)
    ok "checkpoints may vanish between saves" expect_status 0 faulty 2 "vanish@close:$last" between
    ok "which is said" says_once "between/checkpoints was gone, with all checkpoints in it; it is made again"
    ok "later ones are those of an undisturbed run" same "$(at whole 12)" "$(at between 12)"
    ok "checkpoints that vanish while one is written are status 1" expect_status 1 faulty 0 "$middle" run
    ok "said once" says_once "no such file or folder"
    ok "a resume makes the folder and begins again" expect_status 0 train 0 run --resume
    ok "to the same bytes" same_as whole run
    ok "with on_failure: warn the run ends well" expect_status 0 faulty 0 "$middle" run-warn "${warn[@]}"
    ok "after one warning" says_once "warning: step 8 is not saved"
    ok "and later checkpoints are there" same "$(at warned 12)" "$(at run-warn 12)"
}

# No checkpoint is newer than its rows, and no row is lost or torn.
rows() {
    export LOCKSTEP_DISK_IN=metrics.csv
    for fault in enospc@write:2-3 eio@fsync:2; do
        run=run-${fault%%@*}
        ok "$fault of metrics.csv is status 1" expect_status 1 faulty 0 $fault $run
        ok "said once" says_once "$run/metrics.csv: cannot be written"
        ok "no checkpoint is newer than its rows" absent "$(at $run 8)"
        ok "it goes on" expect_status 0 train 2 $run --resume
        ok "to the bytes of an undisturbed run" same_as whole $run
        ok "with on_failure: warn the run ends well" expect_status 0 faulty 0 $fault $run-warn "${warn[@]}"
        ok "after one warning" says_once "warning: step 8 is not saved: $run-warn/metrics.csv"
        ok "with all its rows" same_as warned $run-warn
    done
    ok "where no row can be written, the end is status 1" expect_status 1 faulty 0 enospc@write:2+ none "${warn[@]}"
    ok "said so" says_once "lockstep: none/metrics.csv: cannot be written"
    ok "the rows are made again" expect_status 0 train 0 none --resume "${warn[@]}"
    ok "with the bytes of an undisturbed run" same_as warned none
}

# Each in a folder of its own, side by side: a job waits more than it computes.
beside=(full broken read_only others vanished rows)
for each in "${beside[@]}"; do
    mkdir "in-$each"
    (
        cd "in-$each"
        ln -s ../tiny.h5 ../tiny.yaml ../calls ../whole ../warned ../until-4 .
        export OMPI_MCA_orte_tmpdir_base=$PWD
        $each
    ) >"$each.out" 2>&1 &
done
wait
for each in "${beside[@]}"; do
    cat "$each.out"
    failures=$((failures + $(grep -c '^not ok' "$each.out" || true)))
done
