# shellcheck shell=bash disable=SC2154,SC2034
# The hosts of launch/supervise.sh: which of them answer, and what is cleared away on them when a job
# has ended. Uses its $hostfile, $options, $ranks and `say`.

debts=true # what hosts that did not answer have yet to clear away
agent=${OMPI_MCA_plm_rsh_agent-} # or a list, the first of which is good enough
agent=${agent%%:*}
read -ra agent <<<"${agent:-ssh -x -o ConnectTimeout=5 -o BatchMode=yes}"

hosts() { if [[ $hostfile ]]; then sed 's/#.*//' "$hostfile" | awk 'NF { print $1 }' | sort -u; fi; }
ask() { # HOST SCRIPT
    case $1 in
    localhost | 127.0.0.1 | "$HOSTNAME" | "${HOSTNAME%%.*}") sh -c "$2" ;;
    *) timeout -k 2 10 "${agent[@]}" "$1" "$2" ;;
    esac </dev/null >/dev/null 2>&1
}
# The hosts that carry the script out, in the order asked; all are asked at the same time.
ask_all() { # SCRIPT
    local host pids=() names=()
    for host in $(hosts); do
        ask "$host" "$1" &
        pids+=($!) names+=("$host")
    done
    for host in ${names[@]+"${!names[@]}"}; do
        if wait "${pids[host]}"; then echo "${names[host]}"; fi
    done
}

# What removes all that is left of a job: whatever has its folder in its environment or its command
# line, the folder, and segments that nobody has mapped. The brackets keep the pattern from finding
# the processes that carry it.
sweep_script() { # FOLDER JOB
    local token=${1##*/} folder
    printf -v folder %q "$1"
    token=${token/./[.]}
    cat <<SCRIPT
for i in 1 2 3 4 5; do
    left=\$(grep -ls '$token' /proc/[0-9]*/environ /proc/[0-9]*/cmdline | cut -d/ -f3 | sort -u)
    test -n "\$left" || break
    kill -KILL \$left 2>/dev/null
    sleep 0.2
done
rm -rf ${folder/%"${1##*/}"/$token}
SCRIPT
    if [[ $2 ]]; then cat <<SCRIPT
for file in /dev/shm/vader_segment.*.$2.[0-9]* /dev/shm/osc_sm.*.$2.[0-9]*; do
    test -f "\$file" && ! grep -qsF "\$file" /proc/[0-9]*/maps && rm -f "\$file"
done
SCRIPT
    fi
    echo true
}

# Open MPI's number of the job, as its segments' names have it: one more than mpirun's own.
job_number() { # FOLDER
    local contact number
    for contact in "$1"/ompi.*/pid.*/contact.txt; do
        if read -r number 2>/dev/null <"$contact" && [[ ${number%%.*} =~ ^[0-9]+$ ]]; then
            printf %x $((${number%%.*} + 1))
            return
        fi
    done
}

# The hosts that answer, as a hostfile. False if there is none.
find_hosts() { # FOLDER
    local answer slots lost
    placed=(${options[@]+"${options[@]}"})
    count=$ranks
    [[ $hostfile ]] || return 0
    answer=$(ask_all "$debts")
    lost=$(comm -23 <(hosts) <(sort <<<"$answer") | tr '\n' ' ')
    if [[ $lost ]]; then say "no answer from ${lost% }"; else debts=true; fi
    [[ $answer ]] || return 1
    awk 'NR == FNR { up[$1]; next } { sub(/#.*/, "") } $1 in up' <(echo "$answer") "$hostfile" \
        >"$1.hosts"
    placed=(--hostfile "$1.hosts" ${options[@]+"${options[@]}"})
    # With fewer hosts, -n P may be too many; where a line has no slots, mpirun counts.
    slots=$(awk '{ n = 0 } match($0, /slots *= *[0-9]+/) { n = substr($0, RSTART, RLENGTH)
        sub(/.*= */, "", n); sum += n } !n { sum = 0; exit } END { print sum + 0 }' "$1.hosts")
    if ((slots > 0 && count > slots)); then count=$slots; fi
    if ((slots == 0)) && [[ $lost ]]; then count=; fi
}

clean() { # FOLDER JOB
    local script
    script=$(sweep_script "$1" "$2")
    sh -c "$script" || true
    rm -f "$1.hosts"
    if [[ $(ask_all "$script") != "$(hosts)" ]]; then debts="$script; $debts"; fi
}
