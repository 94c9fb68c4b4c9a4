# A sweep's table does not depend on ranks, grouping or interruption; every wrong axis is told before
# a trial runs.
tiny_data
tiny_recipe
cat >>tiny.yaml <<'END'
sweep:
  batch.global: [30, 60]
  how:
    - {label: none, schedule.scaling: none}
    - {label: wild, schedule.scaling: linear, optimizer.lr: 9000}
  points: {count: 2, optimizer.momentum: {log_distance_to_1: [0.01, 0.5]}}
  seeds: 2
END
sweep() { ranks "$1" sweep tiny.yaml --run "$2" "${@:3}"; }
rows() { [[ $(wc -l <"$1/trials.csv") == "$2" ]] || { why="$(wc -l <"$1/trials.csv") rows"; return 1; }; }

ok "a sweep of 16 trials ends on one rank" expect_status 0 sweep 1 one
ok "with a heading and a row for each" rows one 17
ok "a trial that diverged is recorded as such" grep -q '^4,30,wild,.*,diverged,,[0-9]*,,' one/trials.csv
ok "and the sweep goes on behind it" grep -q '^8,60,none,.*,done,,12,' one/trials.csv
for p in 2 3 4; do
    expect_status 0 sweep $p on-$p
    ok "on $p ranks the table has the same bytes" same one/trials.csv on-$p/trials.csv
done
for p in 2 4; do
    expect_status 0 sweep $p pairs-$p --set sweep.ranks_per_trial=2
    ok "with two ranks a trial, on $p, too" same one/trials.csv pairs-$p/trials.csv
done
expect_status 0 sweep 3 left --set sweep.ranks_per_trial=2
ok "a rank that is left over is told of" says_once "1 of 3 ranks have nothing to do"
ok "and changes nothing" same one/trials.csv left/trials.csv
expect_status 0 ranks 2 train tiny.yaml --run alone --set batch.global=60 --set schedule.scaling=none \
    --set "optimizer.momentum=$(cut -d, -f4 one/trials.csv | sed -n 10p)" --set seed=2
ok "a trial is the run that its settings make" same alone/metrics.csv one/trials/0009/metrics.csv

# Interrupted.
killed() { LOCKSTEP_FAULT=kill@compute:7:1 sweep 4 "$@" --set sweep.ranks_per_trial=2; }
ok "a rank killed in a trial ends the sweep" expect_status 137 killed cut
ok "with --resume it goes on" expect_status 0 sweep 3 cut --resume
ok "to the same table" same one/trials.csv cut/trials.csv
stopped() { LOCKSTEP_FAULT=stop@compute:7:0 sweep 2 "$@"; }
ok "told to stop, it ends with status 75" expect_status 75 stopped halt
ok "says what is over" says_once "of 16 trials over; --resume goes on from there"
ok "goes on" expect_status 0 sweep 2 halt --resume
ok "and has the same table" same one/trials.csv halt/trials.csv
failing() { LOCKSTEP_FAULT=error@compute:7:0 sweep 3 "$@"; }
ok "an error in one trial ends the sweep with its status" expect_status 1 failing broken
ok "and is said once, with the trial" says_once "lockstep: trial "
ok "a complete sweep is left as it is" expect_status 0 sweep 2 one --resume
ok "a directory with a sweep is refused without --resume" expect_status 2 sweep 2 one
ok "another sweep is not mixed into it" expect_status 2 sweep 2 one --resume --set seed=7
ok "naming the key" says_once "made with seed: 1, now it is 7"

# Wrong, on one rank and on three.
wrong() { # SENTENCE TEXT SWEEP...
    local p
    for p in 1 3; do
        ok "$1, on $p" expect_status 2 sweep $p wrong "${@:3}"
        ok "said once" says_once "$2"
        ok "before a trial runs" test ! -e wrong
    done
}
wrong "an axis without values is refused" "the axis optimizer.lr has no values" \
    --set 'sweep={optimizer.lr: []}'
wrong "a key that no configuration has, too" 'did you mean "lr"' --set 'sweep={optimizer.lrr: [1]}'
wrong "also at the top" '"optimiser" is no key of a configuration' --set 'sweep={optimiser: [1]}'
wrong "a value that a later trial would meet is found at once" "trial 2 (" \
    --set 'sweep={optimizer.lr: [0.1, 0.2, 1e9]}'
wrong "a case that sets nothing" "this case sets nothing" --set 'sweep={how: [{label: a}]}'
wrong "more ranks a trial than ranks" "there are" --set sweep.ranks_per_trial=5
wrong "a range that ends before it begins" "where it begins or before" \
    --set 'sweep={points: {count: 2, optimizer.lr: {log: [1, 0.1]}}}'
wrong "a file without the section" "there is no section" --set sweep=null
