# `lockstep check` and the pre-flight of a run: each fault of a place, planted, is named.
tiny_data
tiny_recipe
check() { ranks "$1" check tiny.yaml "${@:2}"; }

source "$tests/../verdicts.sh" # line
fits() { awk 'length > 80 {exit 1}' said || { why="a line of more than 80 columns"; return 1; }; }
nothing_wrong() { ! grep -q "^[a-zA-Z ]* wrong " said || { why="something is wrong"; return 1; }; }
there() { find . -path "./ompi.*" -prune -o -print | sort; } # but for what mpirun has there
as_before() { there >after.txt; same before.txt after.txt; }
touch said before.txt after.txt cmp.txt
there >before.txt

for p in 0 2; do
    ok "a healthy place is status 0 (mpirun -n $p)" expect_status 0 check $p
    ok "with nothing wrong" nothing_wrong
    ok "in at most 80 columns" fits
    for name in program configuration environment "data file" "BLAS threads" shares clocks memory \
        locks "disk space" save; do
        ok "$name is ok" line "$name" ok
    done
done
ok "and nothing is left behind" as_before
ok "a lock is seen by the other rank" line locks ok "seen by rank 1"
expect_status 0 check 0 --set checkpoint.every=auto --set checkpoint.keep=5
ok "by the clock there may come to be all checkpoints that are kept" \
    line "disk space" ok "up to 7 checkpoints"
expect_status 0 check 0 --set train.on_divergence=back
ok "a run that goes back keeps one more" line "disk space" ok "up to 5 checkpoints"

if command -v python3 >/dev/null; then
    json() {
        check 2 --json "$@" 2>errors | python3 -c '
import json, sys
lines = json.load(sys.stdin)
assert all(list(l) == ["check", "verdict", "figure", "cure"] for l in lines), lines
assert all((l["verdict"] == "ok") == (l["cure"] is None) for l in lines), lines
print(*(l["check"] for l in lines if l["verdict"] == "wrong"))' >said
    }
    ok "--json is a list of check, verdict, figure and cure" json
    ok "of which nothing is wrong" test ! -s <(tr -d '\n' <said)
    json --set train.grace=0
    ok "or what is wrong" says_once save
fi

# A wrapper that starts rank 1 otherwise: with other words, another program, in another folder.
cat >other.sh <<'END'
#!/bin/bash
# other.sh KIND PROGRAM...
kind=$1; shift
if [[ $OMPI_COMM_WORLD_RANK == 1 ]]; then
    case $kind in
    words) set -- "$@" --set optimizer.lr=0.2 ;;
    option) set -- "$@" --nonsense ;;
    program) set -- ./copy "${@:2}" ;;
    data) cd elsewhere || exit ;;
    bucket) export LOCKSTEP_BUCKET=4096 ;;
    threads) export OPENBLAS_CORETYPE=none ;;
    esac
fi
exec "$@"
END
chmod +x other.sh
cp "$program" copy
printf '\0' >>copy
mkdir elsewhere
cp tiny.h5 elsewhere/tiny.h5
printf '\1' | dd of=elsewhere/tiny.h5 bs=1 seek=6000 conv=notrunc 2>/dev/null
other() { start 3 ./other.sh "$1" "$program" "${@:2}"; }
there >before.txt

ok "other words for a rank are wrong" expect_status 1 other words check tiny.yaml
ok "and named, with the rank" line configuration wrong 'rank 1 on '
ok "and what it has" line configuration wrong 'where rank 0 has ""'
ok "a run of them is status 2" expect_status 2 other words train tiny.yaml
ok "said once" says_once "start all ranks with the same command line"
ok "also where they are no words of ours" expect_status 2 other option train tiny.yaml
ok "another program is wrong" expect_status 1 other program check tiny.yaml
ok "and named, with the rank" line program wrong "rank 1 on"
ok "a run of them is status 2" expect_status 2 other program train tiny.yaml
ok "said once" says_once "copy one build to all hosts"
one_each() { LOCKSTEP_GROUP=1 other "$@"; }
ok "another data file is wrong" expect_status 1 one_each data check tiny.yaml
ok "and named" line "data file" wrong "tiny.h5 is another file for rank 1"
ok "a run of them is status 2" expect_status 2 one_each data train tiny.yaml
ok "said once" says_once "equal copies of it"
ok "another environment is wrong where it decides something" \
    expect_status 1 other bucket check tiny.yaml
