# Scaling over rank counts: one digest, two tables, a prediction; nothing is left behind.
tiny_data
tiny_recipe
scale() { ranks "$1" scale tiny.yaml --rounds 1 --steps 12 "${@:2}"; }
rows() { [[ $(grep -Ec ' [+-][0-9]+%$' said) == "$1" ]] || { why=$(grep % said); return 1; }; }
narrow() { [[ -z $(grep -E '.{81}' said) ]] || { why=$(grep -E '.{81}' said); return 1; }; }

ok "it ends on four ranks" expect_status 0 scale 4 --predict 1024
ok "with a row for 1, 2 and 4, strong and weak" rows 6
ok "one digest for all of them" says_once "after 12 steps on every number of ranks"
digest=$(sed -n 's/^digest \([0-9a-f]*\) .*/\1/p' said)
ok "a prediction goes up to the ranks that were asked for" grep -Eq '^ +1024 +256 ' said
ok "with both walls" says_once "cost more samples than they save time"
ok "lines have at most 80 columns" narrow
ok "no run directory is left" test ! -e runs
ok "one rank alone, too" expect_status 0 scale 1
ok "has the same digest" says_once "digest $digest "
no_walls() { ! grep -E 'nan|inf|walls:' said; }
one_part() { scale 1 --predict 4 --set batch.micro=$(sed -n 's/.*global: \([0-9]*\).*/\1/p' tiny.yaml); }
ok "without a noise scale" expect_status 0 one_part
ok "the critical batch is asked for" says_once "give --critical"
ok "and no wall is made up" no_walls
ok "one rank says that it measures no network" says_once "give --latency and --bandwidth, else"
ok "several hosts, as groups, too" expect_status 0 env LOCKSTEP_GROUP=2 \
    timeout "$LIMIT" mpirun -q --oversubscribe --bind-to none -n 4 "$program" scale tiny.yaml \
    --rounds 1 --steps 12 --ranks 1,3,4 --predict 8 --latency 2 --bandwidth 11 --critical 900
ok "have the same digest" says_once "digest $digest "
ok "figures of the network may be given" says_once "as given; 2 ranks a"
ok "reduce: mpi, whose bits follow the ranks, is caught" \
    expect_status 1 scale 4 --set reduce=mpi --set batch.micro=4 --set 'model.1={dense: 300}'
ok "and said once" says_once "ranks have digest"
for p in 1 3; do
    ok "more ranks than there are is status 2, on $p" expect_status 2 scale $p --ranks 1,7
    ok "said once" says_once "--ranks wants numbers from 1 to the $p ranks there are"
    ok "too few steps, too" expect_status 2 scale $p --steps 3
done
