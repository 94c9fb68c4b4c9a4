# Data for tests that train, made without anything but awk and $program.

# A small IDX set in folder ./idx: COUNT images of 6x6 in three classes, a bright pair of rows
# telling the class, and noise. A third as many for the test.
idx_images() { # COUNT SEED
    awk -v n="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        printf "\\0\\0\\10\\3\\0\\0\\%o\\%o\\0\\0\\0\\6\\0\\0\\0\\6", int(n / 256), n % 256
        for (i = 0; i < n; i++) for (p = 0; p < 36; p++)
            printf "\\%o", int(rand() * 120) + (int(p / 12) == i % 3 ? 100 : 0)
    }'
}
idx_labels() { # COUNT
    awk -v n="$1" 'BEGIN {
        printf "\\0\\0\\10\\1\\0\\0\\%o\\%o", int(n / 256), n % 256
        for (i = 0; i < n; i++) printf "\\%o", i % 3
    }'
}
tiny_idx() { # [COUNT]
    local count=${1:-300}
    mkdir -p idx
    printf "$(idx_images "$count" 1)" >idx/train-images-idx3-ubyte
    printf "$(idx_labels "$count")" >idx/train-labels-idx1-ubyte
    printf "$(idx_images $((count / 3)) 2)" >idx/t10k-images-idx3-ubyte
    printf "$(idx_labels $((count / 3)))" >idx/t10k-labels-idx1-ubyte
}
tiny_data() { # [FILE [COUNT]]
    tiny_idx "${2:-300}"
    "$program" import idx idx -o "${1:-tiny.h5}" >import.log 2>&1 ||
        { echo "not ok - lockstep import idx makes the tiny data"; cat import.log; exit 1; }
}
