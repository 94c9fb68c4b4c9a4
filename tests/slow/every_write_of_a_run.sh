# tests/mpi/every_write.sh of all files of a run, from config.yaml to summary.json.
whole_run=1
source "$tests/every_write.sh"
