# What Slurm takes its time for (tests/slurm.sh): real time limits, with and without a signal before
# them; preemption; a rank that dies alone on its node; a node that is lost. Slow, because slurmctld
# looks at time limits twice a minute.
source "$tests/../slurm.sh"
slurm_possible || { echo "ok - skipped: $why"; exit 0; }
tiny_data
tiny_recipe
trap 'hosts_close; finish' EXIT
ok "a Slurm of three nodes starts" slurm_open 3 4 || exit 1

# Step 6 waits for the signal that Slurm sends.
wait="LOCKSTEP_FAULT=wait@compute:6:0"
patient=(--set train.watchdog=600)
LIMIT=240
submit signal $wait -t 1 --signal=B:USR1@50 -n 3 -N 2 -x host3 \
    train.sbatch tiny.yaml "${patient[@]}"
submit signal-mpirun $wait LOCKSTEP_LAUNCH=mpirun -t 1 --signal=B:USR1@50 -n 3 -N 2 -x host3 \
    train.sbatch tiny.yaml "${patient[@]}"
submit limit $wait -t 1 --signal=B:USR1@0 -n 1 -x host3 train.sbatch tiny.yaml "${patient[@]}"
submit preempted $wait --exclusive -w host3 -n 2 train.sbatch tiny.yaml "${patient[@]}"
ok "one rank trains" expect_status 0 ranks 1 train tiny.yaml --run one

: >said
saved() { test -e "$1/checkpoints/step-00000004.h5"; }
slurm_until "$LIMIT" saved preempted
job[urgent]=$(slurm sbatch --parsable -p urgent -w host3 --exclusive -o /dev/null --wrap "sleep 1")
ok "all jobs end" settle "$LIMIT" signal signal-mpirun limit preempted urgent

LIMIT=60
submit alone LOCKSTEP_FAULT=kill@compute:9:2 -n 3 -N 2 train.sbatch tiny.yaml "${patient[@]}"
submit alone-mpirun LOCKSTEP_FAULT=kill@compute:9:2 LOCKSTEP_LAUNCH=mpirun -n 3 -N 2 \
    train.sbatch tiny.yaml "${patient[@]}"
ok "jobs with a rank killed alone on its node end" settle "$LIMIT" alone alone-mpirun
one_page() { ! grep -q "unexpectedly disconnected" "$1.out"; }
ok "without a page from Open MPI" one_page alone

LIMIT=240
submit lost $wait -N 1-3 elastic.sbatch tiny.yaml "${patient[@]}"
slurm_until "$LIMIT" saved lost
hosts_kill 3
ok "a job ends that has lost a node" settle "$LIMIT" lost

for name in signal signal-mpirun limit preempted alone alone-mpirun lost; do
    ok "it has come back once ($name)" test "$(state $name) $(starts $name)" == "COMPLETED 1"
    ok "with the bytes of one undisturbed rank ($name)" same one/metrics.csv $name/metrics.csv
done
for name in signal signal-mpirun; do
    ok "it was told before the time limit ($name)" grep -q "job.sh: USR1: the ranks save" $name.out
done
for name in signal signal-mpirun limit preempted; do
    ok "it has saved ($name)" grep -q "stopped at step .* (told to stop by a signal)" $name.out
done
