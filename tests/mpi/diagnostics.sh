# train.diagnostics: what layers do is the same on any number of ranks and after a kill, decides no
# bit, and comes into the report.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" "${@:3}"; }
on=(--set 'train.diagnostics=every 3 steps')
# Steps whose rows have a layer's type.
looked_at() { # RUN STEPS
    local steps
    steps=$(awk -F, 'NR > 1 && $8 != "" && !seen[$2]++ { printf "%s ", $2 }' "$1/layers.csv")
    [[ $steps == "$2 " ]] || { why="steps $steps"; return 1; }
}
same_digest() { [[ $(summary "$1" digest) == "$(summary "$2" digest)" ]]; }
has() { grep -qF -- "$2" "$1" || { why="$1 does not have: $2"; return 1; }; }

expect_status 0 train 1 off
ok "a run looks at its layers" expect_status 0 train 1 whole "${on[@]}"
ok "in every third step" looked_at whole "3 6 9 12"
ok "which decides no bit: the digest stays" same_digest off whole
ok "and metrics.csv" same off/metrics.csv whole/metrics.csv
ok "nor the rows that were there before" same <(cut -d, -f1-5 off/layers.csv) \
    <(awk -F, '$8 == ""' whole/layers.csv | cut -d, -f1-5 | cat <(head -1 off/layers.csv | cut -d, -f1-5) -)
ok "every layer has a row" awk -F, '$2 == 3 && $8 != "" { n++ } END { exit n != 5 }' whole/layers.csv
ok "of relu a dead share, of others none" awk -F, '
    NR > 1 && $8 != "" && ($11 != "") != ($8 == "relu") { exit 1 }' whole/layers.csv
ok "and every tensor how far it has moved" awk -F, '
    $2 == 6 && $8 == "" && !($6 > 0 && $7 > 0 && $7 < 1) { exit 1 }' whole/layers.csv
for count in 2 3; do
    expect_status 0 train $count on-$count "${on[@]}"
    ok "$count ranks write the same bytes" same whole/layers.csv on-$count/layers.csv
done
expect_status 0 train 3 messages "${on[@]}" --set exchange=messages
ok "groups of one rank, too" same whole/layers.csv messages/layers.csv
expect_status 0 train 1 short --set 'train.diagnostics=3 steps'
ok "3 steps are every 3 steps" same whole/layers.csv short/layers.csv
expect_status 0 train 1 quiet "${on[@]}" --set 'log.every=5 steps'
ok "steps without a row in metrics.csv are looked at, too" looked_at quiet "3 6 9 12"
expect_status 0 train 1 sparse --set 'log.every=5 steps'
ok "and leave metrics.csv as it is" same sparse/metrics.csv quiet/metrics.csv
ok "with the same figures" same <(awk -F, '$8 != ""' whole/layers.csv) <(awk -F, '$8 != ""' quiet/layers.csv)

LOCKSTEP_FAULT=kill@compute:8:1 train 2 killed "${on[@]}" >said 2>&1
ok "a killed run goes on" expect_status 0 train 3 killed "${on[@]}" --resume
ok "with the bytes of an undisturbed one" same whole/layers.csv killed/layers.csv
expect_status 75 train 2 turned --until 5
ok "a resume may turn it on" expect_status 0 train 1 turned "${on[@]}" --resume
ok "from there on" looked_at turned "6 9 12"
ok "and the digest stays" same_digest off turned

sed 's/^train: {/&diagnostics: evry 3 steps, /' tiny.yaml >bad.yaml
ok "what is no duration is refused" expect_status 2 ranks 2 train bad.yaml --run bad
ok "with file and line, once" says_once "bad.yaml:$(grep -n evry bad.yaml | cut -d: -f1):"
ok "and every alone, too" expect_status 2 ranks 1 train tiny.yaml --run bad --set train.diagnostics=every

ok "a report shows it" expect_status 0 ranks 0 report whole -o whole.html
for section in "Layer by layer" "Activations by layer" "Output gradients by layer" "Update ratios" \
    "Dead units" "Gradient against depth, at the last step looked at"; do
    ok "with $section" grep -qF ">$section</h3>" whole.html
done
ok "of a run without there is none of it" expect_status 0 ranks 0 report off -o off.html
ok "at all" eval '! grep -qE "Layer by layer|Dead units" off.html'

# A picture of every second row of those that are logged is not without those that are looked at.
expect_status 0 ranks 1 train tiny.yaml --run long --set 'train={length: 800 steps, diagnostics: 2 steps}' \
    --set 'log={every: 1 step}'
expect_status 0 ranks 0 report long -o long.html
ok "a long run has the curves, too" grep -qF ">Dead units</h3>" long.html

# A net that vanishes: what check says before, the report says after.
cat >deep.yaml <<'END'
name: deep
data: {file: tiny.h5, validation: 60, normalize: feature}
model: [flatten, &d {dense: 8}, &s sigmoid, *d, *s, *d, *s, *d, *s, *d, *s, *d, *s, *d, *s, *d, *s,
        *d, *s, *d, *s, {dense: 3}]
train: {length: 4 steps, diagnostics: every 2 steps}
sweep: {batch.micro: [64, 32], seeds: 2}
END
expect_status 1 ranks 0 check deep.yaml --json
cure=$(sed -n 's/.*"gradients".*"cure": *"\([^"]*\)".*/\1/p' said)
ok "check names the cure of vanishing gradients" test -n "$cure"
ok "a sweep is looked at" expect_status 0 ranks 2 sweep deep.yaml --run deep
ok "its report has each setting" expect_status 0 ranks 0 report deep -o deep.html
ok "beside the others" has deep.html "Gradient against depth, at the first step looked at"
ok "with the verdict" has deep.html "wrong: vanishing"
ok "and the words of check" has deep.html "$cure"
