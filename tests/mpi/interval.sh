# checkpoint.every: auto. When it saves depends on the clock, what it computes does not; and when to
# save may change from one start of a run to the next.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" --set 'train={length: 40 steps, evaluate_every: 40 steps}' "${@:3}"; }
auto() { train "$1" "$2" --set "checkpoint={every: auto, keep: 40, mtbf: $3}" "${@:4}"; }
saved() { (cd "$1/checkpoints" && echo step-*.h5); }

expect_status 0 train 2 plain
ok "it trains with every: auto, on 3 ranks" expect_status 0 auto 3 rare 1e12
ok "says the interval once" says_once "a checkpoint every "
ok "and what it comes from" says "(checkpoint.mtbf)"
ok "the first save, after ten steps, is measured; where failures are rare, the next is the last" \
    test "$(saved rare)" = "step-00000010.h5 step-00000040.h5"
ok "no bit of metrics.csv depends on it" same plain/metrics.csv rare/metrics.csv
ok "nor where failures are frequent" expect_status 0 auto 2 often 1
ok "on another number of ranks" same plain/metrics.csv often/metrics.csv
ok "the last checkpoint has the same tensors" expect_status 0 ranks 0 diff \
    plain/checkpoints/step-00000040.h5 often/checkpoints/step-00000040.h5
ok "auto takes a failure a day unless told otherwise" \
    expect_status 75 train 0 day --set checkpoint.every=auto --until 12
ok "and says so" says "is expected every 24 h"

expect_status 75 train 2 changed --until 9
ok "a run goes on with another every, mtbf, keep and on_failure" \
    expect_status 0 auto 3 changed 1e12 --resume --set checkpoint.on_failure=warn
ok "saves as it now says" test "$(saved changed | wc -w)" -ge 3
ok "and has the same rows" same plain/metrics.csv changed/metrics.csv
ok "one that is done is done with any of them" expect_status 0 train 2 changed --resume --set checkpoint.keep=7
ok "without another step" silent_about "resumed from"
ok "an interval that is none is status 2 at its key" expect_status 2 train 0 bad --set checkpoint.every=often
ok "said once" says_once 'or "1e6 samples", or auto, found "often"'
ok "a time between failures of nothing is status 2" expect_status 2 train 0 bad --set checkpoint.mtbf=0
