# The benchmark: every kind of layer, the step of a configuration taken apart, the exchange by size;
# in tables and for programs. None of this is about speed.

# What was said last: within a terminal's width; flat JSON objects alone; so many lines with TEXT.
fits() { awk 'length > 80 {exit 1}' said || { why="a line of more than 80 columns"; return 1; }; }
json() {
    local value='("[^"\\]*"|-?[0-9]+(\.[0-9]+)?)'
    ! grep -vE "^\{\"[a-z_]+\": $value(, \"[a-z_]+\": $value)*\}\$" said >other ||
        { why="no JSON: $(head -1 other)"; return 1; }
}
lines() { [[ $(grep -cF -- "$2" said) == "$1" ]] || { why="not $1 lines with $2"; return 1; }; }
# near WANTED TOLERANCE KEY PATTERN: the sum of a key over the lines that match.
near() {
    awk -v want="$1" -v most="$2" -v key="\"$3\": " -v pattern="$4" '
        $0 ~ pattern && (at = index($0, key)) { sum += substr($0, at + length(key)) + 0 }
        END { print sum + 0; exit !(sum >= want - most && sum <= want + most) }' said >sum ||
        { why="$3 adds up to $(cat sum), not $1"; return 1; }
}
# The value of a key in the line that begins with PATTERN.
value() { sed -nE "s/^$1.*\"$2\": \"?([^\",}]*).*/\1/p" said; }

ok "lockstep bench ends with status 0" expect_status 0 ranks 1 bench --lanes 16
for word in dense conv relu max_pool "share of sgemm" "share of a copy"; do
    ok "its table has $word" says "$word"
done
ok "its lines fit on 80 columns" fits
ok "with --json on 2 ranks it ends with status 0" expect_status 0 ranks 2 bench --lanes 16 --json
ok "and says one object a line" json
ok "of every layer with a limit and a rate" test -z "$(grep -vE '"limit": .*"forward": ' said || true)"

# --- a step ---
tiny_data
tiny_recipe
layers="00_flatten 01_dense 02_relu 03_dropout 04_dense"
ok "the step of a configuration is taken apart on 2 ranks" \
    expect_status 0 ranks 2 bench tiny.yaml --seconds 0.01
for part in $layers gather loss send merge wait update rest step; do
    ok "there is a line for $part" grep -qE "^$part +[0-9]" said
done
ok "lines fit on 80 columns" fits
ok "no run directory is left" test ! -e runs
ok "with --json on 3 ranks it ends with status 0" \
    expect_status 0 ranks 3 bench tiny.yaml --seconds 0.01 --json
ok "and says one object a line" json
ok "each layer once" test "$(value '\{' kind | grep -c layer)" = "$(wc -w <<<"$layers")"
ok "shares add up to one" near 1 0.0005 share .
ok "the times of the parts to the step's" \
    near "$(value '\{' step_us)" 0.5 us '^\{"part"'
forward=$(value '\{"part": "01_dense"' forward_us) backward=$(value '\{"part": "01_dense"' backward_us)
ok "a layer's forward and backward times to its own" \
    near "$(awk "BEGIN { print $forward + $backward }")" 0.01 us '"01_dense"'
ok "rank 0 has its share of the micro-batches" \
    test "$(value '\{"step_us"' own_micro_batches) of $(value '\{"step_us"' micro_batches)" = "2 of 8"
ok "no part is left out of the clock" lines 0 ' "us": 0.000'
ok "a dense layer is held against sgemm, both ways" \
    grep -qE '"01_dense".*"forward_sgemm_share": .*"backward_sgemm_share": ' said
ok "what is no product is not" test -z "$(grep '02_relu.*sgemm' said || true)"
ok "--set changes what is measured" expect_status 0 ranks 1 bench tiny.yaml --json --seconds 0.01 \
    --set batch.micro=20 --set 'model.1={dense: {units: 8, name: a_layer_with_a_very_long_name}}'
ok "its micro-batches" test "$(value '\{"step_us"' micro_batches)" = 3
ok "and its layers" says '"a_layer_with_a_very_long_name"'
ok "a long name, and no part for rank 0 to do, have a table" expect_status 0 ranks 3 bench \
    tiny.yaml --seconds 0.01 --set batch.global=8 \
    --set 'model.1={dense: {units: 8, name: a_layer_with_a_very_long_name}}'
ok "of at most 80 columns" fits

# --- the exchange ---
sizes="65536 262144 1048576 4194304 16777216 67108864"
ok "the exchange by messages on 2 ranks is measured" \
    expect_status 0 ranks 2 bench --exchange messages --seconds 0.01 --json
ok "one object a line" json
ok "of every size" test "$(value '\{"exchange"' bytes | xargs)" = "$sizes"
ok "between two groups" lines 6 '"exchange": "messages", "ranks": 2, "groups": 2'
if (($(df -k --output=avail /dev/shm | tail -1) > 300000)); then
    ok "through shared memory on 3 ranks" \
        expect_status 0 ranks 3 bench --exchange auto --seconds 0.01
    for size in "64 KB" "256 KB" "1 MB" "4 MB" "16 MB" "64 MB"; do
        ok "there is a line for $size" grep -qE "^ +$size +[0-9]" said
    done
    ok "lines fit on 80 columns" fits
    ok "the groups are said" says "3 ranks in 1 group (auto)"
else
    echo "ok - skipped: /dev/shm has no room for 64 MB a rank"
fi

# --- mistakes ---
ok "--lanes wants a number" expect_status 2 ranks 1 bench --lanes many
ok "--seconds wants a number above 0" expect_status 2 ranks 2 bench tiny.yaml --seconds 0
ok "which is said once" says_once "--seconds wants a number above 0"
ok "an unknown exchange is status 2" expect_status 2 ranks 2 bench --exchange mesages
ok "with the closest match" says_once 'did you mean "messages"'
ok "one rank has nobody to exchange with" expect_status 2 ranks 1 bench --exchange auto
ok "--set without a CONFIG is a mistake" expect_status 2 ranks 1 bench --set seed=2
ok "--lanes with a CONFIG is one" expect_status 2 ranks 1 bench tiny.yaml --lanes 16
ok "--seconds for kernels is one" expect_status 2 ranks 1 bench --seconds 1
ok "a misspelt key is status 2" expect_status 2 ranks 2 bench tiny.yaml --set modle=1
ok "and is said once" says_once 'did you mean "model"'
