#!/usr/bin/env bash
# From a fresh clone to a trained network: installs what is missing, builds, fetches Fashion-MNIST
# and trains launch/recipes/fashion-cnn.yaml on all cores, some minutes. Arguments are passed on to
# `lockstep train`: launch/quickstart.sh --set "train.length=2 epochs"
#
# Run again it trains again, in a new run directory; a run that was interrupted goes on instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=fashion-cnn
recipe=launch/recipes/$name.yaml
run=runs/$name
log=build/quickstart.log
mkdir -p build

step() { echo; echo "== $*"; }
# What it prints is of interest only when it fails.
quietly() {
    "$@" >"$log" 2>&1 || { tail -40 "$log"; echo "quickstart: $* failed; all of it: $log" >&2; exit 1; }
}

step "install what is missing (scripts/deps.sh)"
scripts/deps.sh

step "build (cmake --preset release && cmake --build --preset release)"
quietly cmake --preset release
quietly cmake --build --preset release

step "fetch the data (datasets/fetch-fashion-mnist.sh)"
if [[ ! -f datasets/fashion-mnist.h5 ]]; then datasets/fetch-fashion-mnist.sh; fi

resume=()
count=1
while [[ -f $run/summary.json ]]; do # that one is finished
    count=$((count + 1))
    run=runs/$name-$count
done
if [[ -d $run ]]; then resume=(--resume); fi

train=(launch/run.sh train "$recipe" --run "$run" "${resume[@]}" "$@")
step "train (${train[*]})"
status=0
"${train[@]}" || status=$?
case $status in
0) ;;
75) echo; echo "stopped, with a checkpoint; to go on: launch/quickstart.sh"; exit 75 ;;
*) exit $status ;;
esac

cat <<END

What came out is in $run/:
  metrics.csv        the curves        summary.json       the result
  config.yaml        what ran          checkpoints/       best.h5 and the last ones, for h5py

What to try next:
  build/release/lockstep inspect $run/checkpoints/best.h5
  build/release/lockstep eval $run/checkpoints/best.h5
  launch/run.sh train launch/recipes/fashion-resnet.yaml     20 layers, twenty minutes
  launch/run.sh -n 1 train launch/recipes/fashion-mlp.yaml --run runs/one    some seconds each
  launch/run.sh -n 2 train launch/recipes/fashion-mlp.yaml --run runs/two
  build/release/lockstep diff runs/one/checkpoints/best.h5 runs/two/checkpoints/best.h5
                                       one rank or two: the same bits
END
