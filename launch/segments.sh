# What a killed job leaves on this machine, and how it is cleared away. For `source`; by hand:
#
#     bash -c 'source launch/segments.sh && segments_sweep'
#
# Open MPI 4.1 keeps shared memory in /dev/shm, named by host and job number:
#
#     vader_segment.HOST.UID.JOB.RANK     4 MB a rank, as long as the job runs
#     osc_sm.HOST.JOB.RANK.WINDOW         a window, only until all ranks have it
#
# and its sockets in a session folder of the temporary directory. mpirun removes all that when a rank
# is killed, SIGKILL or not. When mpirun itself gets SIGKILL nobody does, and ranks live on for some
# seconds, for ever if they are stopped. Then launch/run.sh clears away, or, if that was killed
# together with mpirun, the next launch/run.sh of the same user on the same machine.
#
# A job is its address, the line that `mpirun --report-uri FILE` writes ("773914624.0;tcp://..."):
# its ranks have the same line in their environment. Job numbers alone repeat, with 16 bits.

# segments_record: a new file for --report-uri, in $segments_record, locked as long as this shell or a
# child of it (mpirun) lives. Without a place to write to, the variable is empty.
segments_record() {
    local folder=${TMPDIR:-/tmp} new
    segments_record=
    command -v flock >/dev/null && new=$(mktemp "$folder/lockstep-new.XXXXXX" 2>/dev/null) || return 0
    exec {segments_lock}<>"$new"
    # Only what is locked gets the name that others look for.
    if flock -n "$segments_lock" && mv "$new" "$folder/lockstep-job.$UID.${new##*.}"; then
        segments_record=$folder/lockstep-job.$UID.${new##*.}
    fi
}

# segments_ranks JOB: the processes on this machine that are ranks of it.
segments_ranks() {
    grep -lzxF "OMPI_MCA_orte_hnp_uri=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

# segments_remove JOB...: ends what is left of these jobs, whose mpirun is gone, and removes their
# segments and session folders.
segments_remove() {
    local job number rank turn file
    for job; do
        [[ $job =~ ^[0-9]+\.0\; ]] || continue
        number=$((${job%%.*} + 1)) # the one job of this mpirun; itself it is number 0
        for ((turn = 0; turn < 40; turn++)); do
            rank=$(segments_ranks "$job")
            [[ $rank ]] || break
            kill -KILL $rank 2>/dev/null || true
            sleep 0.05
        done
        # Another job that happens to have this number?
        ! grep -qzxF "OMPI_MCA_ess_base_jobid=$number" /proc/[0-9]*/environ 2>/dev/null || continue
        printf -v number %x "$number"
        rm -f /dev/shm/vader_segment.*."$UID.$number".* /dev/shm/osc_sm.*."$number".*
        for file in "${OMPI_MCA_orte_tmpdir_base:-${TMPDIR:-/tmp}}"/ompi.*."$UID"/pid.*/contact.txt; do
            [[ ! -e $file || $(head -1 "$file") != "$job" ]] || rm -rf "${file%/*}"
        done
    done
}

# segments_close: this shell's own job has ended.
segments_close() {
    [[ $segments_record ]] || return 0
    segments_remove "$(head -1 "$segments_record" 2>/dev/null)" # mpirun takes it away if it can
    rm -f "$segments_record"
    exec {segments_lock}>&-
}

# segments_sweep: the same for jobs of this user that nobody is left of who could.
segments_sweep() {
    local record lock
    for record in "${TMPDIR:-/tmp}"/lockstep-job."$UID".*; do
        [[ -f $record && -O $record ]] || continue
        { exec {lock}<"$record"; } 2>/dev/null || continue
        if flock -n "$lock"; then
            segments_remove "$(head -1 "$record")"
            rm -f "$record"
        fi
        exec {lock}<&-
    done
}
