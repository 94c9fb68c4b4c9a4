# What a search tries, and its table, do not depend on ranks or interruption; a trial that was paused
# and promoted is the run that never was.
tiny_data
tiny_recipe
sed -i 's/length: 12 steps/length: 16 steps/' tiny.yaml
cp tiny.yaml plain.yaml
cp tiny.yaml rungs.yaml
cat >>tiny.yaml <<'END'
search:
  method: bayes
  trials: 12
  width: 2
  ranges: {optimizer.lr: {log: [1e-3, 9000]}, model.1.dense: {log_integer: [4, 40]}}
END
cat >>rungs.yaml <<'END'
search:
  method: hyperband
  least: 4 steps
  eta: 2
  metric: validation_accuracy
  ranges: {optimizer.lr: {log: [1e-3, 9000]}, schedule.decay: {choice: [cosine, constant]}}
END
search() { ranks "$1" search tiny.yaml --run "$2" "${@:3}"; }
rungs() { ranks "$1" search rungs.yaml --run "$2" "${@:3}"; }
rows() { [[ $(wc -l <"$1/trials.csv") == "$2" ]] || { why="$(wc -l <"$1/trials.csv") rows"; return 1; }; }
column() { head -1 "$1" | tr , '\n' | grep -nx "$2" | cut -d: -f1; } # its number in a table
best_rate() { # DIR: that of the trial with the least validation loss
    grep ',done,' "$1/trials.csv" | sort -s -t, -g -k"$(column "$1/trials.csv" validation_loss)" |
        head -1 | cut -d, -f2
}

ok "a Bayesian search of 12 trials ends on one rank" expect_status 0 search 1 one
ok "with a heading and a row for each" rows one 13
ok "trials that diverged are rows, too" grep -q ',diverged,' one/trials.csv
ok "it says which trial is best" says_once "best: validation_loss"
ok "the one of the least loss" says "(lr $(best_rate one), "
ok "a report has it, too" expect_status 0 ranks 0 report one -o one.html
ok "by name" grep -q "The best trial by validation_loss.*optimizer.lr $(best_rate one)," one.html
ok "and draws what it went by" grep -q 'aria-label="Validation loss of each point' one.html
for p in 2 3; do
    expect_status 0 search $p on-$p
    ok "on $p ranks the table has the same bytes" same one/trials.csv on-$p/trials.csv
done
ok "ranks that a narrow search leaves idle are told of" says_once "search.width is 2"

# Interrupted, and made longer.
expect_status 0 search 2 cut --set search.trials=10
head -11 one/trials.csv >beginning.csv
ok "a shorter search is the longer one's beginning" same beginning.csv cut/trials.csv
killed() { LOCKSTEP_FAULT=kill@compute:7:1 search 2 cut --resume --set search.ranks_per_trial=2; }
ok "more trials can be asked for; killed in one of them" expect_status 137 killed
ok "it goes on" expect_status 0 search 3 cut --resume
ok "to the same table" same one/trials.csv cut/trials.csv
rm -r cut/trials/0005 cut/trials/0009/trial.csv
ok "trials that were lost are made again" expect_status 0 search 2 cut --resume
ok "and are the same" same one/trials.csv cut/trials.csv
stopped() { LOCKSTEP_FAULT=stop@compute:7:0 search 2 halt; }
ok "told to stop, it ends with status 75" expect_status 75 stopped
ok "and says what is over" says_once "of 12 trials over; --resume goes on from there"
ok "another search is not mixed into it" expect_status 2 search 1 one --resume --set search.seed=7
ok "naming the key" says_once "one has trials made with"

# Rungs.
ok "Hyperband ends on one rank" expect_status 0 rungs 1 r1
ok "with each bracket once: 4, 3 and 3 trials" rows r1 11
ok "trials that stayed behind are rows" grep -q '^[0-9],[^,]*,[^,]*,1,paused,,4,' r1/trials.csv
for p in 2 3; do
    expect_status 0 rungs $p r$p
    ok "on $p ranks the table has the same bytes" same r1/trials.csv r$p/trials.csv
