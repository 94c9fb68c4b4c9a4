# Cross-validation: every row is held out once, the table does not depend on ranks or interruption,
# and what cannot be folded is refused.
tiny_data tiny.h5 90
tiny_recipe
folds() { ranks "$1" train tiny.yaml --folds "$2" --run "$3" "${@:4}"; }
figures() { # NAME: its four cells in the printed table, of three folds
    sed -n '/^fold /,/^dev/p' said | awk -v name="$1" '$1 == name' | xargs
}

ok "train --folds trains on one rank" expect_status 0 folds 1 3 one
ok "with a row for each fold" test "$(cut -d, -f2 one/trials.csv | xargs)" = "fold 0 1 2"
ok "says that data.validation does not count" says_once "data.validation: 60 does not count here"
ok "no line is longer than 80" test "$(awk '{ gsub(/±/, "+") } length > 80' said | wc -l)" = 0
cells() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
    { s += $at; q += $at * $at; n++ } END { m = s / n; printf "%.4g %.3g", m, sqrt((q - n * m * m) / (n - 1)) }' one/trials.csv; }
shown() { read -r _ _ mean _ < <(figures mean); read -r _ _ deviation _ < <(figures dev)
    [[ "$mean $(printf %.3g "$deviation")" == "$(cells validation_loss)" ]] ||
        { why="it prints $mean $deviation, the table makes $(cells validation_loss)"; return 1; }; }
ok "and prints mean and deviation" shown
for p in 2 3; do
    expect_status 0 folds $p 3 on-$p
    ok "on $p ranks the table has the same bytes" same one/trials.csv on-$p/trials.csv
done
ok "more ranks than folds train together" expect_status 0 folds 6 3 on-6
ok "two a fold" says "3 trials, 3 at a time on 2 ranks each"
ok "to the same table" same one/trials.csv on-6/trials.csv
ok "a fold is the run that its settings make" expect_status 0 ranks 2 train tiny.yaml --run alone \
    --set data.validation=0 --set 'data.fold={of: 3, held_out: 1}'
ok "byte for byte" same alone/metrics.csv one/trials/0001/metrics.csv

stopped() { LOCKSTEP_FAULT=stop@compute:7:0 folds 2 3 halt; }
ok "told to stop, it ends with status 75" expect_status 75 stopped
ok "goes on" expect_status 0 folds 3 3 halt --resume
ok "to the same table" same one/trials.csv halt/trials.csv
ok "other folds are not mixed into it" expect_status 2 folds 2 4 halt --resume
ok "naming the key" says_once "made with sweep.folds: 3, now it is 4"

# Rows that the folds' nets were measured on.
held_out() {
    for f in 0 1 2; do
        ranks 0 predict one/trials/000$f/checkpoints/step-00000012.h5 --split validation -o "$f.csv" \
            >/dev/null 2>&1 || return 1
    done
    tail -qn +2 [012].csv | cut -d, -f1 | sort -n >held.txt
    seq 0 89 >rows.txt
    same held.txt rows.txt
}
ok "every row is held out in exactly one fold" held_out

expect_status 0 ranks 2 sweep tiny.yaml --run grid --set 'sweep={folds: 2, optimizer.lr: [0.1, 0.2], seeds: 2}'
ok "folds are an axis of a sweep" test "$(cut -d, -f2-4 grid/trials.csv | xargs)" = \
    "optimizer.lr,fold,seed 0.1,0,1 0.1,0,2 0.1,1,1 0.1,1,2 0.2,0,1 0.2,0,2 0.2,1,1 0.2,1,2"
ok "which a report takes" expect_status 0 ranks 0 report grid -o grid.html
ok "with two settings" grep -q "8 trials of 2 settings" grid.html
ok "over folds and seeds" grep -q "differ in fold and seed alone" grid.html

ok "drawn by what was held out" grep -q 'aria-label="Validation accuracy against optimizer.lr"' grid.html

# What an older program has left, without the last columns.
for f in grid/trials/*/trial.csv; do sed -i 's/,[^,]*$//' "$f"; done
older() { [[ $(awk -F, '{ print NF }' grid/trials.csv | sort -u | wc -l) == 1 ]]; }
expect_status 0 ranks 2 sweep tiny.yaml --run grid --resume --set 'sweep={folds: 2, optimizer.lr: [0.1, 0.2], seeds: 2}'
ok "rows of an older program get the columns that they lack" older

ok "a section for experiments does not count" expect_status 0 ranks 2 train tiny.yaml --run sectioned --folds 3 \
    --set 'sweep={optimizer.lr: [0.1, 0.5]}'
ok "and that is said once" says_once 'the section `sweep:` does not count here'

wrong() { # SENTENCE TEXT ARGUMENTS...
    ok "$1 is refused" expect_status 2 ranks 2 train tiny.yaml --run wrong "${@:3}"
    ok "said once" says_once "$2"
    ok "before anything is written" test ! -e wrong
}
wrong "one fold" "there are 2 at least" --folds 1
wrong "a number that is none" "wants a whole number" --folds many
wrong "more folds than rows" "has 90 samples for 91 folds" --folds 91
wrong "--until beside --folds" "--until is of one run" --folds 3 --until 4
