#!/usr/bin/env bash
# Everything that can be checked, in under ten minutes on two cores:
#
#     scripts/test.sh           installs what is missing, builds, runs the tests
#     scripts/test.sh all       with the long ones, as CI does: four minutes more
#     scripts/test.sh slow      the slow ones alone
#     scripts/test.sh memory    the mpi tests with sanitizers, and a run under valgrind: half an hour
#     scripts/test.sh -R tree   what ctest's arguments choose, without the checks of the sources
#
# release build: unit and mpi tests; sanitize and double builds: unit tests, and with sanitizers a
# short run on two ranks; then the rules of the
# house (layers, formatting). Passing tests make one line a program, failing ones are shown in full.
# The last line is `N passed, N failed`, and N counts promises: the sentences of the CUnit programs
# and of the shell tests. Status 1 if any failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# tally NAME FILE STATUS SECONDS: counts the sentences in what a test printed. One that broke off
# (crashed, ran out of time, checked nothing) is one failure more than it had time to print.
tally() {
    local good bad
    # CUnit's summary where the program came so far (a test's own output may break its line).
    # Begun but not summed up: it crashed.
    read -r good bad < <(awk '
        /^ok - / || /^  Test: .*\.\.\.passed$/ { good++ }
        /^not ok - / || /^  Test: .*\.\.\.FAILED$/ { bad++ }
        /^  Test: / { crashed = 1 }
        /^ +tests +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ / { good = $4; bad = $5; crashed = 0 }
        END { bad += crashed; print good + 0, bad + 0 }' "$2")
    if ((bad == 0)) && { ((good == 0)) || [[ $3 != 0 ]]; }; then bad=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
    printf '  %-34s %4d passed' "$1" "$good"
    if ((bad)); then printf ' %4d FAILED' "$bad"; fi
    printf '  %6s s\n' "$4"
    if ((bad)); then sed 's/^/    | /' "$2"; fi
}

# check NAME COMMAND...: a program that prints sentences itself, or is one promise by its status.
check() {
    local name=$1 status=0 began=$SECONDS
    shift
    "$@" >"$work/out" 2>&1 || status=$?
    if ! grep -qE '^(not )?ok - ' "$work/out"; then
        if ((status)); then echo "not ok - $name"; else echo "ok - $name"; fi >>"$work/out"
    fi
    tally "$name" "$work/out" "$status" $((SECONDS - began))
}

# build PRESET: status 1 if there is nothing to test.
build() {
    if cmake --preset "$1" -D LOCKSTEP_WERROR=ON >"$work/log" 2>&1 &&
        cmake --build --preset "$1" >>"$work/log" 2>&1; then
        return 0
    fi
    echo "  the $1 build FAILED:"
    grep -E -A12 'error|warning|Error' "$work/log" | head -80 | sed 's/^/    | /'
    failed=$((failed + 1))
    return 1
}

# suite PRESET CTEST-ARGUMENTS...: builds, runs, and takes ctest's log apart, one test at a time.
suite() {
    local preset=$1
    shift
    echo "== $preset ($*)"
    build "$preset" || return 0
    ctest --test-dir "build/$preset" -j "$(nproc)" --output-junit "$work/junit.xml" \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 "$@" >"$work/ctest" 2>&1
    rm -f "$work"/test.*
    # Each <testcase name="..." time="..." status="run|fail"> holds what the test printed.
    awk -v out="$work/test." '
        function attribute(key) {
            match($0, " " key "=\"[^\"]*\"")
            return substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4)
        }
        /<testcase / {
            file = sprintf("%s%03d", out, ++n)
            print attribute("name"), attribute("status") == "run" ? 0 : 1, attribute("time") > file
            next
        }
        /<\/testcase>/ { close(file); file = "" }
        file {
            if (gsub(/<\/?(failure|system-out|properties|property)[^>]*>/, "")) sub(/^[ \t]+/, "")
            if (/^[ \t]*$/ || /CUnit - A unit testing|cunit\.sourceforge\.net/) next
            gsub(/&lt;/, "<"); gsub(/&gt;/, ">"); gsub(/&quot;/, "\""); gsub(/&amp;/, "\\&")
            print > file
        }' "$work/junit.xml" 2>/dev/null
    local test name status seconds any=
    for test in "$work"/test.*; do
        [[ -e $test ]] || continue
        read -r name status seconds <"$test"
        sed -i 1d "$test"
        # "3/9 Test #3: NAME ....***Timeout 300.01 sec": how it ended.
        sed -n "s|.* Test *#[0-9]*: $name \.*\([^.]*\)\*\*\*\(.*\) [0-9.]* sec|ctest: \1 \2|p" \
            "$work/ctest" >>"$test"
        tally "$name" "$test" "$status" "$(printf '%.1f' "$seconds")"
        any=1
    done
    if [[ -z $any ]]; then
        echo "  no test ran"
        sed 's/^/    | /' "$work/ctest"
        failed=$((failed + 1))
    fi
}

finish() {
    echo
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
}

scripts/deps.sh || exit 1

case ${1-} in
'' | all)
    apart='slow|memory|long'
    suite release -LE "${apart%"${1:+|long}"}"
    suite sanitize -L 'unit|memory'
    suite double -L unit
    echo "== the house"
    check "layers, doors and sizes of src/" scripts/check-layers
    check "check-layers has teeth" scripts/check-layers --self-test
    check "formatting" scripts/check-format
    ;;
slow) suite release -L slow ;;
memory)
    scripts/deps.sh --memory || exit 1
    export LIMIT=${LIMIT:-300}
    suite sanitize -L 'mpi|long' -E '(bench|pace)' # they measure speed
    suite memcheck -L memory
    ;;
-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; exit 0 ;;
*) suite release "$@" ;;
esac
finish
