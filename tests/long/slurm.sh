# The batch scripts of launch/slurm under a real Slurm (tests/slurm.sh): jobs that are told to stop,
# crash, are wrong, are cancelled, or get other nodes the next time. They run side by side. What
# takes minutes, real time limits above all, is in tests/slow/slurm.sh.
source "$tests/../slurm.sh"
slurm_possible || { echo "ok - skipped: $why"; exit 0; }
tiny_data
tiny_recipe
cat >lines.txt <<'END'
# the second line of these is the second run

--set 'train.length=4 steps'
--set 'optimizer={type: adam, lr: 0.01}'
END
trap 'hosts_close; finish' EXIT
ok "a Slurm of four nodes starts" slurm_open 4 4 || exit 1

# Step 6 waits for the signal, so that it always comes in the middle of a run. host3 and host4 are
# for the elastic job alone.
two=(-x host3,host4)
wait=LOCKSTEP_FAULT=wait@compute:6:0
submit told $wait "${two[@]}" -n 3 -N 2 train.sbatch tiny.yaml
submit mpirun $wait LOCKSTEP_LAUNCH=mpirun "${two[@]}" -n 3 -N 2 train.sbatch tiny.yaml
submit elastic $wait -x host1,host2 -N 1-2 elastic.sbatch tiny.yaml
submit away $wait "${two[@]}" -n 1 train.sbatch tiny.yaml
submit until "${two[@]}" -n 1 train.sbatch tiny.yaml --until 6
# These follow as there is room.
submit crash LOCKSTEP_FAULT=kill@compute:9:1 "${two[@]}" -n 2 -N 1 train.sbatch tiny.yaml
submit again LOCKSTEP_FAULT=kill@compute:9:0 LOCKSTEP="$program" \
    "${two[@]}" -n 1 train.sbatch tiny.yaml
submit chance LOCKSTEP_FAULT=kill@compute:2:0 "${two[@]}" -n 1 train.sbatch tiny.yaml
submit limited LOCKSTEP_RESTARTS=0 LOCKSTEP_FAULT=kill@compute:9:0 "${two[@]}" -n 1 \
    train.sbatch tiny.yaml
submit astray LOCKSTEP_ROOT="$PWD" "${two[@]}" -n 1 train.sbatch tiny.yaml
submit wrong "${two[@]}" -n 2 train.sbatch tiny.yaml --set modle=1
submit sweep LOCKSTEP_FAULT=stop@compute:6:0 --array=1-2 "${two[@]}" -n 1 sweep.sbatch tiny.yaml \
    --lines lines.txt
ok "one rank trains" expect_status 0 ranks 1 train tiny.yaml --run one
ok "and the sweep's first line" expect_status 0 ranks 1 train tiny.yaml --run four \
    --set 'train.length=4 steps'
ok "and its second" expect_status 0 ranks 1 train tiny.yaml --run two \
    --set 'optimizer={type: adam, lr: 0.01}'

: >said
saved() { test -e "$1/checkpoints/step-00000004.h5"; }
for name in told mpirun elastic away; do slurm_until "$LIMIT" saved $name; done
slurm scancel "${job[away]}"
ok "the elastic job has taken two whole nodes" grep -q "8 ranks in 2 groups" elastic/log.txt
job[other]=$(slurm sbatch --parsable -w host4 --exclusive -o /dev/null --wrap "sleep 1000")
for name in told mpirun elastic; do slurm scancel --batch --signal=USR1 "${job[$name]}"; done
running() { [[ $(state "$1") == RUNNING ]]; }
slurm_until "$LIMIT" running other # before the elastic job comes back
ok "all jobs end" settle 120 told mpirun elastic away until crash again chance limited astray wrong \
    sweep
slurm scancel "${job[other]}"

goes_on() { # NAME RESTARTS
    why="$1: $(state "$1"), restarts $(starts "$1")"
    [[ $(state "$1") == COMPLETED && $(starts "$1") == "$2" ]]
}
for name in told mpirun elastic crash; do
    ok "a job is requeued and goes on to its end ($name)" goes_on $name 1
    ok "to the bytes of one undisturbed rank ($name)" same one/metrics.csv $name/metrics.csv
done
stopped="stopped at step .* (told to stop by a signal)"
ok "the signal makes the ranks save" grep -q "$stopped" told.out
ok "those of mpirun, too" grep -q "$stopped" mpirun.out
ok "what a job says follows what it said before" grep -q "^done  steps 12" told.out
ok "srun adds nothing to that" test -z "$(grep srun: told.out)"
ok "the elastic job has gone on with half the nodes" grep -q "4 ranks in 1 group" elastic/log.txt
ok "Slurm's word for a killed rank is heard" grep -q "task 1: Killed" crash.out

ended() { # NAME STATE STATUS RESTARTS
    local code
    code=$(slurm scontrol show job "${job[$1]}" | sed -n 's/.*ExitCode=\([0-9]*\):.*/\1/p;T;q')
    why="$1: $(state "$1"), status $code, restarts $(starts "$1")"
    [[ $(state "$1") == "$2" && $code == "$3" && $(starts "$1") == $4 ]]
}
ok "a crash without progress is not repeated" ended again FAILED 137 "[12]"
ok "and why is said" grep -q "is not requeued: no newer checkpoint" again.out
ok "nor one more often than LOCKSTEP_RESTARTS" ended limited FAILED 137 0
ok "which is said, too" grep -q "it has started again 0 times (LOCKSTEP_RESTARTS)" limited.out
ok "one at the start is repeated at once" ended chance COMPLETED 0 0
ok "to the bytes of one undisturbed rank" same one/metrics.csv chance/metrics.csv
ok "a script that does not find its folder is status 2" ended astray FAILED 2 0
ok "and says what to do" grep -q "from lockstep.s top folder, or set LOCKSTEP_ROOT" astray.out
ok "a user's error is status 2 and not requeued" ended wrong FAILED 2 0
cp wrong.out said
ok "and is said once" says_once 'did you mean "model"'
ok "by the program alone" test "$(wc -l <said)" -le 3
ok "--until is a wish: not requeued" ended until FAILED 75 0
ok "a cancelled job stays away" test "$(state away) $(starts away)" == "CANCELLED 0"
ok "and has saved" grep -q "$stopped" away.out
job[first]=${job[sweep]}_1 job[second]=${job[sweep]}_2
ok "an array's run comes to its end" ended first COMPLETED 0 0
ok "another is requeued alone" ended second COMPLETED 0 1
ok "each has the bytes of its line's run (1)" same four/metrics.csv sweep/1/metrics.csv
ok "each has the bytes of its line's run (2)" same two/metrics.csv sweep/2/metrics.csv
