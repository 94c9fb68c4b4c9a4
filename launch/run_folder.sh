# shellcheck shell=bash disable=SC2034
# What a script that goes on with a run has to know of it. For `source`.

# run_read ARGUMENTS...: what `lockstep train ARGUMENTS...` is asked for: $config; $run, the run
# directory, as lockstep finds it: --run, or runs/NAME; $until, where it is to stop, or nothing;
# $again, the arguments that go on with it: --resume in the place of --from.
run_read() {
    local name='' quotes="\"'"
    config='' run='' until='' again=()
    while (($#)); do
        case $1 in
        --resume) shift; continue ;;
        --from) shift $(($# > 1 ? 2 : 1)); continue ;;
        --run) run=${2-} ;;
        --until) until=${2-} ;;
        --set) if [[ ${2-} == name=* ]]; then name=${2#name=}; fi ;;
        -*) ;;
        *) config=$1 ;;
        esac
        again+=("$1")
        if [[ $1 == -* && $# -gt 1 ]]; then again+=("$2"); shift; fi # all others have a value
        shift
    done
    again+=(--resume)
    if [[ -z $name && -r $config ]]; then
        name=$(sed -n "s/^name: *//;T;s/ *#.*//;s/[$quotes]//g;s/ *$//;p;q" "$config")
    fi
    run=${run:-runs/${name:-run}}
}

# run_newest: the name of its newest checkpoint, or nothing: names sort by step.
run_newest() {
    local files=("$run"/checkpoints/step-*.h5)
    if [[ -e ${files[-1]} ]]; then echo "${files[-1]##*/}"; fi
}
