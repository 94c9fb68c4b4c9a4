# A few rounds of scripts/chaos.sh: whatever happens to a run, it ends as if nothing had. (Stopped ranks
# are the watchdog's matter and have their own test: here they would only wait.)
kinds=kill,mpirun,mpirun-term,all,term,ranks-term,ranks-usr1,file,memory
if [[ -e $programs/disk_shim.so ]]; then kinds+=,disk; fi
LOCKSTEP=$program PROGRAMS=$programs bash "$tests/../../scripts/chaos.sh" --kinds $kinds 3 >said 2>&1
ok "three runs that break at random moments end like one that never did" says "3 rounds: all equal"