done
ok "no checkpoints stay" test -z "$(find r1 -name '*.h5')"
accuracy() { # DIR RUNG: of bracket 0, best first, equals in order
    for t in 0 1 2 3; do
        echo "$t $(tail -1 "$1/trials/000$t/rung-$2.csv" | cut -d, -f"$(column "$1/trials.csv" validation_accuracy)")"
    done | sort -s -k2,2gr | cut -d' ' -f1
}
gone_on() { [[ -e r1/trials/000$1/rung-1.csv ]]; }
ok "the better half of a bracket goes on" test "$(accuracy r1 0 | head -2 | sort | xargs)" = \
    "$(for t in 0 1 2 3; do if gone_on $t; then echo $t; fi; done | xargs)"
promoted=none
for t in r1/trials/*; do # paused twice, and done
    if [[ -e $t/rung-0.csv && -e $t/rung-1.csv ]] && grep -q ',done,' "$t/trial.csv"; then promoted=$t; fi
done
cell() { tail -1 "$promoted/trial.csv" | cut -d, -f"$(column r1/trials.csv "$1")"; }
ok "one has been paused and promoted twice" test -d "$promoted"
expect_status 0 ranks 2 train plain.yaml --run alone --set "optimizer.lr=$(cell optimizer.lr)" \
    --set "schedule.decay=$(cell schedule.decay)"
ok "it is the run that never was paused" same alone/metrics.csv "$promoted/metrics.csv"
ok "to the last bit" test "$(summary alone digest)" = "$(cell digest)"

expect_status 0 rungs 1 first --set search.brackets=1
ok "brackets: 1 is successive halving alone" rows first 5
cut_rungs() { LOCKSTEP_FAULT=kill@compute:$1:0 rungs 2 cut-rungs --set search.brackets=1 "${@:2}"; }
ok "killed behind the first rung" expect_status 137 cut_rungs 6
paused() { [[ $(find cut-rungs -name step-00000004.h5 | wc -l) == 2 ]] || { why=$(find cut-rungs -name '*.h5'); return 1; }; }
ok "those two who go on have their checkpoints, the others none" paused
ok "killed again behind the second" expect_status 137 cut_rungs 14 --resume
ok "it goes on" expect_status 0 rungs 1 cut-rungs --set search.brackets=1 --resume
ok "to the same table" same first/trials.csv cut-rungs/trials.csv
ok "of rungs the number of trials is part of what is decided" expect_status 2 rungs 1 first \
    --set search.brackets=1 --set search.trials=5 --resume

# An epoch of 4.8 steps: three of them are the whole length, not a rung before it.
expect_status 0 rungs 2 uneven --set batch.global=50 --set search.eta=3 --set 'search.least=1 epoch' \
    --set 'train={length: 3 epochs, evaluate_every: 1 epoch}'
ok "a length of whole rungs has no rung more" says_once "rungs at 1 epochs, and the whole length"

# Wrong.
wrong() { # SENTENCE TEXT SEARCH...
    ok "$1" expect_status 2 search "${p:-1}" wrong "${@:3}"
    ok "said once" says_once "$2"
    ok "before a trial runs" test ! -e wrong
}
wrong "a method that is none is refused" 'found "bayse"' --set search.method=bayse
p=3 wrong "also a key that is none, on three ranks" 'no configuration has the key "optimiser.lr"' \
    --set 'search.ranges={optimiser.lr: {log: [1, 2]}}'
wrong "no ranges" "a search wants ranges" --set search.ranges=null
wrong "no number of trials" "trials: how many" --set search.trials=null
wrong "more trials than a model can take" "at most 500 trials" --set search.trials=501
p=3 wrong "an end of a range that no run takes" "a trial (lr" \
    --set 'search.ranges={optimizer.lr: {log: [0.1, 1e9]}}'
wrong "nothing to decide by" "set data.validation" --set data.validation=0
wrong "rungs between evaluations" "hyperband decides at evaluations" --set search.method=hyperband \
    --set 'search.least=3 steps'
p=3 wrong "a first rung behind the end" "search.least is more than train.length" --set search.method=hyperband \
    --set 'search.least=20 steps'
wrong "a file without the section" "there is no section" --set search=null