ok "and named" line environment wrong "another LOCKSTEP_BUCKET"
ok "elsewhere it is worth a look" expect_status 0 other threads check tiny.yaml
ok "and named" line environment look "another OPENBLAS_CORETYPE"
ok "and nothing is left behind by all these" as_before

if (($(nproc) > 1)) && taskset -c 0 true 2>/dev/null; then
    bound() { start 2 taskset -c 0 "$program" "$@"; }
    ok "ranks bound to one CPU beside idle ones are wrong" expect_status 1 bound check tiny.yaml
    ok "with the cure" line cores wrong "cure: mpirun --bind-to numa"
    ok "a run of them goes on" expect_status 0 bound train tiny.yaml --run bound
    ok "and is warned once" says_once "warning: cores: 2 ranks are bound to 1 CPU"
    ok "the figures are those of a run that is not" expect_status 0 ranks 2 train tiny.yaml --run free
    ok "which is told nothing of cores" silent_about "bound to"
    ok "bit for bit" same bound/metrics.csv free/metrics.csv
else
    echo "ok - skipped: one CPU, or none may be chosen: no rank can be bound badly"
fi
if (($(nproc) < 8)); then
    crowd() { check $(($(nproc) + 1)); }
    ok "more ranks than CPUs are worth a look" expect_status 0 crowd
    ok "with how many there should be" line cores look "cure: at most $(nproc) rank"
fi
ok "ranks without work, too" expect_status 0 check 2 --set batch.micro=60
ok "with the share" line shares look "50% busy"

ok "a save that does not fit the grace is wrong" expect_status 1 check 2 --set train.grace=0
ok "and the cure names the key" line save wrong "train.grace"
ok "a run directory that cannot be made is wrong" expect_status 1 check 2 --run tiny.yaml/run
ok "and named" line "run directory" wrong "is a file, not a folder"
ok "a configuration that cannot be built is status 2" expect_status 2 check 2 --set model.1.dense=0
ok "data that are not there, too" expect_status 2 check 2 --set data.file=none.h5

# A disk that is too small, where one can be had.
small='mount -t tmpfs -o size=64k tmpfs small && exec "$@"'
mkdir small
on_small() { unshare -m bash -c "$small" bash timeout 60 "$program" "$@"; }
if unshare -m bash -c "$small" bash true 2>/dev/null; then
    ok "a disk without room for the checkpoints is wrong" \
        expect_status 1 on_small check tiny.yaml --run small/run
    ok "and told with need and have" line "disk space" wrong "up to 4 checkpoints"
    ok "a run directory in memory is worth a look" line "run directory" look tmpfs
    on_small train tiny.yaml --run small/run >said 2>&1 || true
    ok "and a run on it is warned once" says_once "warning: disk space"
else
    echo "ok - skipped: no file system can be mounted here (not root?): no small disk"
fi

# What a check that was killed has left is cleared by the next one.
mkdir -p runs/tiny/check.tmp
echo rest >runs/tiny/check.tmp/rest
ok "what a killed check has left" expect_status 0 check 2
ok "is cleared by the next one" test ! -e runs/tiny/check.tmp
if command -v python3 >/dev/null; then
    mkdir -p runs/tiny/check.tmp
    coproc holder { exec python3 -c '
import fcntl, sys
f = open("runs/tiny/check.tmp/lock", "w")
fcntl.lockf(f, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()'; }
    read -r _ <&"${holder[0]}"
    ok "a lock that another process holds" expect_status 1 check 2
    ok "is wrong" line locks wrong "held by"
    exec {holder[1]}>&-
    wait
fi

source "$tests/../hosts.sh"
if hosts_possible; then
    hosts_open 2
    mkdir apart
    hosts_enter host2 mount -t tmpfs tmpfs "$PWD/apart"
    apart() { over "1 1" "$program" check tiny.yaml --run apart/run; }
    ok "a run directory that another host does not see is worth a look" expect_status 0 apart
    ok "and the host is named" line "run directory" look "not seen by rank 1 on host2"
else
    echo "ok - skipped: $why"
fi
