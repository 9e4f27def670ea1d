#!/bin/sh
# on-small-disk.sh <size> <folder> <results> <command> [<arguments> …]
#
# Runs a command twice in a mount namespace of its own: with <folder> on a file system of <size>, and, with what is
# there then, on one that is large enough. <results>/first and <results>/second get the contents of the folder after
# each run, its output and its exit code. To be started by `unshare --mount`.
set -eu
size=$1 folder=$2 results=$3
shift 3

run() {
  set +e
  "$@" >"$results/$name.stdout" 2>"$results/$name.stderr"
  echo $? >"$results/$name.code"
  set -e
  cp -R "$folder" "$results/$name"
}

mkdir -p "$folder" "$results"
mount -t tmpfs -o "size=$size" tmpfs "$folder"
name=first run "$@"
mount -o remount,size=1g "$folder"
name=second run "$@"
