# The claim: the same bits on any number of ranks, through shared memory and by messages.
tiny_data
tiny_recipe
export LOCKSTEP_BUCKET=1024 # of a net so small; otherwise it would be one
train() { ranks "$1" train tiny.yaml --run "$2" --set "exchange=$3" "${@:4}"; }

ok "one rank trains" expect_status 0 train 1 one auto
for exchange in shared messages; do
    for p in 1 2 3 4 5 7 8; do
        run=$exchange-$p
        ok "$p ranks train, exchange: $exchange" expect_status 0 train "$p" "$run" "$exchange"
        ok "metrics.csv has the same bytes on $p ranks, exchange: $exchange" \
            same one/metrics.csv "$run/metrics.csv"
        ok "so has the last checkpoint" \
            expect_status 0 ranks 0 diff one/checkpoints/step-00000012.h5 \
            "$run/checkpoints/step-00000012.h5"
    done
done

# Eight micro-batches as three are ragged, and as one: batch.global below batch.micro.
for micro in 7 64; do
    ok "one rank trains with micro-batches of $micro" \
        expect_status 0 train 1 "one-$micro" auto --set batch.micro=$micro
    for p in 2 3 5; do
        expect_status 0 train "$p" "micro-$micro-$p" messages --set batch.micro=$micro
        ok "the same bits on $p ranks with micro-batches of $micro" \
            same "one-$micro/metrics.csv" "micro-$micro-$p/metrics.csv"
    done
done

# Several groups of several ranks, as on several hosts: aligned, ragged, with members left over.
for shape in "4 2" "5 2" "7 3" "8 2"; do
    read -r p members <<<"$shape"
    LOCKSTEP_GROUP=$members expect_status 0 train "$p" "groups-$p" auto
    ok "the same bits on $p ranks in groups of $members" same one/metrics.csv "groups-$p/metrics.csv"
    ok "in more than one group" says "$p ranks in $(((p + members - 1) / members)) groups"
done

# Teeth: what MPI_Allreduce adds up differs from rank count to rank count.
mpi() { train "$1" "mpi-$1" messages --set reduce=mpi; }
ok "reduce: mpi trains, too" expect_status 0 mpi 1
expect_status 0 mpi 3
expect_status 0 mpi 7
differs() { ! cmp -s mpi-1/metrics.csv mpi-3/metrics.csv || ! cmp -s mpi-1/metrics.csv mpi-7/metrics.csv; }
ok "but not with the same bits on other numbers of ranks" differs

ok "selftest ranks proves it" expect_status 0 ranks 3 selftest ranks tiny.yaml --steps 4
ok "and says so" says_once "proved: 4 steps give the same bits on 1 to 3 ranks"
ok "without a warning" silent_about warning
ok "and leaves nothing behind" test ! -e runs/tiny-selftest
few() { expect_status 0 ranks 4 selftest ranks tiny.yaml --steps 2 --set "batch.micro=$1"; }
ok "of steps of two micro-batches" few 30
ok "it says that they prove little" says_once "a step of 2 micro-batches proves little"
ok "of fewer micro-batches than ranks" few 20
ok "it says for how many ranks it proves nothing" says_once "proves nothing of more than 3 ranks"
