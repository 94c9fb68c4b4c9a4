# For tests that read the table of `lockstep check` from ./said.

# Whether the table has this line: CHECK VERDICT [TEXT of the figure, or of its cure].
line() {
    awk -v check="$1" -v verdict="$2" -v text="${3-}" '
        function end() { gsub(/ +/, " ", all); if (here && index(all, text)) found = 1; here = 0 }
        /^[a-zA-Z]/ { end(); here = index($0, check " ") == 1 && substr($0, 17, length(verdict)) == verdict; all = "" }
        { all = all " " $0 }
        END { end(); exit !found }' said || { why="no line $1 $2 ${3-}"; return 1; }
}
