#!/usr/bin/env bash
# Makes two small tables of real measurements:
#
#     datasets/breast-cancer.h5   569 tumours, 30 features of their cell nuclei, benign or malignant
#                                 (Wolberg, Street and Mangasarian 1995, UCI, CC BY 4.0)
#     datasets/diabetes.h5        442 patients, 10 features, the disease's progression after a year
#                                 (Efron, Hastie, Johnstone and Tibshirani 2004, "Least Angle Regression")
#
# They come out of Debian's package python3-sklearn, which is downloaded and unpacked but not
# installed; their sums are checked. A fifth of the rows becomes the test part. What is there
# already is not made anew.
#
#     datasets/fetch-tables.sh                 from any folder; build lockstep first
#     LOCKSTEP=path/to/lockstep ...            to use another program than build/release/lockstep
#     TABLES=folder ...                        where breast_cancer.csv, diabetes_data_raw.csv.gz and
#                                              diabetes_target.csv.gz of scikit-learn already lie
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lockstep=$(realpath "${LOCKSTEP:-$here/../build/release/lockstep}")
package=python3-sklearn
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Of the tables as text; how they were packed differs.
sums='fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed  breast_cancer.csv
ec2683754c379fdffc39f53922c475eff67e2fb9c94c7c27207b7c4371d51726  diabetes_data_raw.csv
244713a551f62a291a354212d8a048adec6cb1244b2bc44e66a0698f5006d26d  diabetes_target.csv'

say() { echo "fetch-tables: $*" >&2; }
fail() { say "$*"; exit 1; }

# The package's tables, unpacked into $work/tables.
download() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        fail "the tables come from Debian's package $package; without apt-get, set TABLES to a folder with them"
    say "downloading Debian's package $package"
    chmod 755 "$work" # apt drops its rights to download
    (cd "$work" && { apt-get download -q "$package" || { apt-get update -q && apt-get download -q "$package"; }; }) \
        >&2 2>"$work/apt" || { cat "$work/apt" >&2; fail "no download of $package"; }
    dpkg-deb -x "$work"/"$package"_*.deb "$work/package"
    mv "$work/package/usr/lib/python3/dist-packages/sklearn/datasets/data" "$work/tables"
}

# Its first line tells of sizes and classes; the target is 0 for malignant.
breast_cancer() {
    local header= measure of
    for measure in mean error worst; do
        for of in radius texture perimeter area smoothness compactness concavity \
            'concave points' symmetry 'fractal dimension'; do
            if [ $measure = error ]; then header+="$of error,"; else header+="$measure $of,"; fi
        done
    done
    echo "${header}tumour"
    sed -e 1d -e 's/,0$/,malignant/' -e 's/,1$/,benign/' breast_cancer.csv
}

diabetes() {
    echo 'age sex bmi bp s1 s2 s3 s4 s5 s6 progression'
    paste -d ' ' diabetes_data_raw.csv diabetes_target.csv
}

if [ -e "$here/breast-cancer.h5" ] && [ -e "$here/diabetes.h5" ]; then
    say "breast-cancer.h5 and diabetes.h5 are there already; remove them to make them anew"
    exit 0
fi
[ -x "$lockstep" ] || fail "$lockstep is missing: cmake --preset release && cmake --build --preset release"
if [ "${TABLES-}" ]; then cp -r "$TABLES" "$work/tables"; else download; fi
cd "$work/tables"
gunzip -f diabetes_data_raw.csv.gz diabetes_target.csv.gz
sha256sum --check --quiet - <<<"$sums" || fail "these are not the tables that were expected: their SHA-256 sums differ"

breast_cancer >tumours.csv
diabetes >progression.csv
"$lockstep" import csv tumours.csv --test-fraction 0.2 -o breast-cancer.h5
"$lockstep" import csv progression.csv --separator space --task regress --test-fraction 0.2 -o diabetes.h5
mv breast-cancer.h5 diabetes.h5 "$here"
