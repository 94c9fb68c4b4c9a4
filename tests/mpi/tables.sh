# Tables: from CSV to the same bits on 1, 2 and 3 ranks, with the recipes that ship.
recipes=$tests/../../launch/recipes

# 200 rows, two features that tell the class and one word that helps.
awk 'BEGIN {
    srand(3)
    print "width,\"height, cm\",colour,kind"
    for (i = 0; i < 200; i++) {
        big = rand() < 0.5
        printf "%.3f,%.3f,%s,%s\n", rand() + big, 100 * (rand() + big),
               rand() < 0.8 == big ? "red" : "blue", big ? "whale" : "fish"
    }
}' >kinds.csv
# 200 rows, ten features, a linear target with noise.
awk 'BEGIN {
    srand(4)
    for (f = 0; f < 10; f++) printf "x%d;", f
    print "y"
    for (i = 0; i < 200; i++) {
        y = 150
        for (f = 0; f < 10; f++) { x = rand() * 4 - 2; y += (f - 4) * 5 * x; printf "%.4f;", x }
        printf "%.2f\n", y + 10 * (rand() - 0.5)
    }
}' >amounts.csv

ok "a table with classes is imported" expect_status 0 \
    ranks 0 import csv kinds.csv --test-fraction 0.25 -o kinds.h5
ok "and what was found out is said" says 'target "kind": 2 classes, from "fish" to "whale"'
ok "a table with values is imported" expect_status 0 \
    ranks 0 import csv amounts.csv --test-fraction 0.25 -o amounts.h5
ok "and its size is said" says "amounts.h5: 150 training samples, 50 test samples, 10 features"
ranks 3 import csv amounts.csv --test-fraction 0.25 -o again.h5 >import.log 2>&1
ok "three ranks import the same bytes" same amounts.h5 again.h5
ok "a misspelt target is status 2" expect_status 2 ranks 2 import csv kinds.csv --target kinds -o no.h5
ok "and is said once, with the cure" says_once 'did you mean "kind"?'

for p in 1 2 3; do
    ok "the recipe for two classes trains on $p" expect_status 0 ranks $p train \
        "$recipes/breast-cancer.yaml" --set data.file=kinds.h5 --set data.validation=30 --run kinds-$p
    ok "the recipe for regression trains on $p" expect_status 0 ranks $p train \
        "$recipes/diabetes.yaml" --set data.file=amounts.h5 --set data.validation=30 --run amounts-$p
done
for p in 2 3; do
    ok "classes: $p ranks have the metrics of one" same kinds-1/metrics.csv kinds-$p/metrics.csv
    ok "regression: $p ranks have the metrics of one" same amounts-1/metrics.csv amounts-$p/metrics.csv
done
at_least() { awk -v x="$(summary "$1" "$2")" -v y="$3" 'BEGIN { exit !(x >= y) }' ||
    { why="$2 is $(summary "$1" "$2")"; return 1; }; }
ok "the classes are learnt" at_least kinds-1 test_accuracy 0.9
ok "the values are learnt, and R squared is in the summary" at_least amounts-1 test_r_squared 0.8
