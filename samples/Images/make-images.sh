#!/usr/bin/env bash
# Makes images of random pixels. Arguments: folder, number of images.
set -euo pipefail
folder=${1:-images}
count=${2:-100}

mkdir -p "$folder"
for ((image = 1; image <= count; image++)); do
  { printf 'P6\n64 48\n255\n' && head -c $((64 * 48 * 3)) /dev/urandom; } >"$folder/$image.ppm"
done
