# The range test: one curve on any ranks, suggestions, and what it refuses.
tiny_data
tiny_recipe
range() { ranks "$1" lr-range tiny.yaml --to 1e5 -o "$2.csv" "${@:3}"; }

ok "it ends on one rank" expect_status 0 range 1 one
ok "draws the curve" says "log10 of the rate"
ok "and names three rates" grep -Eq '^ +60( +[0-9.e-]+){3}' said
ok "no line is wider than 80 columns" test -z "$(grep -E '.{81}' said)"
for p in 2 3; do
    expect_status 0 range $p on-$p
    ok "on $p ranks the curve has the same bytes" same one.csv on-$p.csv
done
expect_status 0 range 2 messages --set exchange=messages
ok "by messages, too" same one.csv messages.csv
expect_status 0 range 2 several --batch 30,60
grep -v '^30,' several.csv >rest.csv
ok "of several batches, each has its own curve" same one.csv rest.csv
ok "no run directory is left" test ! -e runs
ok "it stops where the loss is four times its best" \
    test "$(wc -l <one.csv)" -lt 501
expect_status 0 range 1 low --to 1e-4
ok "a range that ends too early says so" says_once "does not diverge up to"
for p in 1 3; do
    ok "an empty range is refused, on $p" expect_status 2 range $p wrong --from 1 --to 0.1
    ok "said once" says_once "is not below"
    ok "a batch that is none, too" expect_status 2 range $p wrong --batch 30,x
    ok "said once, too" says_once "--batch wants sizes"
    ok "and a folder that is not there" expect_status 2 range $p nowhere/wrong
done
