# The benchmark says something of every kind of layer, in a table and for programs.

ok "lockstep bench ends with status 0" expect_status 0 ranks 1 bench --lanes 16
for word in dense conv relu max_pool "share of sgemm" "share of a copy"; do
    ok "its table has $word" says "$word"
done
ok "its lines fit on 80 columns" test -z "$(grep -E '^.{81}' said || true)"
ok "with --json on 2 ranks it ends with status 0" expect_status 0 ranks 2 bench --lanes 16 --json
ok "and says one object a line" test -z "$(grep -vE '^\{.*"limit": .*"forward": .*\}$' said || true)"
ok "--lanes wants a number" expect_status 2 ranks 1 bench --lanes many
