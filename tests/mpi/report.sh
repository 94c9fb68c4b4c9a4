# A report is one page that holds all there is, needs nothing from elsewhere, lets no name in as
# markup, and says what is missing.
tiny_data
tiny_recipe
train() { ranks 0 train tiny.yaml --run "$@" >/dev/null 2>&1; }
report() { ranks 0 report "${@:2}" -o "$1"; } # FILE RUN...
has() { grep -qF -- "$2" "$1" || { why="$1 does not have: $2"; return 1; }; }
has_not() { ! grep -qF -- "$2" "$1" || { why="$1 has: $2"; return 1; }; }
count() { # FILE TEXT TIMES
    local n
    n=$(grep -oF -- "$2" "$1" | wc -l)
    [[ $n == "$3" ]] || { why="$1 has $n times: $2"; return 1; }
}
# Every tag is closed in its turn, attributes are quoted, and every & begins an entity.
well_formed() {
    test -s "$1" || { why="there is no $1"; return 1; }
    why=$(LC_ALL=C awk 'BEGIN { RS = "<" }
        NR == 1 || /^!DOCTYPE html>/ { next }
        !/>/ { print "a tag without its end: " $0; exit }
        { tag = $0; sub(/>.*/, "", tag); name = tag; sub(/[ \n].*/, "", name) }
        /&/ && gsub(/&([a-z]+|#39);/, "") < gsub(/&/, "") { print "a bare & in: " $0; exit }
        tag ~ /=[^"\047]/ && tag !~ /["\047]/ { print "an attribute without quotes: " tag; exit }
        tag ~ /\/$/ { next }
        name ~ /^\// { if (stack[depth--] != substr(name, 2)) { print "out of turn: " tag; exit }; next }
        { stack[++depth] = name }
        END { if (depth > 0) print "not closed: " stack[depth] }' "$1" | head -1)
    [[ -z $why ]]
}
# Nothing is fetched, nothing runs.
alone() {
    test -s "$1" || { why="there is no $1"; return 1; }
    why=$(grep -noiE '[a-z]+://|src=|@import|url\(|<script|<link|<iframe|javascript:|href=.[^#].{20}' \
        "$1" | head -1)
    [[ -z $why ]]
}

# ---- a run ----
train a
train b --set seed=2
ok "a run has a report" expect_status 0 report a.html a
ok "of which one line tells" says_once "a.html: 1 run, 0 sweeps, "
ok "it is well-formed" well_formed a.html
ok "it stands alone" alone a.html
for section in Loss Accuracy "Learning rate" "Gradient norm" "Gradient noise scale" \
    "Gradient norm by layer" Figures Time "Digests and configuration"; do
    ok "it has the section $section" grep -qE "<h[23]>$section</h" a.html
done
ok "it has the last line" has a.html "$(summary a line)"
ok "the digest of each evaluation" count a.html \
    "$(awk -F, '$1 == "validation" { d = $8 } END { print d }' a/metrics.csv)" 4
ok "the configuration" has a.html "seed: 1"
ok "where the time went" grep -q 'compute [0-9.]* %' a.html
ok "pictures follow light and dark: no colour of their own" has_not a.html 'rgb('
ok "and are told to who cannot see them" has a.html 'role="img" aria-label="Loss"'
ok "of plain descent there are no trust ratios" has_not a.html "Trust ratios"
ok "3 ranks make one, too" expect_status 0 ranks 3 report a -o again.html
ok "with the same bytes" same a.html again.html
ok "norms of layers make the norm of all" awk -F, 'NR == FNR { if (FNR > 1) s[$2] += $5 * $5; next }
    $1 == "train" && (d = s[$2] - $10 * $10) * d > 1e-12 * s[$2] ^ 2 { exit 1 }' a/layers.csv a/metrics.csv

# ---- several ----
train lars --set 'optimizer={type: lars, lr: 0.5}'
ok "runs are compared" expect_status 0 report all.html a b lars
ok "and what they differ in is said" says "the runs differ in seed, optimizer.type, optimizer.lr"
ok "in the page, too, with the values" has all.html \
    '<th scope="row">optimizer.type</th><td class="n">sgd</td><td class="n">sgd</td><td class="n">lars</td>'
ok "but not what is the same" has_not all.html '<th scope="row">batch.'
ok "LARS has its trust ratios" has all.html "Trust ratios: lars"
ok "it is well-formed" well_formed all.html
mean() { # KEY: of runs a and b
    awk -v x="$(summary a "$1")" -v y="$(summary b "$1")" 'BEGIN {
        d = sqrt((x - y) ^ 2 / 2)
        for (n = 1; d * 10 ^ (n - 1) < 1; n++);
        printf "%.*f ± %.*f", n, (x + y) / 2, n, d }'
}
ok "runs that differ in the seed have mean and deviation" has all.html \
    "<th scope=\"row\">a, b</th><td class=\"n\">2</td><td class=\"n\">$(mean train_loss)</td>"
mkdir -p other
cp -r b other/a
ok "directories of one name are told apart" report twice.html a other/a
ok "by their paths" has twice.html "<strong>other/a</strong>"

# ---- names ----
evil='<script>alert("&")</script>'
train '<b>bold' --set "name='$evil'"
ok "a name that is markup is shown as text" report evil.html '<b>bold'
ok "of the run" has evil.html '&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;'
ok "and of its directory" has evil.html '<h1>&lt;b&gt;bold</h1>'
ok "it is well-formed" well_formed evil.html
ok "it stands alone" alone evil.html

# ---- what may be missing ----
mkdir bin
(IFS=: && for folder in $PATH; do ln -s "$folder"/* bin 2>/dev/null; done) # MPI starts some of these
rm -f bin/gnuplot
ok "without gnuplot there is a report" expect_status 0 env PATH="$PWD/bin" "$program" report a -o bare.html
ok "a warning says what it lacks" says "gnuplot was not found"
ok "and the page, with the cure" has bare.html "Debian: gnuplot-nox"
ok "it has no pictures" has_not bare.html 'role="img"'
ok "and all tables" has bare.html "$(summary a digest)"
ok "it is well-formed" well_formed bare.html
printf '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "no such terminal" >&2\nexit 1\n' >bin/gnuplot
chmod +x bin/gnuplot
ok "where gnuplot fails the report does" expect_status 1 env PATH="$PWD/bin:/bin" "$program" report a -o none.html
ok "with gnuplot's words" says_once "gnuplot failed: no such terminal"
ok "and leaves no page" test ! -e none.html
train novalidation --set data.validation=0
ok "a run without validation has one" report novalidation.html novalidation
ok "without that curve" has_not novalidation.html "<li>validation"
train wild --set optimizer.lr=9000 --set schedule=null
mkdir young
cp a/config.yaml young
head -1 a/metrics.csv >young/metrics.csv
cp -r a going
rm going/summary.json
printf 'train,13,780,3.2' >>going/metrics.csv
ok "runs that are not complete have one" report young.html wild young going
ok "it is well-formed" well_formed young.html
ok "it says so" count young.html "not complete (going on, stopped or failed)" 3
ok "of a run that diverged it has the steps" grep -qE "the last row is of step [1-9]" young.html
ok "of one without rows it says that" has young.html "no rows yet"
ok "a line that is being written does not count" has young.html "the last row is of step 12"
awk 'BEGIN { for (i = 0; i < 90; i++) print i % 7 "," i % 5 "," i % 7 + i % 5 / 3 }' >sum.csv
ranks 0 import csv sum.csv --header no --task regress -o sum.h5 >said 2>&1
train sum --set data.file=sum.h5 --set data.validation=20 --set loss=mse \
    --set 'model=[dense: 1]' --set optimizer.lr=0.01
ok "a regression has one" report sum.html sum
ok "with its loss" has sum.html "<h3>Loss</h3>"
ok "and no accuracy" has_not sum.html "<h3>Accuracy</h3>"

# ---- wrong ----
wrong() { # SENTENCE TEXT DIRECTORY
    ok "$1 is refused" expect_status 2 report wrong.html a "$3"
    ok "naming it" says_once "$2"
    ok "and no page is left" test ! -e wrong.html
}
mkdir empty
wrong "a directory that is no run" "empty: holds no run and no sweep" empty
wrong "one that is not there" "nowhere: there is no such directory" nowhere
wrong "a file" "tiny.yaml: is a file" tiny.yaml
cp -r a torn
sed -i '5s/,.*//' torn/metrics.csv
wrong "a damaged table" "torn/metrics.csv:5: has 1 cells" torn

# ---- sweeps ----
cat >>tiny.yaml <<'END'
sweep:
  batch.global: [30, 60, 120]
  how:
    - {label: <calm>, optimizer.lr: 0.1}
    - {label: wild, optimizer.lr: 9000, schedule.warmup: 0 steps}
  seeds: 2
END
sweep() { ranks 2 sweep tiny.yaml --set 'train.evaluate_every=1 steps' --run "$@" >said 2>&1; }
sweep s --set 'train.target={validation_accuracy: 0.7}'
ok "a sweep has a report" expect_status 0 report s.html s
ok "it is well-formed" well_formed s.html
ok "it stands alone" alone s.html
ok "it counts what diverged" has s.html "12 trials of 6 settings; 6 diverged; "
ok "draws the metric" has s.html 'aria-label="Test accuracy against batch.global"'
ok "has a row for each setting" has s.html '<th scope="row">30</th><td>&lt;calm&gt;</td><td class="n">2</td><td class="n">0</td>'
ok "also for one that diverged" has s.html '<th scope="row">120</th><td>wild</td><td class="n">0</td><td class="n">2</td>'
ok "and every digest" has s.html "$(summary s/trials/0000 digest)"
steps=$(awk -F, '$2 == 30 && $3 ~ /calm/ { s += $7 } END { printf "%.1f", s / 2 }' s/trials.csv)
ok "draws the steps to the target" has s.html 'aria-label="Steps to the target against the batch"'
ok "tells them at each batch" grep -qE "<th scope=\"row\">30</th><td>how &lt;calm&gt;</td><td class=\"n\">$steps " s.html
ok "and where it was not reached" has s.html '<th scope="row">30</th><td>how wild</td><td class="n">not reached</td>'
ok "and the critical batch, of three points" has s.html "gives a critical batch of"
rm s/trials.csv s/trials/0011/trial.csv
ok "a sweep that is going on has one" report part.html s
ok "which says how much is to come" has part.html "11 trials of 6 settings; 1 more are to come; "
sed -i 's/, seeds: 2/, seeds: 1/; s/^  seeds: 2/  seeds: 1/' tiny.yaml
sweep points --set 'sweep={points: {count: 4, optimizer.lr: {log: [1e-3, 1]}}}' --set data.validation=0
ok "points have a report" report points.html points
ok "with a dot for each" has points.html 'aria-label="Test accuracy of each point against optimizer.lr"'
ok "and no steps to a target that there is not" has_not points.html "Steps to the target"
# The best of four rates below the useful ones is the last of them.
sweep edge --set 'sweep={batch: [{label: 30, batch.global: 30}, {label: 60, batch.global: 60}], points: {count: 4, optimizer.lr: {log: [1e-4, 0.05]}}}' \
    --set 'train.target={validation_accuracy: 0.7}' --set 'train.length=60 steps' --set optimizer.momentum=0
ok "a best point at the edge of its range is warned of" expect_status 0 report edge.html edge
ok "on the terminal" says "lies at an edge of"
ok "and in the page, with cases for batches" has edge.html "At batch 60 the best optimizer.lr"
