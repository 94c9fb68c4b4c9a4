#!/usr/bin/env bash
# Makes datasets/fashion-mnist.h5: Zalando's Fashion-MNIST, 60,000 training and 10,000 test images of
# 28 x 28 (MIT licence). The four files come from Debian's package dataset-fashion-mnist where apt
# is at hand, else from the data set's own home; their sums are checked either way. Nothing is done
# where the data file is there already.
#
#     datasets/fetch-fashion-mnist.sh          from any folder; build lockstep first
#     LOCKSTEP=path/to/lockstep ...            to use another program than build/release/lockstep
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$here/fashion-mnist.h5
lockstep=${LOCKSTEP:-$here/../build/release/lockstep}
package=dataset-fashion-mnist
home=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
classes='T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot'

sums='b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7  train-images-idx3-ubyte.gz
0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056  train-labels-idx1-ubyte.gz
cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa  t10k-images-idx3-ubyte.gz
8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05  t10k-labels-idx1-ubyte.gz'

say() { echo "fetch-fashion-mnist: $*" >&2; }
fail() { say "$*"; exit 1; }

# Where the package keeps its files; nothing when it is not installed.
package_folder() {
    dpkg -L "$package" 2>/dev/null | grep -m 1 '/train-images-idx3-ubyte.gz$' | xargs -r dirname
}

install_package() {
    local sudo=''
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        sudo='sudo -n'
    fi
    say "installing Debian's package $package"
    { $sudo apt-get install -y -q "$package" ||
        { $sudo apt-get update -q && $sudo apt-get install -y -q "$package"; }; } >&2
}

# The four files into the folder $1.
download() {
    local name
    while read -r _ name; do
        say "downloading $home/$name"
        if command -v curl >/dev/null; then
            curl --fail --silent --show-error --location --retry 3 -o "$1/$name" "$home/$name"
        elif command -v wget >/dev/null; then
            wget --quiet --tries=3 -O "$1/$name" "$home/$name"
        else
            fail "neither curl nor wget is installed"
        fi || fail "no download of $home/$name; on Debian, install the package $package"
    done <<<"$sums"
}

if [ -e "$output" ]; then
    say "$output is there already; remove it to make it anew"
    exit 0
fi
[ -x "$lockstep" ] || fail "$lockstep is missing: cmake --preset release && cmake --build --preset release"

source=$(package_folder || true)
if [ -z "$source" ] && command -v apt-get >/dev/null && install_package; then
    source=$(package_folder || true)
fi
if [ -z "$source" ]; then
    source=$(mktemp -d)
    trap 'rm -rf "$source"' EXIT
    download "$source"
fi
(cd "$source" && sha256sum --check --quiet - <<<"$sums") ||
    fail "the files in $source are not those of Fashion-MNIST: their SHA-256 sums differ"

"$lockstep" import idx "$source" --classes "$classes" -o "$output"
