# A bit that flips in memory is found, named and said once; the job ends with status 1 before any
# checkpoint has it, and goes on from the one before as if nothing had been.
tiny_data
tiny_recipe
sed -i 's/  - relu/  - batch_norm\n  - relu/' tiny.yaml
sed -i 's/^train: {/&check_every: 1 step, /' tiny.yaml
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
flip() { LOCKSTEP_FAULT=flip@$1 train "${@:2}"; } # WHAT:STEP:RANK RANKS RUN ...
only() { [[ $(ls "$1/checkpoints") == "$2" ]] || { why="$1 has $(ls "$1/checkpoints")"; return 1; }; }
before=$'best.h5\nstep-00000004.h5'

ok "one rank trains, undisturbed" expect_status 0 train 0 one
ok "says what the looking cost" says_once "of the steps' time went into hashing the state"
ok "also in summary.json" test -n "$(summary one check_share)"

for exchange in shared messages; do
    for rank in 0 1 2; do
        run=$exchange-$rank
        ok "a parameter's bit flipped on rank $rank is status 1 (exchange: $exchange)" \
            expect_status 1 flip update:5:$rank 3 $run --set exchange=$exchange
        ok "and is said once, with step, rank and host" says_once "step 5: rank $rank on $(hostname): "
        ok "with the tensor and its elements" grep -Eq ': 0[0-9]_[a-z_]*/[a-z]* \(elements 0 to' said
        ok "and no checkpoint has been written since" only $run "$before"
    done
    ok "so it is with an optimizer's slot (exchange: $exchange)" \
        expect_status 1 flip slot:5:1 3 $exchange-slot --set exchange=$exchange
    ok "which is named" says_once "rank 1 on $(hostname): momentum_buffer of 0"
    ok "and with a running statistic (exchange: $exchange)" \
        expect_status 1 flip statistic:5:2 3 $exchange-statistic --set exchange=$exchange
    ok "which is named, too" says_once "rank 2 on $(hostname): 02_batch_norm/running_"
    ok "after the save that was due no file has it (exchange: $exchange)" \
        expect_status 1 flip update:8:1 3 $exchange-due --set exchange=$exchange
    ok "under no name" only $exchange-due "$before"
    ok "resumed, the run is the one that was never disturbed" \
        expect_status 0 train 2 $exchange-due --resume --set exchange=$exchange
    ok "byte for byte" same one/metrics.csv $exchange-due/metrics.csv
done
ok "one rank alone finds it, too" expect_status 1 flip update:5:0 0 alone
ok "and names the tensor" says_once "step 5: rank 0 on $(hostname): 02_batch_norm/bias (elements 0 to"
ok "nor does a run that is told to stop there save it" expect_status 1 flip update:5:1 2 until --until 5
ok "under any name" only until "$before"
ok "nor one whose time is over" \
    expect_status 1 flip update:1:1 2 limit --set train.time_limit=0.001
ok "not even as its first" only limit ""
ok "nor one that is complete" expect_status 1 flip update:12:0 3 end
ok "which leaves no summary" test ! -e end/summary.json
ok "another train.check_every is no other run" \
    expect_status 0 train 3 end --resume --set 'train.check_every=0 steps'
ok "and has the same bytes" same one/metrics.csv end/metrics.csv

# The test has teeth: who does not look does not see.
ok "without looking nobody notices" \
    expect_status 0 flip update:5:1 3 blind --set 'train.check_every=0 steps'
ok "though it is another run from there on" test "$(cmp one/metrics.csv blind/metrics.csv 2>&1)"
rarely='train.check_every=50 steps'
ok "who looks too rarely does not notice in one group" expect_status 0 flip update:5:1 3 rare --set "$rarely"
ok "but between groups, before the next checkpoint" \
    expect_status 1 flip update:5:1 2 rare2 --set exchange=messages --set "$rarely"
ok "and says that it may be either" says_once "and nobody can say which is right"
ok "but has no checkpoint of it" only rare2 "$before"
groups() { LOCKSTEP_GROUP=2 "$@"; } # 2, 2 and 1 of 5 ranks
ok "of three groups" groups expect_status 1 flip update:5:2 5 three --set "$rarely"
ok "the one that differs is named" says_once "of ranks 2 to 3 on $(hostname) is not that of ranks 0 to 1"
ok "with those who agree" says_once "with whom 2 of 3 groups agree"
ok "in a round of a step, too" \
    groups expect_status 1 flip update:5:4 5 round --set 'train.check_every=6 steps'
ok "which is the one after it was hashed" says_once "step 6: "

ok "more ranks than micro-batches notice nothing where nothing is" groups expect_status 0 train 9 many
ok "and have the same bytes" same one/metrics.csv many/metrics.csv
