# dist/reduce on 1 to 8 ranks: see reduce.c, which says what it has found, three lines for each of
# the 43 ways to put ranks into groups.
LIMIT=$((LIMIT > 60 ? 4 * LIMIT : 240)) # with sanitizers it has more
ok "every sum is the tree's, on 1 to 8 ranks with every exchange" \
    expect_status 0 start 8 "$programs/reduce"
grep -E '^(not )?ok' said
ok "no way to put ranks into groups was left out" test "$(grep -c '^ok - ' said)" = 136
