# A trace has all ranks, every phase and layer, in order; and the run is the same with it.
tiny_data
tiny_recipe
train() { ranks "$1" train tiny.yaml --run "$2" --trace "$2.json" "${@:3}"; }

# What a trace must be, by a program that knows nothing of ours. FILE RANKS GROUPS
sound() {
    command -v python3 >python.txt || return 0 # only its presence was tested, then
    python3 - "$@" >said 2>&1 <<'END'
import json, sys
path, ranks, groups = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
events = json.load(open(path))["traceEvents"]
spans = [e for e in events if e["ph"] == "X"]
nano = lambda x: round(x * 1000)
begin = lambda e: nano(e["ts"])
end = lambda e: nano(e["ts"]) + nano(e["dur"])
def need(what, said):
    if not what:
        sys.exit(said)
threads = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
need(threads == {r: "rank %d" % r for r in range(ranks)}, "threads: %s" % threads)
need(len([e for e in events if e["name"] == "process_name"]) == groups, "processes")
need(set(e["tid"] for e in spans) == set(range(ranks)), "a rank is missing")
need(set(e["pid"] for e in spans) == set(range(groups)), "a group is missing")
for rank in range(ranks):
    own = [e for e in spans if e["tid"] == rank]
    inside = lambda e: e["name"] == "loss" or e["name"][:2].isdigit()
    layers = sorted(filter(inside, own), key=begin)
    phases = sorted((e for e in own if not inside(e)), key=begin)
    for a, b in zip(phases, phases[1:]):
        need(end(a) == begin(b), "rank %d: %s does not end where %s begins" % (rank, a, b))
    for a, b in zip(layers, layers[1:]):
        need(end(a) <= begin(b), "rank %d: %s and %s overlap" % (rank, a, b))
    around = iter(phases)
    now = next(around)
    for e in layers:
        while end(now) < end(e):
            now = next(around)
        need(begin(now) <= begin(e) and now["name"] in ("compute", "evaluation"),
             "rank %d: %s is in %s" % (rank, e, now))
    names = set(e["name"] for e in own)
    for name in ["00_flatten forward"] + ["%s %s" % (layer, way)
            for layer in ("01_dense", "02_relu", "03_dropout", "04_dense")
            for way in ("forward", "backward")] + ["loss", "compute", "reading samples",
            "evaluation", "saving", "between steps", "the exchange", "waiting for other ranks"]:
        need(name in names, "rank %d: no %s in %s" % (rank, name, sorted(names)))
    steps = [e["args"]["step"] for e in phases]
    need(steps == sorted(steps) and set(range(1, 13)) <= set(steps), "rank %d: steps" % rank)
END
}

expect_status 0 ranks 2 train tiny.yaml --run plain
for p in 1 3; do
    ok "a run on $p with --trace succeeds" expect_status 0 train $p run-$p
    ok "its trace is JSON, with all ranks, every phase and layer, in order" sound run-$p.json $p 1
    ok "no event is missing" silent_about "no more room"
    ok "its bits are those of a run without" \
        test "$(summary run-$p digest)" = "$(summary plain digest)"
    ok "and so is metrics.csv" same plain/metrics.csv run-$p/metrics.csv
done
expect_status 0 train 3 messages --set exchange=messages
ok "three groups are three processes in it" sound messages.json 3 3
ok "a run that is stopped leaves its trace, too" expect_status 75 train 3 stopped --until 5
has_events() { grep -q '"name":"01_dense backward","pid":0,"tid":2,' "$1"; }
ok "with the steps that were made" has_events stopped.json
LOCKSTEP_FAULT=error@compute:5:1 ok "so does one that fails" expect_status 1 train 3 failed
ok "up to there" has_events failed.json
ok "a folder that is not there is status 2, before anything is done" \
    expect_status 2 ranks 3 train tiny.yaml --run nowhere --trace none/trace.json
ok "said once" says_once "there is no folder none"
ok "and no run is begun" test ! -e nowhere

mkdir small
if ! mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
    echo "ok - a full disk is left to the unit tests: no file system can be mounted here"
    return 0
fi
trap 'umount small; finish' EXIT
ok "a trace that finds the disk full is status 1" \
    expect_status 1 ranks 3 train tiny.yaml --run full --trace small/trace.json
ok "said once, with its name" says_once "small/trace.json: disk full"
ok "none is left, nor half of it" test -z "$(ls small)"
ok "the run itself is whole" same plain/metrics.csv full/metrics.csv
ok "and done" test "$(summary full digest)" = "$(summary plain digest)"
